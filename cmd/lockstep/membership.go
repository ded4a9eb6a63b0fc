package main

// Join and leave, one after the other, as they were asked for.

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep"
)

// lastWords is how long what was asked for just before a leave or exit may still take.
const lastWords = 250 * time.Millisecond

// A tenancy carries out joins and leaves on a goroutine of its own, because a join may wait for ever.
type tenancy struct {
	g     *lockstep.Group
	app   *app
	out   *lines
	ops   chan tenancyItem
	ended chan struct{} // closed when run has returned

	// watched is closed when the end of the last membership was seen. Only run's goroutine uses it, and close after run.
	watched chan struct{}
	gaveUp  bool // the last join was ended by a leave; run's goroutine only

	mu      sync.Mutex
	cancel  context.CancelFunc // of the join that goes on; nil while none does
	settled chan struct{}      // closed while no join is asked for or goes on
	joins   int                // asked for and not ended
	leaves  int                // asked for and not begun
}

// A tenancyItem is a join or leave. A leave waits a moment until the sends before it were tried, which closes sent.
type tenancyItem struct {
	op   operation
	sent <-chan struct{}
}

func newTenancy(g *lockstep.Group, a *app, out *lines) *tenancy {
	t := &tenancy{
		g: g, app: a, out: out, ops: make(chan tenancyItem, 64), ended: make(chan struct{}), watched: make(chan struct{}),
		settled: make(chan struct{}),
	}
	close(t.watched)
	close(t.settled)
	return t
}

// ask queues a join or leave. It does not block. A leave ends a join that waits. sent matters to a leave only.
func (t *tenancy) ask(op operation, sent <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case t.ops <- tenancyItem{op, sent}:
	default:
		t.fail(op, errors.New("too many joins and leaves wait; this one was not tried"))
		return
	}
	if op.Op == "join" {
		if t.joins++; t.joins == 1 {
			t.settled = make(chan struct{})
		}
		return
	}
	t.leaves++
	if t.cancel != nil {
		t.cancel()
	}
}

// ready waits until no join goes on, or ctx ends: what is asked for while a member joins is done once it has.
func (t *tenancy) ready(ctx context.Context) {
	t.mu.Lock()
	settled := t.settled
	t.mu.Unlock()
	select {
	case <-settled:
	case <-ctx.Done():
	}
}

// run carries out joins and leaves until ctx ends.
func (t *tenancy) run(ctx context.Context) {
	defer close(t.ended)
	for {
		select {
		case it := <-t.ops:
			if it.op.Op == "join" {
				t.join(ctx, it.op)
			} else {
				t.leave(ctx, it)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (t *tenancy) join(ctx context.Context, op operation) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t.mu.Lock()
	t.cancel = cancel
	if t.leaves > 0 {
		cancel() // a leave was asked for after this join
	}
	t.mu.Unlock()
	err := t.g.Join(ctx)
	switch {
	case err == nil:
		t.watch()
	case ctx.Err() != nil:
		t.gaveUp = true
	default:
		t.fail(op, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cancel = nil
	if t.joins--; t.joins == 0 {
		close(t.settled)
	}
}

// watch sees to it that "left" is printed when the membership ends, asked for or not. It is called by the goroutine that joined,
// which has waited for the end of the membership before: Join refuses a second one.
func (t *tenancy) watch() {
	done := t.g.Done()
	before, watched := t.watched, make(chan struct{})
	t.watched = watched
	go func() {
		defer close(watched)
		<-before
		<-done
		why := t.g.Err()
		if errors.Is(why, lockstep.ErrLeft) || errors.Is(why, lockstep.ErrClosed) {
			why = nil
		}
		t.app.left(why)
	}()
}

func (t *tenancy) leave(ctx context.Context, it tenancyItem) {
	t.mu.Lock()
	t.leaves--
	t.mu.Unlock()
	if t.gaveUp {
		t.gaveUp = false
		t.out.print(leftEvent{Ev: "left"})
		return
	}
	last, cancel := context.WithTimeout(ctx, lastWords)
	select {
	case <-it.sent:
	case <-last.Done():
	}
	_ = t.g.Flush(last) // a courtesy: what was accepted and cannot go out in time is reported as lost
	cancel()
	if err := t.g.Leave(ctx); err != nil && ctx.Err() == nil {
		t.fail(it.op, err)
		return
	}
	t.awaitEnd(ctx)
}

// awaitEnd waits until the end of the last membership was seen, and printed, or ctx ends.
func (t *tenancy) awaitEnd(ctx context.Context) {
	select {
	case <-t.watched:
	case <-ctx.Done():
	}
}

// close leaves the group, waiting no longer than ctx, and prints "left" if it was in it. The context of run has ended before.
func (t *tenancy) close(ctx context.Context) {
	select {
	case <-t.ended:
	case <-ctx.Done():
		t.app.finish()
		return
	}
	_ = t.g.Leave(ctx) // not a member: then there is nothing to leave, or it goes on already
	t.awaitEnd(ctx)
	t.app.finish()
}

func (t *tenancy) fail(op operation, err error) {
	t.out.print(errorEvent{
		Ev: "error", Op: op.Op, Tag: op.Tag, Error: err.Error(), Uncertain: errors.Is(err, lockstep.ErrUncertain),
	})
}
