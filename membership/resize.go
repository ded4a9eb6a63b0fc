package membership

// The size changed: an ordered event says how many names vote from now on, and which. Who acts on it knows that every member of its ring
// holds it, and most of the voters that there were are on that ring; so nobody can go on with the former voters and not know of it, and
// who knows of it and not what became of it asks both lists for a majority (see quorum.go and docs/divergence.md).

import (
	"fmt"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A list is who votes in a group with a size: names, and how many there may be.
type list struct {
	names []string
	size  int
}

func listOf(r *wire.GroupRecord) list { return list{r.Voters, sizeOf(r)} }

// listIn is the list that an attempt tells of, if it tells of one.
func listIn(a wire.Attempt) (l list, ok bool) {
	if a.Kind != wire.KindResize && a.Kind != wire.KindVoters {
		return l, false
	}
	e, err := wire.ParseResize(a.Payload)
	return list{e.Voters, int(e.Size)}, err == nil
}

func (l list) equal(o list) bool { return l.size == o.size && slices.Equal(l.names, o.names) }

// distinct reports whether no name is there twice.
func (l list) distinct() bool {
	names := slices.Clone(l.names)
	slices.Sort(names)
	return len(slices.Compact(names)) == len(l.names)
}

// A Sizing is what a change of a group's size finds.
type Sizing struct {
	Size  int           // of now; 0: it has none
	Epoch wire.Position // it is void once this is another
	Done  bool          // there is nothing to change
	Event wire.Resize   // what would change it
	Why   string        // why it cannot be changed so, for a person; empty if it can
	Live  bool          // the group goes on here
}

// Sizing says what event would give the group another size. Who votes then: of a larger one, those who do now, and members that do
// not, those with the state before the others, by age; places that are left are filled by whoever joins. Of a smaller one, of those who do
// now the members with the state, by age, before those without it, and these before names that are not there.
func (d *Directory) Sizing(group wire.GroupID, size int) (s Sizing) {
	if !d.synced || d.moving {
		return s
	}
	for _, r := range d.index[group] {
		if live(&r.GroupRecord) {
			return d.sizing(&r.GroupRecord, size)
		}
	}
	return s
}

func (d *Directory) sizing(r *wire.GroupRecord, size int) Sizing {
	next := list{chosen(r, size), size}
	s := Sizing{Size: sizeOf(r), Epoch: r.Epoch, Live: true, Done: next.equal(listOf(r)) && int(r.Config.Size) == size,
		Event: wire.Resize{By: d.self.ID, Epoch: r.Epoch, Size: uint16(size), Voters: next.names}}
	switch able := ableNames(r); {
	case r.Config.Size == 0:
		s.Why = "the group was founded without a Size"
	case r.Config.Partition == wire.PolicyPartitionable:
		s.Why = "the group is Partitionable: each side of a cut could change it"
	case size < 1 || size > wire.MaxMembers:
		s.Why = fmt.Sprintf("a size is between 1 and %d, this is %d", wire.MaxMembers, size)
	case 2*votes(r.Voters, able) <= sizeOf(r):
		s.Why = fmt.Sprintf("%d of %d voters have the state now, which is no majority", votes(r.Voters, able), sizeOf(r))
	case 2*votes(next.names, able) <= size:
		s.Why = fmt.Sprintf("%d members that could vote have the state, which is no majority of %d", votes(next.names, able), size)
	}
	return s
}

// ableNames are the names of the members that have the state, by age.
func ableNames(r *wire.GroupRecord) (names []string) {
	for i := range r.Members {
		if r.Members[i].Loaded {
			names = append(names, r.Members[i].Name)
		}
	}
	return names
}

// chosen are the names that would vote with another size.
func chosen(r *wire.GroupRecord, size int) []string {
	ranked := ableNames(r)
	for i := range r.Members {
		if !r.Members[i].Loaded {
			ranked = append(ranked, r.Members[i].Name)
		}
	}
	if size >= len(r.Voters) {
		names := slices.Clone(r.Voters)
		for _, n := range ranked {
			if len(names) < size && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
		return names
	}
	ranked = slices.DeleteFunc(ranked, func(n string) bool { return !slices.Contains(r.Voters, n) })
	for _, n := range r.Voters {
		if !slices.Contains(ranked, n) {
			ranked = append(ranked, n)
		}
	}
	stay := ranked[:max(size, 0)]
	return slices.DeleteFunc(slices.Clone(r.Voters), func(n string) bool { return !slices.Contains(stay, n) })
}

// applyResize gives a group another size. It is void where its sender did not know all that counts, and unless members with the state are a
// majority both of those who vote and of those who will: so a majority of each holds it before anybody counts by it.
func (d *Directory) applyResize(r *wire.GroupRecord, p wire.Position, e wire.Resize) {
	next, able := list{e.Voters, int(e.Size)}, ableNames(r)
	stranger := func(n string) bool {
		return !slices.Contains(r.Voters, n) && !slices.ContainsFunc(r.Members, func(m wire.GroupMember) bool { return m.Name == n })
	}
	switch {
	case r.Config.Size == 0, r.Config.Partition == wire.PolicyPartitionable, e.Epoch != r.Epoch,
		!next.distinct(), slices.ContainsFunc(next.names, stranger),
		2*votes(r.Voters, able) <= sizeOf(r), 2*votes(next.names, able) <= next.size:
		return
	}
	if r.Founded == 0 {
		r.Founded = r.Config.Size
	}
	r.Config.Size, r.Votes, r.Voters, r.Epoch = e.Size, 0, slices.Clone(e.Voters), p
}

// noteVoters keeps that others may ask another list than this record's since p.
func (r *record) noteVoters(p wire.Position, l list) {
	r.keep(wire.KindVoters, p, wire.Resize{Size: uint16(l.size), Voters: l.names}.Append(nil))
}

// settled is the newest of the records that the memory w has come to, or will when what it holds back is made good: its list was acted
// on, and no earlier one counts any more.
func settled(w memory, mems []memory) *wire.GroupRecord {
	r := w.rec
	for _, m := range mems {
		if m.rec.Epoch <= w.rank && m.rec.Epoch > r.Epoch {
			r = m.rec
		}
	}
	return r
}

// lists are those besides that of the settled record by which others may count: of memories that know more, whether or not somebody present
// can give their state, and of each event since that somebody met without the right to act on it.
func lists(settled *wire.GroupRecord, mems []memory) (all []list) {
	for _, m := range mems {
		if m.rec.Epoch > settled.Epoch {
			all = append(all, listOf(m.rec))
		}
		for _, a := range m.rec.Attempts {
			if l, ok := listIn(a); ok && a.Position > settled.Epoch {
				all = append(all, l)
			}
		}
	}
	return all
}

// adopt gives a memory the list of the settled record, which it will have come to.
func adopt(r, settled *wire.GroupRecord) {
	if r == settled || r.Config.Size == 0 {
		return
	}
	r.Config.Size, r.Votes, r.Founded, r.Voters, r.Epoch = settled.Config.Size, settled.Votes, settled.Founded, slices.Clone(settled.Voters), settled.Epoch
	unmark(r, settled.Epoch)
}

// unmark leaves of the changes of a size that a memory met up to a place only marks that there is something to make good.
func unmark(r *wire.GroupRecord, upTo wire.Position) {
	for i := range r.Attempts {
		if a := &r.Attempts[i]; a.Kind == wire.KindResize && a.Position <= upTo {
			a.Kind, a.Payload = wire.KindApp, nil
		}
	}
}

// sizeFits reports whether a joiner's configured size is one that this record has had, as far as it knows. One with another may know of a
// change that the record does not: among all names that vote it does not count.
func sizeFits(r *wire.GroupRecord, j wire.GroupJoin) bool {
	return j.Config.Size == r.Config.Size || r.Founded != 0 && j.Config.Size == r.Founded
}

// withoutSize is a configuration to be compared with a record's: where the group's size was changed, the replicated one counts and not
// what is configured.
func withoutSize(r *wire.GroupRecord, j wire.GroupConfig) wire.GroupConfig {
	if r.Founded != 0 && j.Size != 0 {
		j.Size = r.Config.Size
	}
	return j
}

// anySize is a configuration to be compared with another one's where nobody knows which size is right, as long as both have one.
func anySize(c, other wire.GroupConfig) wire.GroupConfig {
	if c.Size != 0 && other.Size != 0 {
		c.Size = other.Size
	}
	return c
}
