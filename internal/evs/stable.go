package evs

// Stable: what may have been answered to the outside stays answered.

// An ack is one message that somebody acknowledged as stable for the first time.
type ack struct {
	index    int
	position uint64
	num      uint64 // of the view it was acknowledged in
	by       Member
}

// An arrived is a message that waits to be acknowledged.
type arrived struct {
	index    int
	position uint64
}

// checkStable follows what was acknowledged as stable through all later primary views, and reports what was acknowledged in a
// view after a newer primary had been installed without it.
func checkStable(g *group) {
	var acked []ack
	var known, since set            // what was acknowledged: ever, and since the last founding
	waiting := map[*Log][]arrived{} // delivered, not yet stable
	seen := map[ViewID]bool{}       // primary views
	var top uint64                  // the newest that anybody remembers
	var newest set                  // the state with which it was first installed
	g.walk(func(r *replay, m *memory, e *Event, about *message) {
		switch e.Kind {
		case Load, Left, Crash:
			waiting[m.log] = nil
		case Founded:
			waiting[m.log] = nil
			clear(seen)
			since = nil
			top = 0
		case Deliver:
			if e.Order.Total() {
				waiting[m.log] = append(waiting[m.log], arrived{about.index, e.Position})
			}
		case Stable:
			list := waiting[m.log]
			for len(list) > 0 && list[0].position <= e.Position && m.view != nil {
				d := list[0]
				list = list[1:]
				i := d.index
				if known.has(i) {
					continue
				}
				known.add(i)
				since.add(i)
				num := m.view.View.Num
				acked = append(acked, ack{i, d.position, num, m.log.Member})
				if top > num && !m.left && !newest.has(i) && r.remembered(top, ViewID{}) {
					g.report(NoStaleAnswer, m.log.Member, "acknowledged %s at %d in view %s after primary view %d had been installed without it", g.messages[i].uid,
						d.position, m.view.View, top)
				}
			}
			waiting[m.log] = list
		case View:
			if e.Primary && g.byID[e.View].first == e && since.missing(m.state) >= 0 {
				g.forgotten = g.forgotten || r.diedOut(since, m.state)
			}
			if seen[e.View] || !e.Primary {
				return
			}
			seen[e.View] = true
			// Who goes on past a primary that died, with what was answered in it, repeats in its own way what both had.
			g.forgotten = g.forgotten || m.before != 0 && m.before < top && !contains(e.Joined, m.log.Member)
			if e.View.Num <= top && r.remembered(top, e.View) {
				return // that is another predicate's
			}
			top, newest = e.View.Num, m.state.clone()
			if known.missing(m.state) < 0 {
				return
			}
			for _, a := range acked {
				if a.num >= e.View.Num || m.state.has(a.index) {
					continue
				}
				if keeper, ok := r.keeper(a.index); ok {
					g.report(StableKept, m.log.Member, "installed primary view %s without %s at %d, which %s had acknowledged and %s still has", e.View,
						g.messages[a.index].uid, a.position, a.by, keeper)
				}
			}
		}
	})
}
