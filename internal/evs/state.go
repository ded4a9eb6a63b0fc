package evs

// State: what a joiner loads is what was saved at the cut, and equal places have equal states.

// checkState compares counts and chains: of each load with its save, of all who install one primary view, of all who deliver
// one message and go on, and of each state with the messages it should consist of.
func checkState(g *group) {
	g.walk(func(r *replay, m *memory, e *Event) {
		switch e.Kind {
		case Load:
			s := r.savedAs[cutKey{e.Donor, e.Cut}]
			if s == nil {
				g.report(State, m.log.Member, "loaded cut %d of %s, which never saved it", e.Cut, e.Donor)
			} else if s.Count != e.Count || s.Chain != e.Chain {
				g.report(State, m.log.Member, "loaded %d %08x as cut %d of %s, which had saved %d %08x", e.Count, uint32(e.Chain), e.Cut, e.Donor,
					s.Count, uint32(s.Chain))
			}
		case View, Deliver:
			if n := m.state.count(); n != e.Count {
				g.report(State, m.log.Member, "counts %d messages in its state at %d, has loaded and delivered %d", e.Count, e.Position, n)
			}
		}
	})
	for _, v := range g.views {
		var first *stay
		for _, s := range v.stays {
			if !s.view.Primary || s.again(v) {
				continue
			}
			if first == nil {
				first = s
			}
			g.equalStates(first.log.Member, first.view, s.log.Member, s.view)
		}
	}
	for _, m := range g.inOrder() {
		var first *arrival
		for _, a := range m.delivered {
			if a.stay == nil || !a.stay.view.Primary {
				continue
			}
			if _, ok := a.stay.goesOn(g.quiet); !ok {
				continue
			}
			if first == nil {
				first = a
			}
			if a.event.Order.Total() {
				g.equalStates(first.log.Member, first.event, a.log.Member, a.event)
			}
		}
	}
}

func (g *group) equalStates(p Member, a *Event, q Member, b *Event) {
	if a.Count != b.Count || a.Chain != b.Chain {
		g.report(State, q, "has state %d %08x at %d (%s), but %s has %d %08x", b.Count, uint32(b.Chain), b.Position, b.Kind, p, a.Count, uint32(a.Chain))
	}
}
