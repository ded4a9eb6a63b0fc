package main

// The crew: every member works, one of them coordinates, and the others are its cohorts, ready to take over.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"

	"github.com/lockstep-go/lockstep"
)

type (
	// Submit brings a job. ID names it, so that it can be sent again when nobody knows whether it arrived.
	Submit struct{ ID, Text string }
	// Idle asks the coordinator for work. It goes to that one member: nobody else need know who waits.
	Idle struct{}
	// Assign gives a job to a worker. It is the coordinator's choice, and in the group's order it becomes everybody's knowledge.
	Assign struct {
		ID     string
		Worker lockstep.Member
	}
	// Finish ends the run of a job that was assigned at Since.
	Finish struct {
		ID     string
		Since  lockstep.Position
		Result string
	}
)

// A crew is this member's part in it. All of it belongs to the group's goroutine, but for what mu guards.
type crew struct {
	node  *lockstep.Node
	group *lockstep.Group
	work  func(ctx context.Context, text string) string
	told  func(r Run, result string) // of every job that was finished, at every member

	table *table // replicated
	view  lockstep.View

	// Of the worker: the run in hand, and whether this coordinator was asked for another.
	since  lockstep.Position
	cancel context.CancelFunc
	asked  bool

	// Of the coordinator, and of nobody else: who asked, and what was assigned but has not come back in order. A new coordinator begins
	// with neither; the workers ask it anew, and the table has the rest.
	idle    map[lockstep.Member]bool
	offered map[string]bool

	mu     sync.Mutex
	result *Finish       // of the run in hand, once it is there
	back   chan struct{} // closed at the next primary view, and made anew
}

// newCrew sets the group up on a node; join makes it a member. work runs on a goroutine of its own, told on the group's.
func newCrew(node *lockstep.Node, size int, work func(ctx context.Context, text string) string, told func(r Run, result string)) *crew {
	c := &crew{
		node: node, group: node.Group("queue", lockstep.GroupConfig{Size: size}), work: work, told: told, table: newTable(),
		cancel: func() {}, idle: map[lockstep.Member]bool{}, offered: map[string]bool{}, back: make(chan struct{}),
	}
	lockstep.HandleApply(c.group, func(ctx context.Context, m lockstep.Message, s Submit) (bool, error) {
		fresh := c.table.submit(Job{s.ID, s.Text, m.Sender, m.Position})
		c.coordinate(ctx)
		return fresh, nil
	})
	lockstep.Handle(c.group, func(ctx context.Context, m lockstep.Message, _ Idle) {
		c.idle[m.Sender] = true
		c.coordinate(ctx)
	})
	lockstep.Handle(c.group, func(ctx context.Context, m lockstep.Message, a Assign) {
		delete(c.offered, a.ID)
		if c.isCoordinator(m.Sender) && c.view.Contains(a.Worker) { // else a view change has overtaken it
			c.table.assign(a.ID, a.Worker, m.Position)
		}
		c.reconcile(ctx)
		c.coordinate(ctx)
	})
	lockstep.Handle(c.group, func(ctx context.Context, m lockstep.Message, f Finish) {
		if r, ok := c.table.finish(f.ID, f.Since); ok {
			c.told(r, f.Result)
		}
		c.reconcile(ctx)
		c.coordinate(ctx)
	})
	c.group.OnView(c.onView)
	c.group.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) {
			b, err := json.Marshal(c.table)
			return bytes.NewReader(b), err
		},
		Load: func(_ context.Context, r io.Reader) error {
			t := newTable()
			err := json.NewDecoder(r).Decode(t)
			for _, id := range t.Finished {
				t.done[id] = true
			}
			c.table = t
			clear(c.offered)
			return err
		},
	})
	return c
}

func (c *crew) join(ctx context.Context) error { return c.group.Join(ctx) }

// isCoordinator: the oldest member coordinates. Everybody sees the same oldest at the same place in the order.
func (c *crew) isCoordinator(m lockstep.Member) bool {
	return len(c.view.Members) > 0 && c.view.Members[0] == m
}

func (c *crew) onView(ctx context.Context, v lockstep.View) {
	c.view = v
	if !v.Primary || v.Rank < 0 {
		return
	}
	c.table.keep(v.Members)
	clear(c.idle)
	c.asked = false // perhaps there is another coordinator; and the same may be asked twice
	c.reconcile(ctx)
	c.mu.Lock()
	result := c.result
	close(c.back)
	c.back = make(chan struct{})
	c.mu.Unlock()
	if result != nil && result.Since == c.since {
		_ = c.group.OrderedSend(ctx, *result) // what was sent without a quorum was lost; if not, twice is harmless
	}
	c.coordinate(ctx)
}

// coordinate is what the coordinator does whenever something has changed: it gives the jobs that wait to those who asked. The choice
// may depend on anything, for only this member makes it; here it is the oldest worker first.
func (c *crew) coordinate(ctx context.Context) {
	if !c.isCoordinator(c.node.Self()) || !c.view.Primary {
		return
	}
	next := 0
	for _, worker := range c.view.Members {
		if !c.idle[worker] {
			continue
		}
		for next < len(c.table.Waiting) && c.offered[c.table.Waiting[next].ID] {
			next++
		}
		if next == len(c.table.Waiting) {
			return
		}
		id := c.table.Waiting[next].ID
		if c.group.OrderedSend(ctx, Assign{id, worker}) != nil {
			return // the send queue is full: whatever comes out of it calls this again
		}
		c.offered[id] = true
		delete(c.idle, worker)
	}
}

// reconcile makes what this member does what the table says: begin the run that it has been given, end one that was taken from it, and
// ask for work if it has none.
func (c *crew) reconcile(ctx context.Context) {
	run, busy := c.table.of(c.node.Self())
	if run.Since != c.since {
		c.cancel()
		c.since, c.asked = run.Since, false
		if busy {
			c.begin(run)
		}
	}
	if !busy && !c.asked && c.view.Primary {
		c.asked = c.group.SendTo(ctx, c.view.Members[0], Idle{}) == nil
	}
}

// begin starts a run.
func (c *crew) begin(run Run) {
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(context.Background())
	go func() {
		f := &Finish{run.Job.ID, run.Since, c.work(ctx, run.Job.Text)}
		c.mu.Lock()
		if ctx.Err() == nil {
			c.result = f
		}
		c.mu.Unlock()
		_ = c.group.OrderedSend(ctx, *f) // if this side has no quorum, the next primary view sends it again
	}()
}

// submit brings a job and returns when it cannot be lost. An error that matches ErrUncertain: it may have come in.
func (c *crew) submit(ctx context.Context, id, text string) error {
	for uncertain := false; ; {
		c.mu.Lock()
		back := c.back
		c.mu.Unlock()
		_, err := lockstep.Apply[bool](ctx, c.group, Submit{id, text})
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case errors.Is(err, lockstep.ErrUncertain): // again, under the same ID
			uncertain = true
			continue
		case !errors.Is(err, lockstep.ErrNotPrimary):
			if uncertain {
				err = errors.Join(lockstep.ErrUncertain, err)
			}
			return err
		}
		select {
		case <-back:
		case <-c.group.Done():
		case <-ctx.Done():
		}
	}
}

// stop ends the run in hand. Call it after the node's Close, when no upcall runs any more.
func (c *crew) stop() { c.cancel() }
