package main

// Who uses the locks: many clients at every member, each with one request at a time, so that a member has many outstanding.

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lockstep-go/lockstep"
)

// useEvery is which of its locks a client touches the resource under: each use is a round trip to another process.
const useEvery = 16

// drainTime is how long clients may take to finish once they are told to stop. Who waits longer was forgotten.
const drainTime = 5 * time.Second

// clients are all clients of one member process.
type clients struct {
	member   *member
	journal  *journal
	resource *resourceClient
	count    int                                                          // clients
	locks    int                                                          // to choose from
	forge    func(lock string, fence lockstep.Position) lockstep.Position // sabotage; nil: none

	stop   chan struct{}
	ctx    context.Context
	giveUp context.CancelFunc
	wait   sync.WaitGroup
	stuck  atomic.Int64

	mu  sync.Mutex
	err error // the first that no client can go on after
}

// start lets the clients contend until finish.
func (cs *clients) start() {
	cs.stop = make(chan struct{})
	cs.ctx, cs.giveUp = context.WithCancel(context.Background())
	for i := range cs.count {
		cs.wait.Go(func() { cs.run(uint32(i)) })
	}
}

// finish ends the contention, waits until every lock is given back, and returns how many clients were still waiting when
// drainTime was over.
func (cs *clients) finish() (stuck int64, err error) {
	close(cs.stop)
	timer := time.AfterFunc(drainTime, cs.giveUp)
	cs.wait.Wait()
	timer.Stop()
	cs.giveUp()
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.stuck.Load(), cs.err
}

// run is one client.
func (cs *clients) run(client uint32) {
	chance := rand.New(rand.NewPCG(cs.member.node.Self().Incarnation, uint64(client)))
	for n := 0; ; n++ {
		select {
		case <-cs.stop:
			return
		default:
		}
		lock := lockName(chance.IntN(cs.locks))
		if err := cs.turn(lock, client, n%useEvery == 0); err != nil {
			if cs.ctx.Err() != nil {
				cs.stuck.Add(1)
				return
			}
			cs.mu.Lock()
			cs.err = errors.Join(cs.err, fmt.Errorf("client %d: %w", client, err))
			cs.mu.Unlock()
			return
		}
	}
}

// lockName is the name of a lock that clients contend for.
func lockName(i int) string { return fmt.Sprintf("lock-%04d", i) }

// turn is one lock taken and given back.
func (cs *clients) turn(lock string, client uint32, use bool) error {
	h, err := cs.member.acquire(cs.ctx, lock, client)
	if errors.Is(err, errLost) {
		return nil
	}
	if err != nil {
		return err
	}
	return cs.hold(h, use)
}

// hold is what a client does with a lock: it writes down that it has it, touches the resource, writes down that it gives it
// back, and only then gives it back.
func (cs *clients) hold(h held, use bool) error {
	if cs.forge != nil {
		h.fence = cs.forge(h.lock, h.fence)
	}
	cs.journal.granted(h.lock, h.fence, h.client, h.wait, h.queued)
	if use {
		ok, err := cs.resource.use(h.lock, h.fence.Uint64())
		if err != nil {
			return err
		}
		kind := byte('u')
		if !ok {
			kind = 's'
		}
		cs.journal.lock(kind, h.lock, h.fence, h.client)
	}
	kind := byte('r')
	if h.isLost() {
		kind = 'l'
	}
	cs.journal.lock(kind, h.lock, h.fence, h.client)
	return cs.member.release(h)
}
