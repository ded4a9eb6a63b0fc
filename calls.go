package lockstep

// Applies, queries and flushes in flight: what each waits for, and when it may be answered.

import (
	"context"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// A call is one Apply, Query or Flush. Its fields are guarded by the group's mutex until done is closed; afterwards they do not
// change and belong to the caller.
type call struct {
	id         uint64
	kind       wire.Kind
	atDelivery bool // answered at delivery, not when stable
	alone      bool // a query that only this member is asked; see stale.go
	done       chan struct{}
	finished   bool
	err        error

	numbered  bool
	delivered bool
	stable    bool
	position  wire.Position
	view      wire.ViewID

	// of an apply
	resultReady bool
	result      any
	resultErr   error

	// of a query
	need     Need
	expected []expectation
	early    []earlyAnswer
	open     int // expected members that are not accounted for
	answered int
}

// An earlyAnswer came before this member delivered its own query.
type earlyAnswer struct {
	from   wire.MemberID
	status uint8
	data   []byte
}

// An expectation is one member of the view in which a query was delivered.
type expectation struct {
	member membership.Member
	state  expectState
	status uint8
	data   []byte
	reason wire.Reason
}

type expectState uint8

const (
	expectOpen expectState = iota
	expectAnswered
	expectFailed
	expectDeclined
)

// Statuses of a query's answer on the wire.
const (
	statusResult   uint8 = 0
	statusError    uint8 = 1
	statusDeclined uint8 = 2
)

// begun notes a call that waits from now on. The group's mutex is held.
func (t *tenure) begun(c *call) {
	if t.calls == nil {
		t.calls = map[uint64]*call{}
	}
	t.calls[c.id] = c
}

// finish ends a call. The group's mutex is held.
func (t *tenure) finish(c *call, err error) {
	if c.finished {
		return
	}
	c.finished, c.err = true, err
	delete(t.calls, c.id)
	close(c.done)
}

// advance ends a call if all it waits for is there. The group's mutex is held.
func (t *tenure) advance(c *call) {
	if c.finished || !c.delivered || !c.stable && !c.atDelivery {
		return
	}
	switch c.kind {
	case wire.KindFlush:
		t.finish(c, nil)
	case wire.KindApply:
		if c.resultReady {
			t.finish(c, nil)
		}
	case wire.KindQuery:
		switch {
		case c.need.metBy(c.answered, len(c.expected)) && (c.need != All || c.open == 0):
			t.finish(c, nil)
		case c.open == 0:
			t.finish(c, ErrTooFewAnswers)
		}
	}
}

// deliveredOwn notes the place of a call's message and whom a query expects. The group's mutex is held.
func (t *tenure) deliveredOwn(id uint64, order Order, pos wire.Position, view wire.ViewID, transitional bool, index int) {
	c := t.calls[id]
	if c == nil {
		return
	}
	c.numbered, c.delivered = true, true
	c.position, c.view = pos, view
	if transitional {
		// Delivery in a transitional configuration answers nothing; only going on with it into the next view does.
		c.atDelivery = false
	} else if _, at := order.threshold(); at || c.kind == wire.KindFlush {
		// A safe message outside a transitional configuration: every member of the ring holds it, or as many as it asked for.
		c.atDelivery = true
	}
	if c.kind == wire.KindQuery {
		t.expect(c, index)
		early := c.early
		c.early = nil
		for _, e := range early {
			t.answer(id, e.from, e.status, e.data)
		}
	}
	c.stable = pos <= t.stable
	if !c.stable {
		t.unstable = append(t.unstable, c)
	}
	t.advance(c)
}

// expect fills in the members of the view at the query's position.
func (t *tenure) expect(c *call, index int) {
	missing := t.agreed.missing(index)
	for _, m := range t.seen.Members {
		e := expectation{member: m}
		switch {
		case missing[m.ID], t.loading[m.ID]:
			e.state = expectDeclined
		default:
			c.open++
		}
		c.expected = append(c.expected, e)
	}
}

// answer takes in one member's answer to a query. The group's mutex is held.
func (t *tenure) answer(id uint64, from wire.MemberID, status uint8, data []byte) {
	c := t.calls[id]
	if c == nil || c.kind != wire.KindQuery {
		return
	}
	if !c.delivered {
		// Another member was faster than this one's own delivery: the view is not known yet.
		if len(c.early) < wire.MaxMembers {
			c.early = append(c.early, earlyAnswer{from, status, data})
		}
		return
	}
	for i := range c.expected {
		e := &c.expected[i]
		if e.member.ID != from {
			continue
		}
		if e.state != expectOpen {
			return
		}
		c.open--
		if status == statusDeclined {
			e.state = expectDeclined
		} else {
			e.state, e.status, e.data = expectAnswered, status, data
			c.answered++
		}
		t.advance(c)
		return
	}
}

// departed accounts for members that a view took out, in every query that expects them. A query that is asked alone waits for this
// member's own handler and for nobody's coming or going; if the handler is not to run any more, passedOver ends it. The group's mutex
// is held.
func (t *tenure) departed(v *membership.View) {
	if len(t.calls) == 0 {
		return
	}
	present := make(map[wire.MemberID]bool, len(v.Members))
	for _, m := range v.Members {
		present[m.ID] = true
	}
	for _, m := range v.Joined {
		// Whoever was out and is back does not answer for the time before. If that is this member, nobody answers it any more.
		if present[m.ID] = false; m.ID == t.n.id {
			clear(present)
			break
		}
	}
	reasons := make(map[wire.MemberID]wire.Reason, len(v.Left))
	for _, d := range v.Left {
		reasons[d.Member.ID] = d.Reason
	}
	for _, c := range t.calls {
		if c.kind != wire.KindQuery || !c.delivered || c.alone {
			continue
		}
		for i := range c.expected {
			e := &c.expected[i]
			if e.state == expectOpen && !present[e.member.ID] {
				e.state, e.reason = expectFailed, reasons[e.member.ID]
				c.open--
			}
		}
		t.advance(c)
	}
}

// stabilize answers what waited for this position. The group's mutex is held.
func (t *tenure) stabilize(pos wire.Position) {
	if pos <= t.stable {
		return
	}
	t.stable = pos
	n := 0
	for n < len(t.unstable) && t.unstable[n].position <= pos {
		c := t.unstable[n]
		t.unstable[n] = nil
		c.stable = true
		t.advance(c)
		n++
	}
	if n == len(t.unstable) {
		t.unstable = t.unstable[:0]
		return
	}
	t.unstable = t.unstable[n:]
}

// failUncertain ends, as uncertain, every call that was numbered and will not be answered any more. The group's mutex is held.
func (t *tenure) failUncertain(why string) {
	for _, c := range t.calls {
		if c.numbered && !c.stable {
			t.finish(c, t.g.fault(c.op(), ErrUncertain, why))
		}
	}
	clear(t.unstable)
	t.unstable = t.unstable[:0]
}

// failUnanswered ends, as uncertain, every query that others have not answered yet: they may be on another side, where this member was
// put out and is not answered any more. What only waits for this member's own handler goes on. The group's mutex is held.
func (t *tenure) failUnanswered(why string) {
	for _, c := range t.calls {
		if slices.ContainsFunc(c.expected, func(e expectation) bool { return e.state == expectOpen && e.member.ID != t.n.id }) {
			t.finish(c, t.g.fault(c.op(), ErrUncertain, why))
		}
	}
}

// op is the call's name in errors.
func (c *call) op() string {
	switch c.kind {
	case wire.KindApply:
		return "apply"
	case wire.KindQuery:
		return "query"
	}
	return "flush"
}

// begin submits a call's message and returns it in flight. Its error says that nothing was submitted.
func (g *Group) begin(ctx context.Context, c *call, order Order, v any) error {
	if err := g.mayWait(ctx, c.op()); err != nil {
		return err
	}
	c.id = g.node.callID.Add(1)
	c.done = make(chan struct{})
	return g.submit(ctx, c.op(), c.kind, order, v, c, true)
}

// wait waits for a call that begin submitted. When ctx ends first, the outcome is uncertain.
func (g *Group) wait(ctx context.Context, c *call) error {
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !c.finished {
		c.finished = true
		if t := g.cur; t != nil {
			delete(t.calls, c.id)
		}
		c.err = g.fault(c.op(), uncertain(ctx.Err()), "it was accepted and may be carried out")
	}
	return c.err
}
