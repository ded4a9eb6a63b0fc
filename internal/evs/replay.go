package evs

// What each member's state consists of at every moment: the run played again, all logs of a group in the run's order.

import (
	"math/bits"
	"sort"
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

func (s set) count() uint64 {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return uint64(n)
}

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
	view   *Event // the last one, nil before the first and after the last
	living bool   // in the group, not crashed
	cut    uint64 // of the state last loaded
	ended  bool   // a newer primary has taken the member in without its state
}

// A cutKey names a saved state.
type cutKey struct {
	donor Member
	cut   uint64
}

// A replay is a walk over all events of a group.
type replay struct {
	g        *group
	memories map[*Log]*memory
	saved    map[cutKey]set
	savedAs  map[cutKey]*Event
}

// walk plays the group's events in the run's order and calls visit after each, with the log's memory as it is then.
func (g *group) walk(visit func(r *replay, m *memory, e *Event)) {
	type line struct {
		log *Log
		e   *Event
	}
	var lines []line
	for _, l := range g.logs {
		for i := range l.Events {
			lines = append(lines, line{l, &l.Events[i]})
		}
	}
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].e.Step < lines[j].e.Step })
	r := &replay{g: g, memories: map[*Log]*memory{}, saved: map[cutKey]set{}, savedAs: map[cutKey]*Event{}}
	for _, l := range g.logs {
		r.memories[l] = &memory{log: l}
	}
	for _, x := range lines {
		m := r.memories[x.log]
		switch e := x.e; e.Kind {
		case Founded:
			m.state = nil
		case Load:
			m.state = r.saved[cutKey{e.Donor, e.Cut}].clone()
			m.cut, m.ended = e.Cut, false
		case Save:
			r.saved[cutKey{x.log.Member, e.Cut}] = m.state.clone()
			r.savedAs[cutKey{x.log.Member, e.Cut}] = e
		case View:
			m.view, m.living = e, true
			r.supersede(e)
		case Deliver:
			if e.Order.Total() {
				m.state.add(g.messages[e.Message].index)
			}
		case Left, Crash:
			m.view, m.living = nil, false
		}
		visit(r, m, x.e)
	}
}

// supersede ends the memories of those whom a primary view takes in anew: the group has gone on with another state, and theirs waits
// only for its end. It is no part of any later primary, even while it still lies there untouched.
func (r *replay) supersede(e *Event) {
	if !e.Primary {
		return
	}
	for _, l := range r.g.logs {
		m := r.memories[l]
		if m.view != nil && m.view.View.Num < e.View.Num && m.cut < e.Position && contains(e.Joined, l.Member) {
			m.ended = true
		}
	}
}

// keeper names a living member that still has the message in its state, if there is one.
func (r *replay) keeper(index int) (Member, bool) {
	for _, l := range r.g.logs {
		if m := r.memories[l]; m.living && !m.ended && m.state.has(index) {
			return l.Member, true
		}
	}
	return "", false
}
