package membership

// Quorum: which side of a group may go on. Any two primary views of a group share a voter that knows of the earlier.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// majority reports whether present are enough of an electorate: more than half, or half with the oldest. goOn lets one of two go
// on without the older, at the price the configuration documents: both may.
func majority(electorate []wire.MemberID, present func(wire.MemberID) bool, goOn bool) bool {
	n := 0
	for _, id := range electorate {
		if present(id) {
			n++
		}
	}
	switch {
	case 2*n > len(electorate):
		return true
	case n == 0:
		return false
	case 2*n == len(electorate) && present(electorate[0]):
		return true
	}
	return goOn && len(electorate) == 2
}

// sizeOf is how many names vote: those of the size, or fewer, where an override has given up the others; 0 without a size.
func sizeOf(r *wire.GroupRecord) int {
	if r.Votes != 0 {
		return int(r.Votes)
	}
	return int(r.Config.Size)
}

func goesOn(c wire.GroupConfig) bool { return c.LastMember == 1 }

// stands reports whether those members of a primary that are present are a quorum of it.
func stands(r *wire.GroupRecord, present func(wire.MemberID) bool) bool {
	if r.Config.Size == 0 {
		for _, a := range r.Attempts {
			if elects(a) && !majority(parseIDs(a.Payload), present, goesOn(r.Config)) {
				return false
			}
		}
		return majority(r.Electorate, present, goesOn(r.Config))
	}
	var here, able []string
	for i := range r.Members {
		if m := &r.Members[i]; present(m.ID) {
			here = append(here, m.Name)
			if m.Loaded {
				able = append(able, m.Name)
			}
		}
	}
	return 2*votes(r.Voters, able) > sizeOf(r) || len(able) > 0 && listOf(r).whole(here)
}

// votes counts the voters that are among names.
func votes(voters, names []string) int {
	n := 0
	for _, v := range voters {
		if slices.Contains(names, v) {
			n++
		}
	}
	return n
}

// whole reports whether all names that vote are among names. Places that are left for names to come are fewer than half of all: whoever got
// one since was let in by a primary of those that vote here, and none comes about without one of them.
func (l list) whole(names []string) bool {
	return 2*len(l.names) > l.size && votes(l.names, names) == len(l.names)
}

// mayGoOn decides whether the memory w may become the group's next primary here. mems are all memories of its founding that
// somebody on the ring holds.
func (d *Directory) mayGoOn(w memory, mems []memory, waiting []wire.GroupJoin) bool {
	if w.rec.Config.Size != 0 {
		var here, able []string
		for _, m := range mems {
			for _, id := range m.holders {
				member := m.rec.Members[find(m.rec, id)]
				here = append(here, member.Name)
				if member.Loaded {
					able = append(able, member.Name)
				}
			}
		}
		for _, j := range waiting {
			if sizeFits(w.rec, j) {
				here = append(here, j.Member.Name)
			}
		}
		all := func(l list) bool { return l.whole(here) && !d.unsure(l, mems, waiting) && !d.elsewhere(w, mems) }
		r := settled(w, mems)
		return (all(listOf(r)) || 2*votes(r.Voters, able) > sizeOf(r) && answered(w, mems)) &&
			!slices.ContainsFunc(lists(r, mems), func(l list) bool { return !all(l) && 2*votes(l.names, able) <= l.size })
	}
	there := held(mems)
	since := w.rec.Epoch // or a later one that w will have come to, once what it holds back is made good
	for _, m := range mems {
		if m.rec.Epoch <= w.rank {
			since = max(since, m.rec.Epoch)
		}
	}
	for _, e := range d.electorates(since, mems) {
		// A voter counts when it is on this ring, even one that has left the group since: what it was last told of the group is
		// among the memories, and it cannot be voting for another primary elsewhere. But somebody must have kept the state.
		// Where a memory that got further has no state here, those without a state may have had what that one had and w has not, and with
		// them somebody who is missing may have delivered it as safe at a quorum: they left with it.
		casts := d.present
		if e.tried || slices.ContainsFunc(mems, func(m memory) bool { return !m.hasState() && m.rec.Held > w.reached() }) {
			casts = there
		}
		if !majority(e.ids, casts, goesOn(w.rec.Config)) || !slices.ContainsFunc(e.ids, there) {
			// A later primary all of whose voters died took its state with it. This one is the newest there is, if nobody is missing.
			return d.accounted(mems) && d.vouched(mems, waiting)
		}
	}
	return true
}

// held reports who holds one of the memories.
func held(mems []memory) func(wire.MemberID) bool {
	return func(id wire.MemberID) bool {
		return slices.ContainsFunc(mems, func(m memory) bool { return slices.Contains(m.holders, id) })
	}
}

// answered reports whether, of each sync that somebody here met only in a transitional configuration, someone is present who would
// have gone on with it. Majorities of one list of voters always meet; but where they meet must also be the state that a member
// which acted on that sync may have answered for.
func answered(w memory, mems []memory) bool { return len(unheard(w, mems)) == 0 }

// elsewhere reports whether a member that is neither here nor dead may have gone on with a sync that somebody here met only in a transitional
// configuration, and nobody here who would have as well. All voters do not help then: they may have been let in to load what one without a
// vote has. Whoever is here without a memory has given up what it had.
func (d *Directory) elsewhere(w memory, mems []memory) bool {
	return slices.ContainsFunc(unheard(w, mems), func(e []wire.MemberID) bool {
		return slices.ContainsFunc(e, func(id wire.MemberID) bool { return !id.IsZero() && !d.present(id) && !d.reborn(id) })
	})
}

