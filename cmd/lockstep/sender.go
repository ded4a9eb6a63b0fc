package main

// Sends and bursts, carried out one by one in the order of the input.

import (
	"context"
	"errors"

	"github.com/lockstep-go/lockstep"
)

// sendQueueMost is how many operations may wait for their turn. Beyond that a send is answered with an error: reading on is more
// important, since state and exit must not wait behind it.
const sendQueueMost = 1 << 16

// A sender carries out sends and bursts on a goroutine of its own, and keeps calls in their place among them.
type sender struct {
	g     *lockstep.Group
	out   *lines
	queue chan sendItem
	ready func(ctx context.Context) // waits until the first join has come to an end, or ctx has
}

// A sendItem is a send or burst, or the place of a call among them.
type sendItem struct {
	op   operation
	mark *mark // of a call; nil for a send
}

// A mark is a place in the queue. The sender closes reached when all before it was carried out, and goes on when passed is closed.
type mark struct {
	reached chan struct{}
	passed  chan struct{}
}

func newSender(g *lockstep.Group, out *lines, ready func(ctx context.Context)) *sender {
	return &sender{g: g, out: out, queue: make(chan sendItem, sendQueueMost), ready: ready}
}

// add queues a send or burst. It does not block.
func (s *sender) add(op operation) {
	select {
	case s.queue <- sendItem{op: op}:
	default:
		s.fail(op, 0, errors.New("too many sends wait; this one was not tried"))
	}
}

// place queues a mark. It does not block; false says that the queue is full, and that order must do without.
func (s *sender) place() (*mark, bool) {
	m := &mark{reached: make(chan struct{}), passed: make(chan struct{})}
	select {
	case s.queue <- sendItem{mark: m}:
		return m, true
	default:
		return nil, false
	}
}

// tried gives a channel that is closed when all that is queued now was carried out. It does not block.
func (s *sender) tried() <-chan struct{} {
	m, placed := s.place()
	if !placed {
		return nil
	}
	close(m.passed)
	return m.reached
}

// run carries out what is queued until the queue is closed. When ctx ends, what is left is answered with errors.
func (s *sender) run(ctx context.Context) {
	for it := range s.queue {
		if it.mark != nil {
			close(it.mark.reached)
			select {
			case <-it.mark.passed:
			case <-ctx.Done():
			}
			continue
		}
		s.ready(ctx)
		s.out.trace(sendingEvent{Ev: "sending", operation: it.op})
		n, err := s.carryOut(ctx, it.op)
		if err != nil {
			s.fail(it.op, n, err)
			continue
		}
		s.out.print(acceptedEvent{Ev: "accepted", Op: it.op.Op, Tag: it.op.Tag, Count: n})
	}
}

// carryOut gives the number of messages that were accepted.
func (s *sender) carryOut(ctx context.Context, op operation) (int, error) {
	order, err := op.order()
	if err != nil {
		return 0, err
	}
	if op.Op == "send" {
		if err := s.g.SendIn(ctx, order, Entry(op.Data)); err != nil {
			return 0, err
		}
		return 1, nil
	}
	if err := op.burst(); err != nil {
		return 0, err
	}
	var data Entry
	for i := range op.Count {
		data = appendBurst(data[:0], op.Prefix, i, op.Size)
		if err := s.g.SendIn(ctx, order, data); err != nil {
			return i, err
		}
	}
	return op.Count, nil
}

func (s *sender) fail(op operation, accepted int, err error) {
	s.out.print(errorEvent{
		Ev: "error", Op: op.Op, Tag: op.Tag, Count: &accepted, Error: err.Error(), Uncertain: errors.Is(err, lockstep.ErrUncertain),
	})
}
