package evs

// The one stream: one message a position, positions ascending, and no holes but those that a partition explains.

import "slices"

// checkSameOrder: positions and messages of a line belong to each other one to one, and ascend at each member (EVS 6.1, 6.2).
func checkSameOrder(g *group) {
	type place struct{ line, position uint64 }
	at := make(map[place]*message, len(g.messages))
	for _, m := range g.messages {
		var was place
		for i, a := range m.delivered {
			p := place{a.event.line, a.event.Position}
			if p == was {
				continue
			}
			if first := m.delivered[:i]; len(first) > 0 {
				if k := slices.IndexFunc(first, func(b *arrival) bool { return b.event.line == p.line }); k >= 0 && first[k].event.Position != p.position {
					g.report(SameOrder, a.log.Member, "delivered %s at %d, but %s at %d", m.uid, p.position, first[k].log.Member, first[k].event.Position)
				}
			} else {
				was = p
			}
			if o := at[p]; o != nil && o != m {
				g.report(SameOrder, a.log.Member, "position %d belongs to %s and to %s", p.position, m.uid, o.uid)
			}
			at[p] = m
		}
	}
	for _, l := range g.logs {
		var last *Event
		for i := range l.Events {
			e := &l.Events[i]
			if e.Kind != Deliver || !e.Order.Total() {
				continue
			}
			if last != nil && e.Position <= last.Position {
				g.report(SameOrder, l.Member, "delivered %s at %d after %s at %d", e.Message, e.Position, last.Message, last.Position)
			}
			last = e
		}
	}
}

// checkGaps: who delivers a message has delivered all before it that another member of the view delivered before the same
// message, unless it came in a transitional configuration without the sender of what is missing (EVS 6.3).
func checkGaps(g *group) {
	for _, v := range g.views {
		for _, p := range v.stays {
			for _, q := range v.stays {
				if p != q && !same(p, q) {
					g.gaps(p, q)
				}
			}
		}
	}
}

// gaps looks for what q skipped and p did not.
func (g *group) gaps(p, q *stay) {
	var skipped []*arrival
	for _, a := range p.total {
		b := a.message.in(q)
		if b == nil {
			if a.event.Position > q.cut || !q.fresh {
				skipped = append(skipped, a)
			}
			continue
		}
		for _, s := range skipped {
			if !b.event.Transitional || contains(b.trans, s.message.uid.Sender) {
				g.report(Gap, q.log.Member, "delivered %s at %d without %s at %d, which %s delivered in between in view %s", b.message.uid,
					b.event.Position, s.message.uid, s.event.Position, p.log.Member, p.view.View)
				return
			}
		}
	}
}

// checkSenderOrder: one sender's messages in the order it sent them (VS 3.12), and none left out that its sender delivered
// before in the same view.
func checkSenderOrder(g *group) {
	for _, l := range g.logs {
		last := map[Member]*uint64{}
		var from Member
		var was *uint64
		for i := range l.Events {
			e := &l.Events[i]
			if e.Kind != Deliver {
				continue
			}
			if was == nil || e.Message.Sender != from {
				from = e.Message.Sender
				if was = last[from]; was == nil {
					was = new(uint64)
					last[from] = was
				}
			}
			if e.Message.Seq < *was {
				g.report(SenderOrder, l.Member, "delivered %s after #%d of the same sender", e.Message, *was)
			}
			*was = max(*was, e.Message.Seq)
		}
	}
	for _, v := range g.views {
		for _, s := range v.stays {
			for _, q := range v.stays {
				if q != s && !same(s, q) {
					g.senderHoles(s, q)
				}
			}
		}
	}
}

// senderHoles looks for messages of s's member that s delivered and q left out before a later one.
func (g *group) senderHoles(s, q *stay) {
	var missing *arrival
	for _, a := range s.arrivals {
		if a.message.uid.Sender != s.log.Member || (q.fresh && a.event.Position <= q.cut) {
			continue
		}
		if a.message.in(q) == nil {
			if missing == nil {
				missing = a
			}
		} else if missing != nil {
			g.report(SenderOrder, q.log.Member, "delivered %s without %s in view %s", a.message.uid, missing.message.uid, q.view.View)
			return
		}
	}
}
