package lockstep

// The joiner's side of a state transfer, on the group's goroutine: fetch from a donor, hand to the application, say so.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/statexfer"
)

// Kinds of streams between members: the first byte of each.
const (
	streamWatch  = 'w' // held open; its end is a hint that the other's process has ended
	streamState  = 't' // package statexfer
	streamStatus = 's' // one JSON document
)

const (
	dialLimit    = 3 * time.Second
	loadAttempts = 12                    // cuts that failed at their donors in a row, before the membership ends
	loadBackoff  = 50 * time.Millisecond // after the first failure; doubles up to loadBackoffMost
	mergeTries   = 5

	loadBackoffMost = 2 * time.Second
)

// loadState carries out an UpLoad. What follows it in the queue waits until the group has ordered that this member has loaded.
func (t *tenure) loadState(u *core.Upcall) {
	t.g.mu.Lock()
	ctx, state := t.load, t.g.calls.state
	t.g.mu.Unlock()
	if state == nil {
		t.fail(t.g.fault("join", ErrNoState, "call OnState before Join, or set GroupConfig.Stateless at every member"))
		return
	}
	giver, err := t.loadFrom(ctx, u.Cut, state, func(r io.Reader, delta bool) error {
		if delta {
			return state.LoadDelta(ctx, r)
		}
		return state.Load(ctx, r)
	})
	var donor *donorError
	switch {
	case err == nil:
		t.n.counts.loads.Add(1)
		done := core.Loaded{Group: t.g.id, Cut: u.Cut}
		if len(u.Members) > 0 {
			done.Giver = giver.ID
		}
		t.g.push(done)
	case ctx.Err() != nil:
		// Another load has replaced this one, or the membership has ended.
	case errors.As(err, &donor):
		t.loadFailed(ctx, u, giver, err)
	default:
		t.fail(t.g.fault("join", ErrLoad, "State.Load: "+err.Error()))
	}
}

// have is what this member says it has before a load; nothing if that cannot be sent.
func (t *tenure) have(state *State) []byte {
	if state.Have == nil {
		return nil
	}
	have := state.Have()
	if len(have) > statexfer.MaxHave {
		t.n.log.Warn("State.Have gave more than can be sent; the whole state is asked for", zap.String("group", t.g.name),
			zap.Int("bytes", len(have)), zap.Int("most", statexfer.MaxHave))
		return nil
	}
	return have
}

// loadFailed asks for a new cut after a while, or gives up after many.
func (t *tenure) loadFailed(ctx context.Context, u *core.Upcall, giver membership.Member, err error) {
	if giver.ID.IsZero() {
		giver = u.Donor // it was gone before it was asked
	}
	t.g.mu.Lock()
	t.failures++
	n := t.failures
	t.g.mu.Unlock()
	t.n.events.loadFailed(t.g.name, memberOf(giver), err)
	if n >= loadAttempts {
		t.fail(t.g.fault("join", ErrLoad, fmt.Sprintf("%d transfers failed, the last from %v: %v", n, memberOf(giver), err)))
		return
	}
	if !pause(ctx, min(loadBackoff<<(n-1), loadBackoffMost)) {
		return
	}
	t.g.push(core.LoadFailed{Group: t.g.id, Cut: u.Cut, Donor: u.Donor.ID})
}

// pause waits and reports true, or false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// mergeStates carries out an UpMerge: every other side's state, in order, before the next message.
func (t *tenure) mergeStates(u *core.Upcall) {
	state := t.g.calls.state
	if state == nil || state.Merge == nil {
		return // stateless: there is nothing to merge
	}
	for _, side := range u.Sides {
		var err error
		for try := range mergeTries {
			if try > 0 && !pause(t.ctx, loadBackoff<<try) {
				return
			}
			f := &relay{t: t, ctx: t.ctx, cut: side.Cut, next: once(side.Donor)}
			err = f.run(func(r io.Reader, _ bool) error {
				return state.Merge(t.ctx, View{ID: viewIDOf(side.View), Rank: -1}, r)
			})
			var donor *donorError
			if err == nil || !errors.As(err, &donor) {
				break
			}
		}
		if t.ctx.Err() != nil {
			return
		}
		if err != nil {
			t.fail(t.g.fault("merge", ErrLoad, fmt.Sprintf("the state of view %v from %v: %v", viewIDOf(side.View), memberOf(side.Donor), err)))
			return
		}
	}
}

// once is a relay's next where only one can give.
func once(giver membership.Member) func(context.CancelFunc) (membership.Member, bool) {
	asked := false
	return func(context.CancelFunc) (membership.Member, bool) {
		first := !asked
		asked = true
		return giver, first
	}
}
