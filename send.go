package lockstep

// The sends: encoded in the caller's goroutine, taken in when the group's queue has room, put in order with all else that this
// member sends.

import (
	"context"
	"fmt"
	"strings"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// Send sends v to every member of the group, this one too, after all that this member sent before (FIFO).
//
// For all four sends, nil means: queued here, in this member's order. Nobody else need have it yet. It will be delivered here
// unless this member leaves or loses the primary; then OnLost reports it, and the next Flush returns ErrUncertain. A Send waits
// while the group's queue is full, or GroupConfig.RateLimit says so; one whose context ends was not accepted. Given the context of an
// upcall it never waits, and returns ErrFull when the queue is far too full; TrySend never waits anywhere. Errors: ErrNotMember, ErrNotPrimary, ErrNotHandled, ErrTooLarge,
// ErrFull, ErrClosed, the context's; none leaves a doubt. v is encoded before Send returns and may be changed afterwards.
func (g *Group) Send(ctx context.Context, v any) error {
	return g.send(ctx, "send", FIFO, v)
}

// CausalSend sends v after all that this member has sent or seen before, at every member. See Send for what nil means.
func (g *Group) CausalSend(ctx context.Context, v any) error {
	return g.send(ctx, "causalsend", Causal, v)
}

// OrderedSend sends v to the same place among all ordered and safe messages, at every member. See Send for what nil means.
func (g *Group) OrderedSend(ctx context.Context, v any) error {
	return g.send(ctx, "orderedsend", Ordered, v)
}

// SafeSend sends v as OrderedSend does, and nobody handles it before every member of the ring holds it. See Send for what nil
// means: it returns long before that.
func (g *Group) SafeSend(ctx context.Context, v any) error {
	return g.send(ctx, "safesend", Safe, v)
}

// SendIn sends v in the given order: what Send, CausalSend, OrderedSend and SafeSend do, and beside them SafeQuorum and SafeAt(k).
func (g *Group) SendIn(ctx context.Context, o Order, v any) error {
	if !o.valid() {
		return g.fault("send", errNoOrder, "")
	}
	return g.send(ctx, "send", o, v)
}

// TrySend is SendIn for callers who cannot wait: what would wait returns ErrFull at once, and nothing was sent. It passes nobody by: while other
// sends wait, it finds no room. It may be called from anywhere, upcalls too; there SendIn, given the upcall's context, does not wait
// either and has room of its own. Errors as for Send.
func (g *Group) TrySend(o Order, v any) error {
	const op = "trysend"
	if !o.valid() {
		return g.fault(op, errNoOrder, "")
	}
	return g.submit(context.Background(), op, wire.KindApp, o, v, nil, false)
}

var errNoOrder = fmt.Errorf("there is no such order; SafeAt takes a k from 1 to %d", MaxSafeAt)

func (g *Group) send(ctx context.Context, op string, o Order, v any) error {
	return g.submit(ctx, op, wire.KindApp, o, v, nil, true)
}

// kindOf is the registration that a message of this kind needs.
func kindOf(kind wire.Kind) handlerKind {
	switch kind {
	case wire.KindApply:
		return kindApply
	case wire.KindQuery:
		return kindQuery
	}
	return kindMessage
}

// submit takes a message in, when there is room or, unless it may wait, now or not at all. With a nil error it is on its way and, if c is not
// nil, c will be finished.
func (g *Group) submit(ctx context.Context, op string, kind wire.Kind, o Order, v any, c *call, wait bool) error {
	if err := ctx.Err(); err != nil {
		return g.fault(op, err, "")
	}
	e, err := g.encode(op, kind, v)
	if err != nil {
		return err
	}
	body := e.body
	g.mu.Lock()
	defer g.mu.Unlock()
	d := demand{size: len(body), free: kind == wire.KindFlush}
	t, err := g.admit(ctx, op, d, wait)
	if err != nil {
		return err
	}
	index := 0
	if kind != wire.KindFlush {
		index = t.agreed.index(&e)
		if err := t.handled(op, kind, e.name, index); err != nil {
			t.budget.refund(d)
			return err
		}
	}
	s := submitted{kind: kind, order: wire.Order(o), payload: body}
	if c != nil {
		s.call = c.id
		t.begun(c)
	}
	putHead(body, kind, s.call, index)
	tag := t.pending.add(s)
	g.node.in.submit(g.id, core.Submission{Kind: kind, Order: s.order, Tag: tag, Payload: body})
	g.node.counts.sent.Add(1)
	return nil
}

// handled refuses a message that some member could not handle. A query need not be handled by all: those decline.
func (t *tenure) handled(op string, kind wire.Kind, name string, index int) error {
	if index < 0 {
		return t.g.fault(op, ErrNotHandled, fmt.Sprintf("no member registered %v %s", kindOf(kind), name))
	}
	missing := t.agreed.missing(index)
	if len(missing) == 0 || kind == wire.KindQuery {
		return nil
	}
	return t.g.fault(op, ErrNotHandled, fmt.Sprintf("%v %s is not handled by %s", kindOf(kind), name, t.names(missing)))
}

// names lists members for a person.
func (t *tenure) names(ids map[wire.MemberID]bool) string {
	var list []string
	for _, m := range t.seen.Members {
		if ids[m.ID] {
			list = append(list, memberOf(m).String())
		}
	}
	return strings.Join(list, ", ")
}

// admit waits for room in the send queue, if it may, and takes it. The group's mutex is held when it is called and when it returns, and
// not while it waits.
func (g *Group) admit(ctx context.Context, op string, d demand, wait bool) (*tenure, error) {
	if err := g.maySubmit(op); err != nil {
		return nil, err
	}
	t := g.cur
	b := &t.budget
	switch {
	case inUpcall(ctx) != nil:
		if !b.takeInUpcall(d) {
			return nil, g.fault(op, ErrFull, b.why(upcallShare))
		}
		return t, nil
	case b.take(d):
		return t, nil
	case !wait:
		return nil, g.fault(op, ErrFull, b.why(1))
	}
	w := b.wait(d)
	g.mu.Unlock()
	select {
	case <-w.ready:
	case <-ctx.Done():
	}
	g.mu.Lock()
	if err := ctx.Err(); err != nil {
		b.abandon(w)
		return nil, g.fault(op, err, "nothing was sent: "+b.why(1))
	}
	if w.err != nil {
		return nil, g.fault(op, w.err, "")
	}
	if g.cur != t {
		return nil, g.fault(op, ErrNotMember, "")
	}
	if err := g.maySubmit(op); err != nil {
		b.abandon(w)
		return nil, err
	}
	return t, nil
}
