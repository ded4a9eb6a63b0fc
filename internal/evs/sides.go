package evs

// Partitionable groups: every side goes on, so there is no chain of primaries, positions are each side's own, and states meet when
// sides do. What is left is what each side promises by itself.

// sidesTold are the properties of a partitionable group as it was told.
func sidesTold() []func(*group) {
	return []func(*group){checkSelfInclusion, checkViewGrowth, checkGroupBounds, checkSelfDelivery, checkSaneViews, checkSignals}
}

// sidesMeant are those as it was meant.
func sidesMeant() []func(*group) {
	return []func(*group){
		checkNoDuplication, checkNoCreation, checkOutcome, checkSameSidesView, checkSenderOrder, checkCausal, checkSidesTogether, checkSafe,
	}
}

// checkSidesTogether is checkSynchrony for those who name each other: two sides of one view may meet again in the next one, and then
// neither came with the other.
func checkSidesTogether(g *group) {
	for _, v := range g.views {
		var end *stay // the first who is here when the run ends in peace
		for _, s := range v.stays {
			if _, ok := s.goesOn(g.quiet); !ok {
				continue
			}
			if s.next == nil {
				if end == nil {
					end = s
				}
				g.sameDeliveries(end, s)
				continue
			}
			g.cameFromThere(s)
			for _, q := range g.byID[s.next.view.View].stays {
				if q.fresh || q.previous == nil || q.previous.view.View != s.view.View || !contains(s.next.view.With, q.log.Member) {
					continue
				}
				if !contains(q.view.With, s.log.Member) {
					g.report(CameAlong, s.log.Member, "went from view %s to %s with %s, which went with %v", s.view.View, q.view.View, q.log.Member,
						q.view.With)
				}
				g.sameDeliveries(s, q.previous)
			}
		}
	}
}

// checkSameSidesView: a message is delivered in the view that the receiver is in, and all who deliver it in a regular configuration do
// so in one view. In a transitional one a side that misses an event of the group delivers in the view before it: the two are
// different transitional configurations of one regular one (EVS 1.4).
func checkSameSidesView(g *group) {
	for _, m := range g.messages {
		var first *arrival
		for _, a := range m.delivered {
			if a.stay != nil && a.event.View != a.stay.view.View {
				g.report(SameView, a.log.Member, "delivered %s as of view %s while in view %s", m.uid, a.event.View, a.stay.view.View)
			}
			switch {
			case a.event.Transitional:
			case first == nil:
				first = a
			case a.event.View != first.event.View:
				g.report(SameView, a.log.Member, "delivered %s in view %s, but %s in view %s", m.uid, a.event.View, first.log.Member, first.event.View)
			}
		}
	}
}
