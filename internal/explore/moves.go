package main

// What can happen next in a world.

// moves appends all that can happen next without a fault. reduced leaves out orders that come to the same; it may be asked only
// where no fault can follow, since a fault may strike between two moves whose order otherwise does not matter.
func (e *explorer) moves(list []move, w *world, reduced bool) []move {
	if reduced {
		if only := e.persistent(w); only >= 0 {
			return e.movesOf(list, w, only)
		}
	}
	before := len(list)
	for i := range size {
		list = e.movesOf(list, w, i)
	}
	due := false
	for _, v := range list[before:] {
		due = due || v.kind == moveTimer || v.kind == moveSubmit
	}
	if !w.quiet() || due {
		return list
	}
	if w.cut != 0 {
		list = append(list, move{kind: moveHeal})
	}
	if !e.ended(w) {
		list = e.earliest(list, w, moveTimer)
	}
	return list
}

// movesOf are those of one member: packets that arrive at it, its application, and its timers that are due.
func (e *explorer) movesOf(list []move, w *world, i int) []move {
	if !w.lives(i) {
		return list
	}
	for j := range size {
		if l := w.way[j*size+i]; l != 0 && e.lists[l].age <= e.limits.lag {
			list = append(list, move{moveArrive, uint8(j), uint8(i)})
		}
	}
	for k, p := range w.late {
		if p != 0 && int(e.packets[p].to) == i && !w.apart(int(e.packets[p].from), i) {
			list = append(list, move{kind: moveLate, a: uint8(k)})
		}
	}
	s := &e.summaries[w.at[i]]
	if s.unsaid {
		list = append(list, move{kind: moveSubmit, a: uint8(i)})
	}
	if s.stays {
		list = append(list, move{kind: moveSettle, a: uint8(i)}) // or never: then its deadline comes
	}
	if s.deadline <= 0 {
		list = append(list, move{kind: moveTimer, a: uint8(i)})
	}
	return list
}

// earliest are the members whose deadline comes first.
func (e *explorer) earliest(list []move, w *world, kind moveKind) []move {
	first := never
	for i := range size {
		if w.lives(i) {
			first = min(first, e.summaries[w.at[i]].deadline)
		}
	}
	for i := range size {
		if first != never && w.lives(i) && e.summaries[w.at[i]].deadline == first {
			list = append(list, move{kind: kind, a: uint8(i)})
		}
	}
	return list
}

// persistent returns a member whose moves alone need to be looked at, or -1. What others do does not depend on what it does and
// the other way round, as long as they do not send it a packet that could arrive before one that is here: that is so if of each
// other member that may still act the next packet to this one is under way already.
func (e *explorer) persistent(w *world) int {
	for i := range size {
		if !w.lives(i) {
			continue
		}
		some, all, others := false, true, false
		for j := range size {
			switch {
			case j == i:
			case w.way[j*size+i] != 0:
				some = true
				all = all && e.lists[w.way[j*size+i]].age <= e.limits.lag
			case w.lives(j) && !w.apart(i, j):
				all = false
			}
			others = others || j != i && e.acts(w, j)
		}
		if some && (all || !others) {
			return i
		}
	}
	return -1
}

// acts reports whether a member can do something before time goes on.
func (e *explorer) acts(w *world, i int) bool { return len(e.movesOf(nil, w, i)) > 0 }

// faults appends all faults that can strike, of the kinds that are searched.
func (e *explorer) faults(list []move, w *world) []move {
	before := len(list)
	list = e.allFaults(list, w)
	kept := list[:before]
	for _, v := range list[before:] {
		if e.limits.kinds.has(v.kind) {
			kept = append(kept, v)
		}
	}
	return kept
}

func (e *explorer) allFaults(list []move, w *world) []move {
	for i := range uint8(size) {
		for j := range uint8(size) {
			l := w.way[int(i)*size+int(j)]
			if l == 0 {
				continue
			}
			list = append(list, move{moveDrop, i, j})
			x := e.lists[l]
			if w.late[0] == 0 && !e.packets[x.head].hint {
				list = append(list, move{moveDuplicate, i, j})
			}
			if x.rest != 0 {
				list = append(list, move{moveOvertake, i, j})
			}
		}
		if w.lives(int(i)) {
			list = append(list, move{kind: moveCrash, a: i})
			if w.cut == 0 {
				list = append(list, move{kind: moveCut, a: i})
			}
		}
	}
	if !w.quiet() {
		for i := range size {
			if w.lives(i) && e.summaries[w.at[i]].deadline <= 0 {
				return list // a timer is due as it is
			}
		}
		list = e.earliest(list, w, moveLateness)
	}
	return list
}

// ended reports whether all is done: those who hear each other are on one ring, have sent and delivered all, and its token rests.
func (e *explorer) ended(w *world) bool {
	if !w.quiet() {
		return false
	}
	for i := range size {
		if !w.lives(i) {
			continue
		}
		s := &e.summaries[w.at[i]]
		mask := w.component(i)
		if !s.ready || s.members != mask {
			return false
		}
		rests := false
		for j := range size {
			if mask&(1<<j) != 0 {
				o := &e.summaries[w.at[j]]
				if o.ring != s.ring {
					return false
				}
				rests = rests || o.rests
			}
		}
		if !rests {
			return false
		}
	}
	return true
}
