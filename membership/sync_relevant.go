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
		if withoutSize(oldest, m.rec.Config) == oldest.Config && !stateOf(m.rec.Founding, all) {
			for _, id := range m.holders {
				strays = append(strays, wire.GroupJoin{Name: m.rec.Name, Config: m.rec.Config, Table: handled(m.rec, id),
					Member: wire.GroupMember{ID: id, Name: m.rec.Members[find(m.rec, id)].Name}})
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
