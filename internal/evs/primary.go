package evs

// One primary: the primary views of a group form one chain, whoever looks.

import "slices"

// checkOnePrimary: P1, any two primary views are ordered by number; P2, each continues the one before it, as far as anyone
// still lives who remembers that one, and if a quorum of it had come to it. Memories that all died may be passed over, and their
// numbers given again: nobody can know of them (the ids differ). For the same reason numbers begin anew where a group is founded again
// after all its memories have died. All this is so in each line for itself, but that nobody founds the group beside any of them.
func checkOnePrimary(g *group) {
	type number struct {
		line     uint64
		founding int
		num      uint64
	}
	byNum := map[number]*view{}
	var primaries []*view
	for _, v := range g.views {
		if !v.first.Primary {
			continue
		}
		n := number{v.line(), g.founding(v), v.id.Num}
		if o := byNum[n]; o != nil {
			first, second := o, v
			if second.first.Step < first.first.Step {
				first, second = second, first
			}
			if keeper := holds(first, second); keeper != "" {
				g.report(OnePrimary, v.stays[0].log.Member, "views %s of %v and %s of %v are both primary, and %s remembers the first", first.id,
					first.first.Members, second.id, second.first.Members, keeper)
			}
		}
		byNum[n] = v
		primaries = append(primaries, v)
	}
	for _, v := range primaries {
		for _, w := range primaries {
			// After in the run and in the order: who was paused installs late what was ordered early.
			if w.line() != v.line() || w.id.Num >= v.id.Num || w.first.Step < v.first.Step || w.first.Position <= v.first.Position || g.founding(w) != g.founding(v) {
				continue
			}
			if keeper := holds(v, w); keeper != "" {
				g.report(OnePrimary, w.stays[0].log.Member, "view %s of %v comes after primary view %s of %v, which %s holds", w.id, w.first.Members,
					v.id, v.first.Members, keeper)
			}
		}
		for _, s := range v.stays {
			switch {
			case s.founder:
				g.foundedBeside(v, s)
			case !s.fresh && s.previous != nil:
				for _, w := range primaries {
					if w.line() != s.line() || s.previous.line() != s.line() || w.id.Num <= s.previous.view.View.Num || w.id.Num >= v.id.Num || w.first.Step > v.first.Step || g.founding(w) != g.founding(v) {
						continue
					}
					if keeper := remembers(w, v.first); keeper != "" && !g.outvoted(w, v) {
						g.report(PrimaryContinuity, s.log.Member, "went on from view %s to %s past primary view %s of %v, which %s remembers", s.previous.view.View,
							v.id, w.id, w.first.Members, keeper)
					}
				}
			}
		}
	}
}

// founding counts the foundings of the group up to a view's installation, without those that come behind it in the order of their
// ring: the last who leave may be told of their last views when somebody else has founded the group anew.
func (g *group) founding(v *view) int {
	n := 0
	for _, s := range g.stays {
		if !s.founder || s.view.Step > v.first.Step {
			continue
		}
		founded := s.view
		f := founded.View
		late := func(s *stay) bool { return leavesBefore(s.log, s.from, founded) }
		if v.id.Ring == f.Ring && v.id.Num < f.Num && slices.ContainsFunc(v.stays, late) {
			continue
		}
		n++
	}
	return n
}

// foundedBeside reports a founding while somebody still has a state.
func (g *group) foundedBeside(v *view, s *stay) {
	for _, w := range g.views {
		if w == v || !w.first.Primary || w.first.Step > v.first.Step || w.id.Ring == v.id.Ring && w.first.Position >= v.first.Position {
			continue // or it comes behind this one: who loads nothing may be told before the founder is
		}
		for _, k := range w.stays {
			if keeper := k.log.Member; k.line() == w.line() && !forgotten(k, v.first) && !g.takenIn(keeper, w, v) &&
				!g.goneAlone(k.log, k.view, v.first) {
				g.report(PrimaryContinuity, s.log.Member, "founded the group in view %s while %s remembers view %s", v.id, keeper, w.id)
				return
			}
		}
	}
}

// holds names a member that was still in view w, with its state, when view v was first installed, and that v does not take in anew.
func holds(w, v *view) Member {
	for _, s := range w.stays {
		kept := s.line() == w.line() && !contains(v.first.Joined, s.log.Member)
		for i := s.from + 1; kept && i < len(s.log.Events) && s.log.Events[i].Step <= v.first.Step; i++ {
			e := &s.log.Events[i]
			kept = e.Kind != Left && e.Kind != Load && e.Kind != Crash && e.line == w.line()
		}
		if kept {
			return s.log.Member
		}
	}
	return ""
}

// remembers names a member that has been in view w and has, when another view is installed, neither crashed, left nor loaded another
// state, nor gone on in another line.
func remembers(w *view, other *Event) Member {
	for _, s := range w.stays {
		if s.line() == w.line() && !forgotten(s, other) {
			return s.log.Member
		}
	}
	return ""
}

// takenIn reports whether a primary between views w and v took a member of w in anew, whose state is no memory any more (see supersede):
// that primary's own continuity is judged, and with its last holder the group's state is lost. Nor is that of a member that had left by
// such a primary, at its own wish, whenever it is told.
func (g *group) takenIn(keeper Member, w, v *view) bool {
	return slices.ContainsFunc(g.views, func(u *view) bool {
		return u != w && u != v && u.first.Primary && u.line() == w.line() && u.id.Num > w.id.Num &&
			(u.first.Step <= v.first.Step && contains(u.first.Joined, keeper) || u.before(v.first) && u.parts(keeper))
	})
}

// outvoted reports whether view w was installed by too few of its voters, who were cut off in the moment of it, and v by others, who
// know of w and are the more: those who installed it are neither more than half of the voters nor half with the oldest. Where only some
// members vote, and it does not show who, one that went on to v with its state must have been about to install w.
func (g *group) outvoted(w, v *view) bool {
	voters, there, oldest, others := 0, 0, false, false
	for _, m := range w.first.Members {
		if contains(w.first.Loading, m) {
			continue
		}
		voters++
		switch {
		case slices.ContainsFunc(w.stays, func(s *stay) bool { return s.log.Member == m }):
			there++
			oldest = oldest || voters == 1
		case contains(v.first.Members, m) && !contains(v.first.Joined, m) && !contains(v.first.Loading, m):
			others = true
		}
	}
	if g.sized {
		return others
	}
	return 2*there < voters || 2*there == voters && !oldest
}

func forgotten(s *stay, other *Event) bool {
	step := other.Step
	for i := s.from + 1; i < len(s.log.Events); i++ {
		e := &s.log.Events[i]
		if e.line != s.line() {
			return e.Step <= step // its state is another line's from then on
		}
		switch e.Kind {
		case Left, Load:
			// What it is told next may have been ordered before: members are told at different times.
			return true
		case Crash:
			return e.Step <= step
		case View:
			if e.Step >= step {
				// Its state was given up before: it joins as one without, or has left and is told later.
				return contains(e.Joined, s.log.Member) || leavesBefore(s.log, i, other)
			}
		default:
			if e.Step > step && e.Kind == Deliver {
				return leavesBefore(s.log, i, other)
			}
		}
	}
	return false
}