// unheard lists who would have gone on with the syncs that somebody met only in a transitional configuration, behind w's epoch, where none of
// them holds a memory here.
func unheard(w memory, mems []memory) (list [][]wire.MemberID) {
	there := held(mems)
	for _, m := range mems {
		for _, a := range m.rec.Attempts {
			if !elects(a) || a.Position <= w.rec.Epoch {
				continue
			}
			if e := parseIDs(a.Payload); !slices.ContainsFunc(e, there) {
				list = append(list, e)
			}
		}
	}
	return list
}

// An electorate is who votes, by age.
type electorate struct {
	ids   []wire.MemberID
	tried bool // it comes of an event that was tried out, so no vote in it was made void
}

// electorates lists everyone who may have been asked to vote since the given epoch, for without a size the right to vote moves:
// the electorate of each memory that is as new or newer, whether or not somebody present can still give its state, and each
// that an event would have made which a memory met only in a transitional configuration. What lies before the epoch was
// resolved when that epoch began.
func (d *Directory) electorates(since wire.Position, mems []memory) []electorate {
	var list []electorate
	add := func(ids []wire.MemberID, tried bool) {
		if len(ids) > 0 {
			list = append(list, electorate{slices.Clone(ids), tried})
		}
	}
	for _, m := range mems {
		if m.rec.Epoch >= since {
			add(m.rec.Electorate, false)
		}
		for _, a := range m.rec.Attempts {
			if elects(a) && a.Position > since {
				add(parseIDs(a.Payload), false)
			}
		}
		d.tryOut(m.rec, func(a wire.Attempt, _, after *wire.GroupRecord) {
			if a.Position > since {
				add(after.Electorate, true)
			}
		})
	}
	return list
}

// tryOut applies to a copy of a memory, one after the other, the events that it met only in a transitional configuration and that could
// be made good, and shows the record before and after each.
func (d *Directory) tryOut(r *wire.GroupRecord, show func(a wire.Attempt, before, after *wire.GroupRecord)) {
	if !slices.ContainsFunc(r.Attempts, func(a wire.Attempt) bool { return !elects(a) && a.Kind != wire.KindApp && a.Kind != wire.KindVoters }) {
		return
	}
	trial, rec := d.trial(), cloneRecord(r)
	rec.Primary = true
	for _, a := range r.Attempts {
		if c, ok := parseChange(a.Kind, a.Payload); ok && rec.Founding != 0 {
			before := cloneRecord(rec)
			trial.apply(rec, a.Position, c)
			show(a, before, rec)
		}
	}
}

// elects reports whether an attempt says who may have voted since its place, and nothing that could be made good.
func elects(a wire.Attempt) bool { return a.Kind == wire.KindSync || a.Kind == wire.KindBehind }

// parseIDs reads the electorate of an attempted sync. A rest that is no id is ignored.
func parseIDs(b []byte) []wire.MemberID {
	var ids []wire.MemberID
	for len(b) >= len(wire.MemberID{}) {
		ids = append(ids, wire.MemberID(b))
		b = b[len(wire.MemberID{}):]
	}
	return ids
}

func appendIDBytes(ids []wire.MemberID) []byte {
	var b []byte
	for _, id := range ids {
		b = append(b, id[:]...)
	}
	return b
}

// vouched reports whether, where a voter has forgotten what it knew, somebody who waits to be let in can say that all are here: its
// seeds are, and so are those of whoever spoke for a side. A voter that has left, or died and runs anew, has forgotten whom it let in
// meanwhile, so that the other voters are here says too little.
func (d *Directory) vouched(mems []memory, waiting []wire.GroupJoin) bool {
	for _, e := range d.electorates(0, mems) {
		if slices.ContainsFunc(e.ids, func(id wire.MemberID) bool { return id.IsZero() || !d.present(id) }) {
			return !d.misses && len(d.ready(waiting)) > 0
		}
	}
	return true
}

// unsure reports, for a group with a size, whether a voter that is here has forgotten what it knew, because it left, began anew or
// never got the state of a primary that took it in, while somebody is missing who may hold it without a vote.
func (d *Directory) unsure(l list, mems []memory, waiting []wire.GroupJoin) bool {
	seeks := func(j wire.GroupJoin) bool { return slices.Contains(l.names, j.Member.Name) && d.seeks(j) }
	if !d.misses && !slices.ContainsFunc(waiting, seeks) {
		return false
	}
	remembers := func(name string) bool {
		return slices.ContainsFunc(mems, func(m memory) bool {
			return slices.ContainsFunc(m.holders, func(id wire.MemberID) bool {
				member := m.rec.Members[find(m.rec, id)]
				return member.Loaded && member.Name == name
			})
		})
	}
	return slices.ContainsFunc(l.names, func(name string) bool { return !remembers(name) })
}

// seeks reports whether a join has a seed that is not on the ring.
func (d *Directory) seeks(j wire.GroupJoin) bool { return slices.ContainsFunc(j.Seeds, d.absent) }

// accounted reports whether all who may hold a later state of these memories are known: each is on this ring, or dead because its
// name runs anew here.
func (d *Directory) accounted(mems []memory) bool {
	for _, e := range d.electorates(0, mems) {
		for _, id := range e.ids {
			if !id.IsZero() && !d.present(id) && !d.reborn(id) {
				return false
			}
		}
	}
	return true
}
