package evs

// What each member's state consists of at every moment: the run played again, all logs of a group in the run's order.

import (
	"math/bits"
	"slices"
)

// A set holds messages by index.
type set []uint64

func (s *set) add(i int) {
	for len(*s) <= i/64 {
		*s = append(*s, 0)
	}
	(*s)[i/64] |= 1 << (i % 64)
}

func (s set) has(i int) bool { return i/64 < len(s) && s[i/64]>>(i%64)&1 == 1 }

func (s set) clone() set { return append(set(nil), s...) }

// missing returns an index that is in s and not in o, or -1.
func (s set) missing(o set) int {
	for i, w := range s {
		if i < len(o) {
			w &^= o[i]
		}
		if w != 0 {
			return i*64 + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// A memory is one log's state at one moment: which ordered and safe messages it holds, and whether it still counts.
type memory struct {
	log    *Log
	state  set
	count  uint64   // of the messages in state
	view   *Event   // the last one, nil before the first and after the last
	living bool     // in the group, not crashed
	cut    uint64   // of the state last loaded
	before uint64   // the number of the view before the last one; 0: none
	line   uint64   // of the view
	from   uint64   // the line of the view before it
	ended  bool     // a newer primary has taken the member in without its state, or comes after its leave
	by     *Event   // which it was
	left   bool     // it comes after its leave: what it is still told came before
	untold bool     // it has loaded, and was not told yet that it is in: nobody counts on what it has
	lefts  []*Event // the ends of its memberships still to come
}

// hold adds a message to the state.
func (m *memory) hold(index int) {
	if !m.state.has(index) {
		m.state.add(index)
		m.count++
	}
}

// A cutKey names a saved state.
type cutKey struct {
	donor Member
	cut   uint64
}

// A saving is a state that was given away.
type saving struct {
	state set
	count uint64
	event *Event
}

// A replay is a walk over all events of a group.
type replay struct {
	g        *group
	memories []*memory // by log
	saved    map[cutKey]saving
}

// walk plays the group's events in the run's order and calls visit after each, with the log's memory as it is then and the message
// that the event is about, if it is about one.
func (g *group) walk(visit func(r *replay, m *memory, e *Event, about *message)) {
	r := &replay{g: g, saved: map[cutKey]saving{}}
	for _, l := range g.logs {
		r.memories = append(r.memories, &memory{log: l, lefts: lefts(l)})
	}
	for _, x := range g.run {
		m, about := r.memories[x.log], g.refs[x.log][x.event]
		e := &m.log.Events[x.event]
		switch e.Kind {
		case Founded:
			m.state, m.count, m.ended, m.by = nil, 0, false, nil
		case Load:
			s := r.saved[cutKey{e.Donor, e.Cut}]
			m.state, m.count = s.state.clone(), s.count
			m.cut, m.ended, m.by, m.untold = e.Cut, false, nil, true
		case Save:
			r.saved[cutKey{m.log.Member, e.Cut}] = saving{m.state.clone(), m.count, e}
		case View:
			m.before = 0
			if m.view != nil {
				m.before = m.view.View.Num
			}
			m.view, m.living, m.untold = e, true, false
			m.from, m.line = m.line, e.line
			r.supersede(e)
		case Deliver:
			if e.Order.Total() {
				m.hold(about.index)
			}
		case Left, Crash:
			m.view, m.living, m.left, m.line = nil, false, false, 0
			if e.Kind == Left {
				m.lefts = m.lefts[1:]
			}
		}
		visit(r, m, e, about)
	}
}

// supersede ends the memories of those whom a primary view takes in anew: the group has gone on with another state, and theirs waits
// only for its end. It is no part of any later primary, even while it still lies there untouched. So is that of a member that left
// before that view in the order and has not been told yet.
func (r *replay) supersede(e *Event) {
	if !e.Primary {
		return
	}
	for _, m := range r.memories {
		if m.view != nil && m.view.View.Num < e.View.Num && m.cut < e.Position && contains(e.Joined, m.log.Member) {
			if m.ended = true; m.by == nil {
				m.by = e
			}
		}
		if len(m.lefts) > 0 && comesBefore(m.log, m.lefts[0], e) || m.view != nil && (r.g.goneBefore(m, e) || r.g.goneAlone(m.log, m.view, e)) {
			m.ended, m.left = true, true
		}
	}
}

// goneBefore reports whether a primary view up to e in the order says that the member left at its own wish. It may be told of its end much
// later: cut off, it asks again on the ring that it comes to, and is told of that.
func (g *group) goneBefore(m *memory, e *Event) bool {
	return slices.ContainsFunc(g.farewells, func(u *view) bool {
		return u.line() == m.line && u.id.Num > m.view.View.Num && u.first.Position > m.cut && u.before(e) && u.parts(m.log.Member)
	})
}

// goneAlone reports whether a member in a view was the last of the group and e is behind its leave. No view is left to say so, but the leave took a
// number: the group is founded anew on the same ring with a later one than the next, nobody had one in between, and the member, which
// may be told much later, was in none again.
func (g *group) goneAlone(l *Log, in, e *Event) bool {
	last := in.View
	if len(in.Members) != 1 || last.Ring != e.View.Ring || last.Num+1 >= e.View.Num || len(e.Joined) != len(e.Members) {
		return false
	}
	if slices.ContainsFunc(g.views, func(u *view) bool {
		return u.id.Ring == last.Ring && last.Num < u.id.Num && u.id.Num < e.View.Num
	}) {
		return false
	}
	after := l.Events[slices.IndexFunc(l.Events, func(o Event) bool { return o.Step == in.Step })+1:]
	next := slices.IndexFunc(after, func(o Event) bool { return o.Kind == View || o.Kind == Left || o.Kind == Crash })
	return next >= 0 && after[next].Kind != View
}

// before reports whether a view was installed before e, or at its moment, or comes before it in the order of one ring.
func (v *view) before(e *Event) bool {
	return v.first.Step <= e.Step || v.id.Ring == e.View.Ring && v.id.Num < e.View.Num
}

// parts reports whether a view says that the member left at its own wish.
func (v *view) parts(m Member) bool { return slices.Contains(v.first.Left, Departure{m, "leave"}) }

// lefts are the ends of a log's memberships, in their order.
func lefts(l *Log) []*Event {
	var list []*Event
	for i := range l.Events {
		if l.Events[i].Kind == Left {
			list = append(list, &l.Events[i])
		}
	}
	return list
}

// comesBefore reports whether a membership ended before a view, or with it, in the order of the ring that numbered both. Whoever installed that
// view may have been told of it first: on one ring all are told the same, but at different times. Where the leave was ordered on a ring
// before, the view must stand behind it, and say itself that this member left, or be of a ring that this member came to from there.
func comesBefore(l *Log, left, view *Event) bool {
	if left.View.Ring != view.View.Ring {
		return left.Position > 0 && left.Position <= view.Position &&
			(slices.Contains(view.Left, Departure{l.Member, "leave"}) || l.history.came(l.Member, left.View.Ring, view.View.Ring))
	}
	return left.View.Num > 0 && left.View.Num < view.View.Num || left.Position > 0 && left.Position <= view.Position
}

// came reports whether a process was on one ring and on another one later.
func (h *History) came(member Member, from, to uint64) bool {
	for _, l := range h.Rings {
		if l.Member != member {
			continue
		}
		was := false
		for i := range l.Events {
			if e := &l.Events[i]; e.Kind == Regular {
				if was && e.Conf.Key == to {
					return true
				}
				was = was || e.Conf.Key == from
			}
		}
	}
	return false
}

// leavesBefore reports whether the membership that a log is in at its i-th event ends before a view in the order.
func leavesBefore(l *Log, i int, view *Event) bool {
	for ; i < len(l.Events); i++ {
		if e := &l.Events[i]; e.Kind == Left {
			return comesBefore(l, e, view)
		}
	}
	return false
}

// remembered reports whether anybody who lives is, or was when it was cut off, in a view of a line of that number or a later one, other
// than the given one.
func (r *replay) remembered(line, num uint64, other ViewID) bool {
	for _, m := range r.memories {
		if m.living && !m.ended && m.line == line && m.view != nil && m.view.View.Num >= num && m.view.View != other {
			return true
		}
	}
	return false
}

// diedOut reports whether one of the known messages, missing in a state of a line, is in nobody's of it any more.
func (r *replay) diedOut(line uint64, known, state set) bool {
	rest := known.clone()
	for i := range rest {
		if i < len(state) {
			rest[i] &^= state[i]
		}
	}
	for _, m := range r.memories {
		if !m.living || m.ended || m.line != line {
			continue
		}
		for i := range min(len(rest), len(m.state)) {
			rest[i] &^= m.state[i]
		}
	}
	return rest.missing(nil) >= 0
}

// keeper names a living member of a line that still has the message in its state, if there is one.
func (r *replay) keeper(line uint64, index int) (Member, bool) {
	for _, m := range r.memories {
		if m.living && !m.ended && m.line == line && m.state.has(index) {
			return m.log.Member, true
		}
	}
	return "", false
}
