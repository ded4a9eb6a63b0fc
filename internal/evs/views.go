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
	for _, m := range g.inOrder() {
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
				a.Primary != b.Primary {
				g.report(ViewAgreement, s.log.Member, "view %s is %v joined %v left %v primary %v here, but %v joined %v left %v primary %v at %s",
					v.id, b.Members, b.Joined, b.Left, b.Primary, a.Members, a.Joined, a.Left, a.Primary, v.by)
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
