package evs

// Views by themselves: who is in them, that all see the same one under one id, and that ids grow.

import "slices"

// checkSelfInclusion: a member is in each view it installs, and nothing is delivered to it before the first (VS 3.1, 3.2).
func checkSelfInclusion(g *group) {
	for _, s := range g.stays {
		if !contains(s.view.Members, s.log.Member) {
			g.report(SelfInclusion, s.log.Member, "installed view %s of %v without itself", s.view.View, s.view.Members)
		}
		if !contains(s.view.With, s.log.Member) {
			g.report(SelfInclusion, s.log.Member, "is not among those it came along with: view %s, with %v", s.view.View, s.view.With)
		}
	}
	for _, m := range g.messages {
		for _, a := range m.delivered {
			if a.early {
				g.report(SelfInclusion, a.log.Member, "delivered %s before any view", m.uid)
			}
		}
	}
}

// checkViewAgreement: one id, one view (VS 3.3).
func checkViewAgreement(g *group) {
	for _, v := range g.views {
		for _, s := range v.stays {
			a, b := v.first, s.view
			if s.again(v) {
				continue
			}
			if !slices.Equal(a.Members, b.Members) || !equalJoined(v, s) || !slices.Equal(a.Left, b.Left) ||
				a.Primary != b.Primary || a.Founding != b.Founding {
				g.report(ViewAgreement, s.log.Member, "view %s is %v joined %v left %v primary %v of %d here, but %v joined %v left %v primary %v of %d at %s",
					v.id, b.Members, b.Joined, b.Left, b.Primary, b.Founding, a.Members, a.Joined, a.Left, a.Primary, a.Founding, v.by)
			}
		}
	}
}

// equalJoined compares who joined with a view as a member sees it and as it was first installed. Either of the two may have
// joined for itself only: who loses its state on the way and loads again has been a member before for the others.
func equalJoined(v *view, s *stay) bool {
	but := func(list []Member) []Member {
		var rest []Member
		for _, m := range list {
			if (m != v.by || len(v.first.With) > 1) && !(s.fresh && m == s.log.Member) {
				rest = append(rest, m)
			}
		}
		return rest
	}
	return slices.Equal(but(v.first.Joined), but(s.view.Joined))
}

// checkViewGrowth: view numbers grow at each member (VS 3.4).
func checkViewGrowth(g *group) {
	for _, s := range g.stays {
		if p := s.previous; p != nil && s.view.View.Num <= p.view.View.Num {
			g.report(ViewGrowth, s.log.Member, "view %s follows view %s", s.view.View, p.view.View)
		}
	}
}

// checkSaneViews: a view has one incarnation of each name; and nothing is delivered in a view older than the one it was sent in
// (VS 3.9).
func checkSaneViews(g *group) {
	for _, v := range g.views {
		for i, m := range v.first.Members {
			if slices.ContainsFunc(v.first.Members[:i], func(o Member) bool { return nameOf(o) == nameOf(m) }) {
				g.report(SaneView, v.by, "installed view %s of %v, with two of one name", v.id, v.first.Members)
			}
		}
	}
	for _, m := range g.messages {
		for _, a := range m.delivered {
			if m.from != nil && a.stay != nil && a.stay.view.View.Num < m.from.view.View.Num {
				g.report(SaneView, a.log.Member, "delivered %s in view %s; it was sent in view %s", m.uid, a.stay.view.View, m.from.view.View)
			}
		}
	}
}

// checkSignals: a group is told of a transitional configuration once before its next regular delivery or view (VS 3.16), and what is
// delivered in one comes behind it.
func checkSignals(g *group) {
	for _, l := range g.logs {
		told := false
		for i := range l.Events {
			switch e := &l.Events[i]; e.Kind {
			case Transitional:
				told = true
				if !contains(e.Members, l.Member) {
					g.report(Signals, l.Member, "was told of a transitional configuration of %v", e.Members)
				}
			case Deliver:
				if e.Transitional && !told {
					g.report(Signals, l.Member, "delivered %s in a transitional configuration it was not told of", e.Message)
				}
				told = told && e.Transitional
			case Left:
				told = false
			}
		}
	}
}
