package main

// What a client calls: acquire and release, with every outcome that a view change can give them.

import (
	"context"
	"errors"
	"time"

	"github.com/lockstep-go/lockstep"
)

// errLost: the member was out of the group while the client waited, and its place in the queue is gone.
var errLost = errors.New("the member was out of the group; ask again")

// held is a lock in a client's hands.
type held struct {
	*claim
	fence  lockstep.Position
	queued bool          // others were before it
	wait   time.Duration // from asking until it was known
}

// acquire waits for a lock. Any goroutine of the member may call it, upcalls excepted. It fails with errLost or, when ctx ends
// or the membership does, with their error; then nothing is held.
func (m *member) acquire(ctx context.Context, lock string, client uint32) (held, error) {
	start := time.Now()
	c := m.claims.add(lock, client)
	granted, err := m.ask(ctx, c)
	h := held{claim: c, queued: !granted}
	if err == nil {
		select {
		case h.fence = <-c.granted:
			h.wait = time.Since(start)
			return h, nil
		case <-c.lost:
			err = errLost
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if c.isLost() {
		err = errLost
	}
	// The request may be in the queue: take it out.
	m.claims.remove(c)
	m.send(Release{Lock: lock, Client: client, Request: c.request})
	return held{}, err
}

// ask brings the claim into the queue of its lock. Whether it was granted at once is what Apply returns; that it is granted, now
// or later, comes on the claim's channel.
func (m *member) ask(ctx context.Context, c *claim) (granted bool, err error) {
	for {
		next := m.nextView() // before asking, so that no view is missed
		granted, err = lockstep.Apply[bool](ctx, m.group, Acquire{Lock: c.lock, Client: c.client, Request: c.request})
		switch {
		case err == nil || ctx.Err() != nil || c.isLost():
			return granted, err
		case errors.Is(err, lockstep.ErrUncertain):
			// It may be in the queue or not. The same request again settles it: it counts once, and as all messages of one
			// member keep their order, the first cannot come after the second.
			continue
		case !errors.Is(err, lockstep.ErrNotPrimary):
			return false, err
		}
		// Nothing was sent: this side has no quorum. The next primary view changes that.
		select {
		case <-next:
		case <-c.lost:
			return false, errLost
		case <-ctx.Done():
			return false, ctx.Err()
		case <-m.group.Done():
			return false, m.group.Err()
		}
	}
}

// release gives a lock back, whatever becomes of the client: it may wait for room in the send queue, and only closing the member
// ends that. nil from SafeSend is enough: the message comes to every member unless this one leaves the group, and then the lock
// passes on anyway.
func (m *member) release(h held) error {
	m.claims.remove(h.claim)
	err := m.group.SafeSend(m.ctx, Release{Lock: h.lock, Client: h.client, Request: h.request})
	if errors.Is(err, lockstep.ErrNotPrimary) {
		return nil
	}
	return err
}
