package evs

// Together: groups that a member joined, or left, as one change at one place, for whoever sees several of them.

import "slices"

// A joint is one change of one group that was asked for together with others'.
type joint struct {
	log   *Log // of whom it is about
	joins bool
	at    uint64
}

// in reports whether a view shows the change.
func (j *joint) in(e *Event) bool {
	if e.Kind != View || e.Position != j.at {
		return false
	}
	if j.joins {
		return contains(e.Joined, j.log.Member)
	}
	return slices.Contains(e.Left, Departure{j.log.Member, "leave"})
}

// joints are the changes that were asked for together, each bundle's in one list, in the order of the logs.
func (h *History) joints() [][]joint {
	type bundle struct {
		member Member
		number uint64
		joins  bool
	}
	places := map[bundle]int{}
	var list [][]joint
	add := func(l *Log, number uint64, joins bool, at uint64) {
		b := bundle{l.Member, number, joins}
		i, ok := places[b]
		if !ok {
			i = len(list)
			places[b] = i
			list = append(list, nil)
		}
		list[i] = append(list[i], joint{l, joins, at})
	}
	for _, l := range h.Logs {
		asked := uint64(0)
		for i := range l.Events {
			switch e := &l.Events[i]; e.Kind {
			case Asked:
				asked = e.Together
			case View:
				if asked != 0 {
					add(l, asked, true, e.Position)
				}
				asked = 0
			case Left:
				if e.Together != 0 && e.Position > 0 {
					add(l, e.Together, false, e.Position)
				}
				asked = 0
			}
		}
	}
	return list
}

// checkTogether: who is told, outside a transitional configuration, of one of several changes that were asked for as one is told of each
// other at the same place, if it is in that group, and that goes on there with members that have its state.
func checkTogether(h *History) []Violation {
	r := reporter{}
	var byMember map[Member][]*Log
	for _, bundle := range h.joints() {
		if !slices.ContainsFunc(bundle, func(j joint) bool { return j.at != bundle[0].at }) {
			continue
		}
		if byMember == nil {
			byMember = map[Member][]*Log{}
			for _, l := range h.Logs {
				byMember[l.Member] = append(byMember[l.Member], l)
			}
		}
		for _, l := range h.Logs { // whoever was told of one
			for i := range bundle {
				one := &bundle[i]
				if l.Group != one.log.Group || l.Member == one.log.Member || !l.toldApart(one) {
					continue
				}
				for _, other := range byMember[l.Member] {
					for k := range bundle {
						if two := &bundle[k]; other.Group == two.log.Group && two.at > one.at && other.ready(two, one.at) {
							r.name = other.Group
							r.report(Together, l.Member, "is told of what %s did in group %s at %d, and in this group at %d, though it was one", one.log.Member, l.Group, one.at,
								two.at)
						}
					}
				}
			}
		}
	}
	return r.violations
}

// toldApart reports whether the log tells of the change in a regular configuration.
func (l *Log) toldApart(j *joint) bool {
	for i := range l.Events {
		if !j.in(&l.Events[i]) {
			continue
		}
		if l.Events[i].Resumes != (ViewID{}) {
			return false // it was held back
		}
		for k := i - 1; k >= 0; k-- {
			switch e := &l.Events[k]; {
			case e.Kind == Transitional:
				return false
			case e.Kind == Deliver && !e.Transitional, e.Kind == Asked:
				return true
			}
		}
		return true
	}
	return false
}

// ready reports whether the member was in the group, and the group went on there, at a place before that of the change, and that it was told
// of the change later.
func (l *Log) ready(j *joint, at uint64) bool {
	var was *Event
	whole := false // since that view nothing was lost
	for i := range l.Events {
		e := &l.Events[i]
		switch {
		case e.Kind == View && e.Position < at:
			was, whole = e, e.Resumes == (ViewID{}) // such a view is told when a block ends
		case e.Kind == View && e.Position == at:
			return false
		case e.Kind == View && was != nil:
			if !whole || !was.Primary || len(was.Loading) > 0 || contains(e.Joined, l.Member) || contains(was.Members, j.log.Member) == j.joins {
				return false
			}
			return slices.ContainsFunc(l.Events[i:], func(e Event) bool { return j.in(&e) })
		case e.Kind == Blocked, e.Kind == Left, e.Kind == Load, e.Kind == Asked:
			whole = false
		}
	}
	return false
}
