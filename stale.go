package lockstep

// Queries in a ReadOnly group on a side without a quorum: this member alone answers, from the state that it had when the primary was
// lost, and the Replies say so.

import (
	"context"
	"fmt"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// readOnly reports whether this member may answer a query alone.
func (g *Group) readOnly() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cfg.Partition == ReadOnly
}

// askHere carries out a query at this member alone: the handler runs on the group's goroutine behind what was delivered before, as any
// other, and nothing is sent. Its error says that nobody was asked.
func (g *Group) askHere(ctx context.Context, need Need, v any) (*call, error) {
	const op = "query"
	c := &call{kind: wire.KindQuery, need: need, id: g.node.callID.Add(1), done: make(chan struct{}), alone: true}
	e, err := g.encode(op, wire.KindQuery, v)
	if err != nil {
		return c, err
	}
	if err := g.queueHere(op, c, &e); err != nil {
		return c, err
	}
	return c, g.wait(ctx, c)
}

// queueHere puts the query behind all that waits for this member's handlers.
func (g *Group) queueHere(op string, c *call, e *encoded) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.cur
	switch {
	case t == nil || t.phase != phaseMember:
		return g.maySubmit(op)
	case t.holding || t.loading[t.n.id]:
		return g.fault(op, ErrNotPrimary, "and the state of this member is being replaced")
	case t.queue.len() >= g.cfg.QueueMessages || t.queue.bytes >= g.cfg.QueueBytes:
		return g.fault(op, ErrFull, fmt.Sprintf("%d messages wait for this member's handlers", t.queue.len()))
	}
	c.delivered, c.stable, c.position, c.view = true, true, t.position, t.seen.ID
	index := t.agreed.index(e)
	for _, m := range t.seen.Members {
		x := expectation{member: m, state: expectDeclined}
		if m.ID == t.n.id && index >= 0 {
			x.state = expectOpen
			c.open++
		}
		c.expected = append(c.expected, x)
	}
	t.begun(c)
	if c.open == 0 {
		t.advance(c)
		return nil
	}
	putHead(e.body, wire.KindQuery, c.id, index)
	t.put(&core.Upcall{Kind: core.UpDeliver, Group: g.id, Message: wire.KindQuery, Own: true, Order: wire.Order(Ordered),
		Sender: membership.Member{ID: t.n.id, Name: t.n.self.Name}, ViewID: c.view, Position: c.position, Messages: []wire.Chunk{{Payload: e.body}}})
	t.wake()
	return nil
}
