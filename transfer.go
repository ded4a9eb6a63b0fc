package lockstep

// The joiner's side of a state transfer, on the group's goroutine: fetch from the donor, hand to the application, say so.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
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

// donorError is a failure of the transfer, as opposed to one of the application's Load: another cut may succeed.
type donorError struct{ err error }

func (e *donorError) Error() string { return e.err.Error() }
func (e *donorError) Unwrap() error { return e.err }

// loadState carries out an UpLoad. What follows it in the queue waits until the group has ordered that this member has loaded.
func (t *tenure) loadState(u *core.Upcall) {
	t.g.mu.Lock()
	ctx, state := t.load, t.g.calls.state
	t.g.mu.Unlock()
	if state == nil {
		t.fail(t.g.fault("join", ErrNoState, "call OnState before Join, or set GroupConfig.Stateless at every member"))
		return
	}
	err := t.fetch(ctx, u.Donor, u.Cut, t.have(state), func(r io.Reader, delta bool) error {
		if delta {
			return state.LoadDelta(ctx, r)
		}
		return state.Load(ctx, r)
	})
	var donor *donorError
	switch {
	case err == nil:
		t.n.counts.loads.Add(1)
		t.g.push(core.Loaded{Group: t.g.id, Cut: u.Cut})
	case ctx.Err() != nil:
		// Another load has replaced this one, or the membership has ended.
	case errors.As(err, &donor):
		t.loadFailed(ctx, u, err)
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
func (t *tenure) loadFailed(ctx context.Context, u *core.Upcall, err error) {
	t.g.mu.Lock()
	t.failures++
	n := t.failures
	t.g.mu.Unlock()
	t.n.events.loadFailed(t.g.name, memberOf(u.Donor), err)
	if n >= loadAttempts {
		t.fail(t.g.fault("join", ErrLoad, fmt.Sprintf("%d transfers failed, the last from %v: %v", n, memberOf(u.Donor), err)))
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

// fetch gets one state, or what of it is missing beside what the donor is told is there, and hands it to use. The error is a
// *donorError unless use itself failed on good bytes.
func (t *tenure) fetch(ctx context.Context, donor membership.Member, cut wire.Position, have []byte, use func(r io.Reader, delta bool) error) (err error) {
	info, ok := t.n.ring.info(donor.ID)
	if !ok {
		return &donorError{fmt.Errorf("%v has no known address", memberOf(donor))}
	}
	dial, cancel := context.WithTimeout(ctx, dialLimit)
	conn, err := t.n.end.DialStream(dial, info.Addrs[0].Addr, streamState, donor.ID)
	cancel()
	if err != nil {
		return &donorError{err}
	}
	r, err := statexfer.Fetch(ctx, conn, statexfer.Request{Group: uint64(t.g.id), Cut: uint64(cut), Have: have})
	if err != nil {
		return &donorError{err}
	}
	defer r.Close()
	x := t.n.beginTransfer(Transfer{Group: t.g.name, Peer: memberOf(donor)}, &t.n.counts.loadedBytes)
	ended := false
	defer func() {
		if !ended { // use panicked
			err = errors.New("the application panicked")
		}
		x.end(err)
	}()
	said, err := r.Info()
	if err == nil {
		x.info(said.Delta, said.Size)
		err = use(counted{r, x}, said.Delta)
	}
	// The stream is checked to its end even if use did not want to see it, and its failure explains any failure of use.
	if broken := r.Finish(); broken != nil {
		err = &donorError{broken}
	}
	if rest := r.Bytes() - x.bytes.Load(); rest > 0 {
		x.moved(int(rest))
	}
	ended = true
	return err
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
			err = t.fetch(t.ctx, side.Donor, side.Cut, nil, func(r io.Reader, _ bool) error {
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
