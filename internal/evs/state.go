package evs

// State: what a joiner loads is what was saved at the cut, and equal places have equal states.

// checkState follows each state through the run: a load gives what was saved under its cut, and every state consists of what was
// loaded and delivered since. Nothing is delivered to one who joins a group with a state before it has loaded one.
func checkState(g *group) {
	g.walk(func(r *replay, m *memory, e *Event, _ *message) {
		switch e.Kind {
		case Load:
			s := r.saved[cutKey{e.Donor, e.Cut}].event
			if s == nil {
				g.report(State, m.log.Member, "loaded cut %d of %s, which never saved it", e.Cut, e.Donor)
			} else if s.Count != e.Count || s.Chain != e.Chain {
				g.report(State, m.log.Member, "loaded %d %08x as cut %d of %s, which had saved %d %08x", e.Count, uint32(e.Chain), e.Cut, e.Donor,
					s.Count, uint32(s.Chain))
			}
		case View, Deliver:
			if m.count != e.Count {
				g.report(State, m.log.Member, "counts %d messages in its state at %d, has loaded and delivered %d", e.Count, e.Position, m.count)
			}
		}
	})
	for _, s := range g.stays {
		if s.fresh && !s.founder && !s.loaded && !g.stateless {
			g.report(NoHalfState, s.log.Member, "joined view %s of %v without a state", s.view.View, s.view.Members)
		}
	}
}

// checkEqualStates compares counts and chains of all who install one primary view, and of all who deliver one message and go on
// together.
func checkEqualStates(g *group) {
	for _, v := range g.views {
		for i, s := range v.stays {
			if !s.view.Primary || s.again(v) {
				continue
			}
			// Of two ways to one event, the one of whoever went on may end and the other go on later: each has its own state.
			for _, q := range v.stays[:i] {
				if q.view.Primary && !q.again(v) && q.view.told == s.view.told {
					g.equalStates(q.log.Member, q.view, s.log.Member, s.view)
					break
				}
			}
		}
	}
	// Who delivers in a transitional configuration may miss what only those beyond it have: such a state is compared with those of
	// members that go on to the same view. Another side may hold the message, too, and go on later, when this one has ended.
	type line struct {
		of *arrival
		to ViewID
	}
	var lines []line
	for _, m := range g.messages {
		lines = lines[:0]
	arrivals:
		for _, a := range m.delivered {
			if a.stay == nil || !a.stay.view.Primary || !a.event.Order.Total() {
				continue
			}
			to, ok := a.stay.goesOn(g.quiet)
			if !ok {
				continue
			}
			for _, l := range lines {
				if l.to == to && a.stay.wentWith(l.of.stay) || !l.of.event.Transitional && !a.event.Transitional {
					g.equalStates(l.of.log.Member, l.of.event, a.log.Member, a.event)
					continue arrivals
				}
			}
			lines = append(lines, line{a, to})
		}
	}
}

func (g *group) equalStates(p Member, a *Event, q Member, b *Event) {
	if a.Count != b.Count || a.Chain != b.Chain {
		g.report(EqualStates, q, "has state %d %08x at %d (%s), but %s has %d %08x", b.Count, uint32(b.Chain), b.Position, b.Kind, p, a.Count, uint32(a.Chain))
	}
}
