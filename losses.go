package lockstep

// What this member sent and will not deliver: whatever way a membership ends, each such message is told to OnLost, or its call
// has its error.

import (
	"maps"
	"slices"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// directed is a SendTo message on its way. The payload is shared with the core and not changed.
type directed struct {
	to      Member
	payload []byte
}

// lostUpcall is what tells OnLost of a message to the group.
func lostUpcall(o wire.Order, payload []byte, uncertain bool) *core.Upcall {
	return &core.Upcall{Kind: core.UpLost, Order: o, Uncertain: uncertain, Payload: payload}
}

// losses appends what a queued upcall turns into when the application will not be handed it any more; nothing if it was not this
// member's own. The group's mutex is held.
func (t *tenure) losses(list []core.Upcall, u *core.Upcall) []core.Upcall {
	switch {
	case u.Kind == core.UpLost:
		return append(list, *u)
	case u.Kind == core.UpDeliver && u.Own && u.Message == wire.KindApp:
		for i := range u.Messages {
			t.lost++
			t.n.counts.lost.Add(1)
			list = append(list, *lostUpcall(u.Order, u.Messages[i].Payload, true)) // it was ordered: others deliver it
		}
	case u.Kind == core.UpDirect && u.Own:
		t.n.counts.lost.Add(1)
		l := lostUpcall(wire.OrderFIFO, u.Payload, false)
		l.Sender = u.Sender // to itself
		list = append(list, *l)
	}
	return list
}

// dispatchDirectEnd settles a SendTo: acknowledged, or its receiver is gone.
func (t *tenure) dispatchDirectEnd(u *core.Upcall) {
	d, ok := t.directs[u.Tag]
	if !ok {
		return
	}
	delete(t.directs, u.Tag)
	t.budget.release(len(d.payload))
	if u.Kind == core.UpDirectLost {
		t.loseDirect(d)
	}
}

// loseDirect reports a SendTo that nobody acknowledged. It may have arrived.
func (t *tenure) loseDirect(d directed) {
	t.n.counts.lost.Add(1)
	u := lostUpcall(wire.OrderFIFO, d.payload, true)
	u.Sender.ID, u.Sender.Name = idOf(d.to), d.to.Name
	t.put(u)
}

// loseDirects reports every SendTo without an acknowledgement: the membership ends before it can come.
func (t *tenure) loseDirects() {
	for _, tag := range slices.Sorted(maps.Keys(t.directs)) {
		t.loseDirect(t.directs[tag])
	}
	clear(t.directs)
}

// loseRest reports what the core had not settled when the loop ended. What has no number then never gets one. The group's mutex
// is held and the membership has ended.
func (t *tenure) loseRest() {
	for tag := t.pending.first; t.pending.len() > 0; tag++ {
		s, ok := t.pending.remove(tag)
		if !ok || s.call != 0 {
			continue
		}
		t.lost++
		t.n.counts.lost.Add(1)
		t.put(lostUpcall(s.order, s.payload, s.numbered))
	}
	t.loseDirects()
}

// untold writes to the log what OnLost could not be told, because a handler of its group does not return.
func (n *Node) untold() {
	for _, g := range n.allGroups() {
		g.mu.Lock()
		count := 0
		if t := g.cur; t != nil {
			count = t.queue.len()
		}
		g.mu.Unlock()
		if count > 0 {
			n.log.Error("a handler does not return; OnLost was not told of messages", zap.String("group", g.name), zap.Int("messages", count))
		}
	}
}
