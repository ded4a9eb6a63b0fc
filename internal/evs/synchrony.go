package evs

// Virtual synchrony: those who go from one view to the next together have delivered the same in it; and what is safe.

import "slices"

// checkSynchrony: EVS 4 for the messages, VS 3.17 for who came along.
func checkSynchrony(g *group) {
	for _, v := range g.views {
		groups := map[ViewID][]*stay{}
		var keys []ViewID
		for _, s := range v.stays {
			key, ok := s.goesOn(g.quiet)
			if !ok {
				continue
			}
			if groups[key] == nil {
				keys = append(keys, key)
			}
			groups[key] = append(groups[key], s)
		}
		for _, key := range keys {
			together := groups[key]
			for i, s := range together {
				if s.next != nil {
					g.cameAlong(s, together)
				}
				for _, q := range together[:i] {
					if s.wentWith(q) {
						g.sameDeliveries(q, s)
						break
					}
				}
			}
		}
	}
	for _, s := range g.stays {
		if s.fresh && !slices.Equal(s.view.With, []Member{s.log.Member}) {
			g.report(CameAlong, s.log.Member, "joined view %s, yet claims to have come with %v", s.view.View, s.view.With)
		}
	}
}

// wentWith reports whether two stays ended in the same view together: both say so. One that met the event in a regular configuration
// may name one that had already begun to go another way, in a transitional one; that one does not name it.
func (s *stay) wentWith(q *stay) bool {
	return s.next == nil || contains(s.next.view.With, q.log.Member) && contains(q.next.view.With, s.log.Member)
}

// cameAlong compares s's With at its next view with those who really went from here to there, and were told the view under one id.
func (g *group) cameAlong(s *stay, together []*stay) {
	with := s.next.view.With
	for _, q := range together {
		if q.next.view.told == s.next.view.told && !contains(with, q.log.Member) {
			g.report(CameAlong, s.log.Member, "went from view %s to %s with %v; %s came along too", s.view.View, s.next.view.View, with, q.log.Member)
		}
	}
	g.cameFromThere(s)
}

// cameFromThere wants everybody in s's With at its next view to have come there as s did.
func (g *group) cameFromThere(s *stay) {
	with := s.next.view.With
	v := g.byID[s.next.view.View]
	for _, m := range with {
		for _, q := range v.stays {
			if q.log.Member == m && !q.again(v) && (q.fresh || q.previous == nil || q.previous.view.View != s.view.View) {
				g.report(CameAlong, s.log.Member, "went from view %s to %s with %v, but %s did not come from there", s.view.View, s.next.view.View, with, m)
			}
		}
	}
}

// sameDeliveries compares what two stays in one view delivered, from the later of their cuts on.
func (g *group) sameDeliveries(p, q *stay) {
	if same(p, q) {
		return
	}
	cut := since(p, q)
	for _, pair := range [][2]*stay{{p, q}, {q, p}} {
		for _, a := range pair[0].arrivals {
			if a.event.Position > cut && a.message.in(pair[1]) == nil {
				g.report(VirtualSynchrony, pair[1].log.Member, "did not deliver %s at %d in view %s, as %s did, with whom it went on", a.message.uid,
					a.event.Position, p.view.View, pair[0].log.Member)
				return
			}
		}
	}
	after := func(list []*arrival) []*message {
		var ms []*message
		for _, a := range list {
			if a.event.Position > cut {
				ms = append(ms, a.message)
			}
		}
		return ms
	}
	if a, b := after(p.total), after(q.total); !slices.Equal(a, b) {
		g.report(VirtualSynchrony, q.log.Member, "delivered the messages of view %s in another order than %s, with whom it went on", p.view.View, p.log.Member)
	}
}

// checkSafe: a safe message that anyone delivered before its transitional signal is delivered by all of the view who go on (EVS 7).
func checkSafe(g *group) {
	for _, v := range g.views {
		for _, p := range v.stays {
			for _, a := range p.total {
				if a.event.Order != Safe || a.event.Transitional {
					continue
				}
				for _, q := range v.stays {
					if _, ok := q.goesOn(g.quiet); !ok || a.message.in(q) != nil || (q.fresh && a.event.Position <= q.cut) {
						continue
					}
					g.report(SafeDelivery, q.log.Member, "went on from view %s without safe %s at %d, which %s had delivered", v.id, a.message.uid,
						a.event.Position, p.log.Member)
				}
			}
		}
	}
}
