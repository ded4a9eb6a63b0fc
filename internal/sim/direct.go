package sim

// Point-to-point messages: in order, once, and acknowledged only when they arrived.

import (
	"encoding/binary"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// directs are the point-to-point messages of one process.
type directs struct {
	sent    map[lane]uint64       // how many, to each
	got     map[lane]uint64       // the last one, from each
	open    map[uint64]sentDirect // by tag: neither acknowledged nor lost
	answers map[uint64]bool       // answers, by tag
}

// A lane is one group's point-to-point messages between this process and another: groups do not wait for each other.
type lane struct {
	group wire.GroupID
	peer  wire.MemberID
}

type sentDirect struct {
	to  wire.MemberID
	seq uint64
}

func newDirects() directs {
	return directs{sent: map[lane]uint64{}, got: map[lane]uint64{}, open: map[uint64]sentDirect{}, answers: map[uint64]bool{}}
}

// sendDirect sends to the member with the given rank in the view, if that is another.
func (a *app) sendDirect(rank, size int) {
	if !a.ready() || rank >= len(a.view.Members) || a.view.Members[rank].ID == a.p.id || holds(a.view.Loading, a.view.Members[rank].ID) {
		return
	}
	d := &a.p.direct
	to := a.view.Members[rank].ID
	l := lane{a.g.id, to}
	d.sent[l]++
	a.p.tags++
	d.open[a.p.tags] = sentDirect{to, d.sent[l]}
	payload := make([]byte, max(size, 8))
	binary.BigEndian.PutUint64(payload, d.sent[l])
	fill(payload[8:], d.sent[l], len(payload))
	a.p.step(core.SendDirect{To: to, Kind: wire.DirectMessage, Group: a.g.id, Tag: a.p.tags, Payload: payload})
}

// received checks order and content at the receiver.
func (d *directs) received(a *app, u *core.Upcall) {
	if len(u.Payload) < 8 {
		a.trouble("direct", "got %d bytes from %s", len(u.Payload), u.Sender.Name)
		return
	}
	seq := binary.BigEndian.Uint64(u.Payload)
	if !filled(u.Payload[8:], seq, len(u.Payload)) {
		a.trouble("direct", "got message %d of %s damaged", seq, u.Sender.Name)
	}
	l := lane{a.g.id, u.Sender.ID}
	if was := d.got[l]; seq <= was {
		a.trouble("direct", "got message %d of %s after %d", seq, u.Sender.Name, was)
	}
	d.got[l] = max(d.got[l], seq)
	a.p.n.c.stats.Directs++
}

// ended checks at the sender that only what arrived is called done.
func (d *directs) ended(a *app, u *core.Upcall) {
	if d.answers[u.Tag] {
		delete(d.answers, u.Tag)
		return
	}
	if _, ok := d.open[u.Tag]; !ok {
		a.trouble("direct", "tag %d ended that it has not sent or that has ended", u.Tag)
		return
	}
	delete(d.open, u.Tag)
}
