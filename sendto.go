package lockstep

// SendTo: a message for one member, beside the order of the group but never before what its sender had seen.

import (
	"context"
	"fmt"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// SendTo sends v to one member of the view, which may be this one. The receiver handles it with the handler for its type,
// after everything that this member had seen of the group; Message.Position is the position it follows and is not unique, and
// Message.Order is FIFO. Two SendTo to one member keep their order. nil means: queued here; it arrives unless a view takes out either
// side, and then OnLost reports it, with Lost.To. It waits, and does not wait in upcalls, as Send does. Errors: ErrGone and those of
// Send.
func (g *Group) SendTo(ctx context.Context, to Member, v any) error {
	const op = "sendto"
	if err := ctx.Err(); err != nil {
		return g.fault(op, err, "")
	}
	m, err := g.encode(op, wire.KindApp, v)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	d := demand{size: len(m.body)}
	t, err := g.admit(ctx, op, d, true)
	if err != nil {
		return err
	}
	if err := t.sendTo(op, to, &m); err != nil {
		t.budget.refund(d)
		return err
	}
	return nil
}

// sendTo queues the encoded message. The group's mutex is held and room was taken.
func (t *tenure) sendTo(op string, to Member, m *encoded) error {
	body := m.body
	id := idOf(to)
	here := false
	for _, m := range t.seen.Members {
		here = here || m.ID == id
	}
	if !here {
		return &Error{Op: op, Group: t.g.name, Member: to, View: viewIDOf(t.seen.ID), Err: ErrGone}
	}
	index := t.agreed.index(m)
	if index < 0 {
		return t.handled(op, wire.KindApp, m.name, index)
	}
	if t.agreed.missing(index)[id] {
		return t.g.fault(op, ErrNotHandled, fmt.Sprintf("message %s is not handled by %v", m.name, to))
	}
	putHead(body, wire.KindApp, 0, index)
	t.n.counts.sent.Add(1)
	if id == t.n.id {
		t.put(&core.Upcall{
			Kind: core.UpDirect, Group: t.g.id, Position: t.position, Payload: body,
			Sender: t.n.member(), Own: true,
		})
		t.budget.release(len(body))
		t.wake()
		return nil
	}
	t.direct++
	if t.directs == nil {
		t.directs = map[uint64]directed{}
	}
	t.directs[t.direct] = directed{to: to, payload: body}
	t.g.push(core.SendDirect{
		To: id, Kind: wire.DirectMessage, Group: t.g.id, Follow: t.position, Tag: t.direct, Payload: body,
	})
	return nil
}
