package main

// Applies, queries, flushes and an operator's decisions: each waits on a goroutine of its own, and is submitted in its place among the
// sends.

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep"
)

const (
	// callsMost is how many calls may be in flight; beyond that one is answered with an error.
	callsMost = 1 << 14
	// placeWait is how long a call stands behind the sends before it. A send that waits for room longer than this does not
	// hold it up.
	placeWait = 50 * time.Millisecond
)

// callOps starts calls.
type callOps struct {
	g      *lockstep.Group
	out    *lines
	sender *sender
	slots  chan struct{}
	open   sync.WaitGroup
}

func newCallOps(g *lockstep.Group, out *lines, s *sender) *callOps {
	return &callOps{g: g, out: out, sender: s, slots: make(chan struct{}, callsMost)}
}

// start begins one call. It does not block; the answer is printed when it is there. Only one goroutine may call start.
func (c *callOps) start(ctx context.Context, op operation) {
	select {
	case c.slots <- struct{}{}:
	default:
		c.fail(op, errors.New("too many calls wait; this one was not tried"))
		return
	}
	m, placed := c.sender.place()
	c.open.Go(func() {
		defer func() { <-c.slots }()
		if !placed {
			m = &mark{passed: make(chan struct{})}
		} else {
			t := time.NewTimer(placeWait)
			select {
			case <-m.reached:
			case <-t.C:
			case <-ctx.Done():
			}
			t.Stop()
		}
		c.sender.ready(ctx)
		seen := &seenContext{Context: ctx, looked: m.passed}
		c.carryOut(seen, op)
		seen.look() // it may have ended before it came to wait
	})
}

func (c *callOps) carryOut(ctx context.Context, op operation) {
	c.out.trace(sendingEvent{Ev: "calling", operation: op})
	var err error
	switch op.Op {
	case "apply":
		err = c.apply(ctx, op)
	case "query":
		err = c.query(ctx, op)
	case "flush":
		if err = c.g.Flush(ctx); err == nil {
			c.out.print(flushedEvent{Ev: "flushed", Tag: op.Tag})
		}
	case "loss":
		err = c.loss(ctx, op)
	case "override":
		err = c.override(ctx, op)
	case "resize":
		err = c.resize(ctx, op)
	}
	if err != nil {
		c.fail(op, err)
	}
}

func (c *callOps) apply(ctx context.Context, op operation) error {
	order, err := op.callOrder()
	if err != nil {
		return err
	}
	var at lockstep.Position
	if _, err = lockstep.Apply[uint64](ctx, c.g, Change(op.Data), lockstep.WithOrder(order), lockstep.WithPosition(&at)); err == nil {
		c.out.print(appliedEvent{Ev: "applied", Tag: op.Tag, Seq: at.Uint64()})
	}
	return err
}

func (c *callOps) query(ctx context.Context, op operation) error {
	need, err := op.need()
	if err != nil {
		return err
	}
	r, err := lockstep.Query[string](ctx, c.g, need, Ask(op.Data))
	if err == nil {
		c.out.print(repliesOf(op.Tag, r))
	}
	return err
}

// repliesOf sorts a query's outcome into what is printed.
func repliesOf(tag string, r lockstep.Replies[string]) repliesEvent {
	e := repliesEvent{
		Ev: "replies", Tag: tag, View: viewName(r.View), Replies: make(map[string]string, len(r.Answers)),
		Failed: []string{}, Declined: names(r.Declined), Stale: r.Stale,
	}
	for _, a := range r.Answers {
		if a.Err != nil {
			e.Failed = append(e.Failed, a.Member.String())
			continue
		}
		e.Replies[a.Member.String()] = a.Value
	}
	for _, d := range r.Failed {
		e.Failed = append(e.Failed, d.Member.String())
	}
	e.Failed = append(e.Failed, e.Declined...)
	return e
}

func (c *callOps) fail(op operation, err error) {
	c.out.print(errorEvent{
		Ev: "error", Op: op.Op, Tag: op.Tag, Error: err.Error(), Uncertain: errors.Is(err, lockstep.ErrUncertain),
	})
}

// A seenContext says when somebody first waits on it. A call looks at Done when it was submitted, or when it must wait for room:
// in both cases the sends behind it may go on.
type seenContext struct {
	context.Context
	looked chan struct{}
	once   sync.Once
}

// Done is the context's own, and marks that it was asked for.
func (s *seenContext) Done() <-chan struct{} {
	s.look()
	return s.Context.Done()
}

func (s *seenContext) look() { s.once.Do(func() { close(s.looked) }) }
