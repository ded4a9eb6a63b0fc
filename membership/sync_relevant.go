package membership

// Which of the memories that met count: of which founding, and also those that nobody here holds.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// relevant picks the founding that is the group, and of its memories those that matter. Of several foundings the oldest of which somebody
// here has the state is the group; the members of others that have one are out and keep it. Strays are members of a founding of which
// nobody here has the state: they join again.
func (d *Directory) relevant(mems []memory, p wire.Position) (relevant []memory, strays []wire.GroupJoin) {
	there := slices.DeleteFunc(slices.Clone(mems), func(m memory) bool { return len(m.holders) == 0 })
	if len(there) == 0 {
		if len(mems) == 0 {
			return nil, nil
		}
		there = []memory{slices.MinFunc(mems, newer)}
		return d.withKnown(there, there[0].rec, mems), nil
	}
	slices.SortStableFunc(there, func(a, b memory) int { return descending(b.rec.Founding, a.rec.Founding) })
	// A founding of which nobody here has the state gives way to one that has it: the state may be lost for good, and the founding given up
	// where these members were cut off. If not, whoever has it is met some day.
	oldest := there[0].rec
	for _, m := range there {
		if stateOf(m.rec.Founding, there) {
			oldest = m.rec
			break
		}
	}
	all := slices.Clone(there)
	there = slices.DeleteFunc(there, func(m memory) bool {
		if m.rec.Founding == oldest.Founding {
			return false
		}
		if anySize(m.rec.Config, oldest.Config) == oldest.Config && !stateOf(m.rec.Founding, all) {
			for _, id := range m.holders {
				strays = append(strays, stray(m.rec, id))
			}
			return true
		}
		if slices.Contains(m.holders, d.self.ID) {
			d.emit(Event{Kind: EventTwoFounders, Name: m.rec.Name, Position: p, Refusal: RefusalTwoFounders,
				Text: describeFoundings(m.rec, oldest)})
		}
		return true
	})
	return d.withKnown(there, oldest, mems), strays
}

// stray is the join of a member that gives up its founding. Its configuration is that of the founding: what size the member itself is
// configured with, nobody knows where the founding's was changed. So the size decides nothing, neither about the stray nor about others.
func stray(r *wire.GroupRecord, id wire.MemberID) wire.GroupJoin {
	return wire.GroupJoin{Name: r.Name, Config: r.Config, Table: handled(r, id),
		Member: wire.GroupMember{ID: id, Name: r.Members[find(r, id)].Name}}
}

// astray reports whether a join is that of a stray: those that a member asked for itself count its attempts, from 1.
func astray(j wire.GroupJoin) bool { return j.Attempt == 0 }

// speaker is the join whose configuration counts among those that wait to found a group: the first that is no stray's, if there is one.
func speaker(waiting []wire.GroupJoin) wire.GroupJoin {
	i := slices.IndexFunc(waiting, func(j wire.GroupJoin) bool { return !astray(j) })
	return waiting[max(i, 0)]
}

// withKnown adds the memories of the same founding that nobody here holds but that know more: a voter that left still counts as one, so
// what it was last told of the group must count too, and so must how far it got (see mayGoOn).
func (d *Directory) withKnown(there []memory, of *wire.GroupRecord, mems []memory) []memory {
	if of.Config.Partition == wire.PolicyPartitionable {
		return there
	}
	for _, m := range mems {
		if len(m.holders) == 0 && m.rec.Founding == of.Founding && !slices.ContainsFunc(there, func(k memory) bool { return k.knows(m) }) {
			there = append(there, m)
		}
	}
	return there
}

// knows reports whether a memory tells all that another one does of who may vote, and whether it got as far.
func (m memory) knows(o memory) bool {
	if m.rec.Epoch < o.rec.Epoch || m.reached() < o.rec.Held {
		return false
	}
	for _, a := range o.rec.Attempts {
		if a.Position > m.rec.Epoch && !slices.ContainsFunc(m.rec.Attempts, func(b wire.Attempt) bool {
			return a.Position == b.Position && a.Kind == b.Kind && slices.Equal(a.Payload, b.Payload)
		}) {
			return false
		}
	}
	return true
}

// stateOf reports whether somebody present has the state of a founding.
func stateOf(founding uint64, mems []memory) bool {
	return slices.ContainsFunc(mems, func(m memory) bool { return m.rec.Founding == founding && m.hasState() })
}
