package evs

// Stable: what may have been answered to the outside stays answered.

// An ack is one message that somebody acknowledged as stable for the first time.
type ack struct {
	index    int
	line     uint64
	position uint64
	num      uint64 // of the view it was acknowledged in
	by       Member
}

// An arrived is a message that waits to be acknowledged.
type arrived struct {
	index    int
	position uint64
}

// A course is what is known of one line while the run is played again.
type course struct {
	parent uint64 // the line it came from
	first  ViewID // with which it began, and in which all are with whom it did
	had    set    // what it began with
	known  set    // what was acknowledged in it, or before it and it began with, since its last founding
	top    uint64 // the newest view that anybody remembers
	newest set    // the state with which that was first installed
}

// courses are those of all lines.
type courses struct {
	byLine map[uint64]*course
	last   uint64 // the line that began last
}

// of returns the course of the line of a view of m, which may begin with it; begins says that it does.
func (c *courses) of(e *Event, m *memory) (x *course, begins bool) {
	if x = c.byLine[e.line]; x != nil {
		return x, false
	}
	if c.byLine == nil {
		c.byLine = map[uint64]*course{}
	}
	x = &course{parent: m.from, first: e.View}
	if e.line != 0 {
		x.had = m.state.clone()
		c.last = e.line
	}
	c.byLine[e.line] = x
	return x, e.line != 0
}

// counts reports whether what was acknowledged in a line counts in this one, of which x is the course: it is the same, or this one began
// with it.
func (x *course) counts(this, line uint64, index int) bool { return this == line || x.had.has(index) }

// checkStable follows what was acknowledged as stable through all later primary views of its line, and reports what was acknowledged in a
// view after a newer primary had been installed without it. An override gives up what those who were lost had, and nothing that somebody
// had whom it takes in with an older state than the newest.
func checkStable(g *group) {
	var acked []ack
	var known set                   // what was acknowledged, ever
	var lines courses               // what of it counts where
	waiting := map[*Log][]arrived{} // delivered, not yet stable
	seen := map[ViewID]bool{}       // primary views
	g.walk(func(r *replay, m *memory, e *Event, about *message) {
		switch e.Kind {
		case Load, Left, Crash:
			waiting[m.log] = nil
		case Founded:
			waiting[m.log] = nil
			clear(seen)
			delete(lines.byLine, 0)
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
				x, _ := lines.of(m.view, m)
				g.forgotten = g.forgotten || m.line != lines.last // two lines answer
				if known.has(i) {
					continue
				}
				known.add(i)
				x.known.add(i)
				num := m.view.View.Num
				acked = append(acked, ack{i, m.line, d.position, num, m.log.Member})
				if x.top > num && !m.left && !x.newest.has(i) && r.remembered(m.line, x.top, ViewID{}) {
					g.report(NoStaleAnswer, m.log.Member, "acknowledged %s at %d in view %s after primary view %d had been installed without it", g.messages[i].uid,
						d.position, m.view.View, x.top)
				}
			}
			waiting[m.log] = list
		case View:
			if !e.Primary {
				return
			}
			x, begins := lines.of(e, m)
			if begins {
				for _, a := range acked {
					if m.state.has(a.index) {
						x.known.add(a.index)
					}
				}
			}
			if e.line != 0 && e.View == x.first {
				g.overridden(r, m, x, e, acked, &lines)
				g.forgotten = g.forgotten || begins && known.missing(m.state) >= 0
			}
			if g.byID[e.View].first == e && x.known.missing(m.state) >= 0 {
				g.forgotten = g.forgotten || r.diedOut(e.line, x.known, m.state)
			}
			if seen[e.View] {
				return
			}
			seen[e.View] = true
			// Who goes on past a primary that died, with what was answered in it, repeats in its own way what both had.
			g.forgotten = g.forgotten || m.before != 0 && m.before < x.top && !contains(e.Joined, m.log.Member)
			if e.View.Num <= x.top && r.remembered(e.line, x.top, e.View) {
				return // that is another predicate's
			}
			x.top, x.newest = e.View.Num, m.state.clone()
			if known.missing(m.state) < 0 {
				return
			}
			for _, a := range acked {
				if a.num >= e.View.Num || m.state.has(a.index) || !x.counts(e.line, a.line, a.index) {
					continue
				}
				if keeper, ok := r.keeper(e.line, a.index); ok {
					g.report(StableKept, m.log.Member, "installed primary view %s without %s at %d, which %s had acknowledged and %s still has", e.View,
						g.messages[a.index].uid, a.position, a.by, keeper)
				}
			}
		}
	})
}

// overridden reports what was acknowledged and is missing where an override takes in somebody who has it. That is in the first view: whoever
// was not there was given up, with the state that it had, and may have lost that since, unseen by us, to a primary that took it in. What was acknowledged in another
// line that began beside this one binds nobody here, even if somebody holds it from before: their common primary may have gone on without it.
func (g *group) overridden(r *replay, m *memory, x *course, e *Event, acked []ack, lines *courses) {
	parent := lines.byLine[x.parent]
	for _, o := range r.memories {
		if !o.living || o.left || o.untold || o.by != e || o.line != x.parent {
			continue
		}
		for _, a := range acked {
			if o.state.has(a.index) && !m.state.has(a.index) && parent != nil && parent.counts(x.parent, a.line, a.index) {
				g.report(StableKept, m.log.Member, "went on in founding %d, in view %s, without %s at %d, which %s had acknowledged and %s has, who is taken in", e.Founding,
					e.View, g.messages[a.index].uid, a.position, a.by, o.log.Member)
				break
			}
		}
	}
}
