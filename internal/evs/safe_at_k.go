package evs

// Safe at k: what so many held outlives the loss of all but one of them; and what a quorum held is in every later primary.

import "maps"

// checkSafeAtK looks at what was delivered as safe at k before a transitional signal. Who held it then no log shows, but there were k
// of them. So whoever goes on from that view without it goes on without all of these: k members must have been separated from
// them, crashed or cut off. With a quorum it is simpler: no later primary lacks it.
func checkSafeAtK(g *group) {
	quorum := false
	for _, v := range g.views {
		for _, p := range v.stays {
			for _, a := range p.total {
				k, ok := a.event.Order.AtK()
				if !ok || a.event.Transitional {
					continue
				}
				quorum = quorum || k == 0
				if k > 1 && len(a.message.delivered) < len(v.stays) {
					g.survives(v, a, k)
				}
			}
		}
	}
	if quorum {
		g.quorumKept()
	}
}

// survives reports those who went on from v together without a, and left fewer than k behind. Where the view has fewer members with
// the state than k, all of them held it.
func (g *group) survives(v *view, a *arrival, k int) {
	held := min(k, len(v.first.Members)-len(v.first.Loading))
	for _, q := range v.stays {
		key, ok := q.goesOn(g.quiet)
		if !ok || a.message.in(q) != nil || q.fresh && a.event.Position <= q.cut {
			continue
		}
		together := 0
		for _, s := range v.stays {
			if to, on := s.goesOn(g.quiet); on && to == key {
				together++
			}
		}
		if apart := len(v.first.Members) - together; apart < held {
			g.report(SafeAtK, q.log.Member, "went on from view %s without %s (%s) at %d, which %s had delivered, though of the %d that held it only %d are apart",
				v.id, a.message.uid, a.event.Order, a.event.Position, a.log.Member, held, apart)
		}
	}
}

// quorumKept follows what was delivered as safe at a quorum through all later primary views of its line, as they were first installed.
func (g *group) quorumKept() {
	type kept struct {
		message *message
		by      Member
		line    uint64
		num     uint64
	}
	type number struct{ line, num uint64 }
	var held []kept
	var known set
	var lines courses
	installed := map[number]bool{} // primary views that were installed
	g.walk(func(r *replay, m *memory, e *Event, about *message) {
		switch e.Kind {
		case Founded:
			maps.DeleteFunc(installed, func(n number, _ bool) bool { return n.line == 0 })
		case Deliver:
			if k, ok := e.Order.AtK(); !ok || k != 0 || e.Transitional || m.view == nil || !m.view.Primary {
				return
			}
			x := kept{about, m.log.Member, m.line, m.view.View.Num}
			if known.has(x.message.index) {
				return
			}
			known.add(x.message.index)
			held = append(held, x)
		case View:
			n := number{e.line, e.View.Num}
			if installed[n] || !e.Primary {
				return
			}
			installed[n] = true
			line, _ := lines.of(e, m)
			if known.missing(m.state) < 0 {
				return
			}
			for _, x := range held {
				if x.num >= e.View.Num || m.state.has(x.message.index) || !line.counts(e.line, x.line, x.message.index) {
					continue
				}
				if keeper, ok := r.keeper(e.line, x.message.index); ok {
					g.report(SafeAtK, m.log.Member, "installed primary view %s without %s, which %s had delivered as safe at a quorum and %s still has", e.View,
						x.message.uid, x.by, keeper)
				}
			}
		}
	})
}
