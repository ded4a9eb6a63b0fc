package membership

// The directory: which process is in which group, as replicated state. This file is its shape and its way from ring to ring.

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A Directory is one member's copy of what all members of its side know about all groups, its own and others'. It changes only by
// what the ring delivers, in that order, so those who move together hold equal copies. It has no clock, no goroutine and no
// lock; one owner calls it, and no call blocks.
//
// The owner's part: Transitional and Install as the ring says; after Install send Describe if it is this member's to send; feed
// every Directory message to Collect; the representative sends Sync once Complete; feed Sync and the membership events to
// Deliver, ask Message about everything else, and drain Events after each call.
type Directory struct {
	self    Member
	ring    wire.RingID
	context uint64
	infos   []wire.Info // of the ring's members, sorted by id
	seeds   []netip.AddrPort
	unknown bool // a seed has no address yet

	synced bool
	moving bool            // in the ring's transitional configuration
	trans  []wire.MemberID // who moves along, while moving
	side   []wire.MemberID // whose copy equals this one, sorted

	seen      []wire.Failed   // whom the side lost, and why; sorted by id
	floor     uint64          // no view number at or below it is given again
	misses    bool            // a seed of somebody's is not on this ring, as its sync showed
	decided   bool            // attempts are being made good: the side is known to be primary
	vouching  bool            // who leaves with the only state has said that nobody is missing
	along     []wire.MemberID // while they are: who holds the memory
	records   []*record       // sorted by name; of one name the newest first
	index     map[wire.GroupID][]*record
	collected []wire.Directory // of this ring, disjoint sides
	tentative *Directory       // what others may have made of a Sync met only in the transitional configuration
	events    []Event
	attempted map[attempt]wire.ViewID // the views that others may have installed at this side's attempts; told, never decided by
}

// NewDirectory returns the directory of a member that has just started: it knows of no group.
func NewDirectory(self Member) *Directory {
	return &Directory{self: self, side: []wire.MemberID{self.ID}, index: map[wire.GroupID][]*record{}, attempted: map[attempt]wire.ViewID{}}
}

// BeginViews makes views be numbered above floor, for tests that want to see the numbers end.
func (d *Directory) BeginViews(floor uint64) { d.floor = max(d.floor, floor) }

// SetSeeds says where others may be found; unknown, that some of them have no address yet. On the next ring it counts.
func (d *Directory) SetSeeds(seeds []netip.AddrPort, unknown bool) {
	d.seeds, d.unknown = slices.Clone(seeds), unknown
}

// Install begins a ring's regular configuration. members are the ring's, trans those who came along from the old ring. Until
// Sync is delivered the directory answers for nothing.
func (d *Directory) Install(ring wire.RingID, members []wire.Info, trans []wire.MemberID) {
	d.ring, d.context = ring, ring.Context()
	d.infos = slices.Clone(members)
	slices.SortFunc(d.infos, func(a, b wire.Info) int { return a.ID.Compare(b.ID) })
	d.side = slices.DeleteFunc(slices.Clone(d.side), func(id wire.MemberID) bool {
		return id != d.self.ID && !slices.Contains(trans, id)
	})
	d.synced, d.moving, d.trans, d.collected, d.tentative = false, false, nil, nil, nil
	for _, r := range d.records {
		r.holding, r.shadow = false, nil
	}
}

// Transitional begins the old ring's transitional configuration: only trans move along. Groups that are no quorum of their
// primary in it hold back what they are given.
func (d *Directory) Transitional(trans []wire.MemberID) {
	d.moving, d.trans = true, slices.Clone(trans)
	slices.SortFunc(d.trans, wire.MemberID.Compare)
	if !d.synced {
		return
	}
	for _, r := range d.records {
		d.watch(r)
	}
}

// watch lets a record hold back as soon as those who move along are no quorum of it.
func (d *Directory) watch(r *record) {
	if !d.moving || r.holding || !live(&r.GroupRecord) || r.Config.Partition == wire.PolicyPartitionable {
		return
	}
	if !stands(&r.GroupRecord, func(id wire.MemberID) bool { return slices.Contains(d.trans, id) }) {
		r.hold()
	}
}

// Lost tells why ring members went, as this member believes. The greater of two beliefs about one member wins.
func (d *Directory) Lost(failed []wire.Failed) {
	for _, f := range failed {
		d.seen = believe(d.seen, f)
	}
}

// Describe returns what this side brings to the ring just installed, a copy. mine says that it is this member's to multicast:
// one of each side does, the one with the lowest id. Its own joins that no ring has ordered yet go along as if they waited already, so
// that thirty members started together come in by one view and not by thirty.
func (d *Directory) Describe(joins []wire.GroupJoin) (dir wire.Directory, mine bool) {
	dir = wire.Directory{Ring: d.ring, Floor: d.floor, Side: slices.Clone(d.side), Seen: slices.Clone(d.seen),
		Misses: d.unknown || slices.ContainsFunc(d.seeds, d.absent)}
	for _, r := range d.records {
		dir.Groups = append(dir.Groups, *cloneRecord(&r.GroupRecord))
	}
	dir.Groups = withJoins(dir.Groups, joins)
	return dir, !d.synced && len(d.side) > 0 && d.side[0] == d.self.ID
}

// withJoins puts joins, one for each group, among those that wait: with the newest record of their group, or in one of their own.
func withJoins(groups []wire.GroupRecord, joins []wire.GroupJoin) []wire.GroupRecord {
	known := groups
	for _, j := range joins {
		at, found := slices.BinarySearchFunc(known, j.Name, func(r wire.GroupRecord, name string) int { return strings.Compare(r.Name, name) })
		switch {
		case !found:
			groups = append(groups, wire.GroupRecord{Name: j.Name, Waiting: []wire.GroupJoin{j}})
		case len(groups[at].Waiting) < wire.MaxWaiting:
			groups[at].Waiting = append(groups[at].Waiting, j)
		}
	}
	slices.SortStableFunc(groups, func(a, b wire.GroupRecord) int { return strings.Compare(a.Name, b.Name) })
	return groups
}

// Collect takes a directory that the ring delivered, and copies it. One for another ring, of nobody, or of members that another
// one spoke for is ignored.
func (d *Directory) Collect(dir wire.Directory) {
	if d.synced || dir.Ring != d.ring || len(dir.Side) == 0 {
		return
	}
	for _, id := range dir.Side {
		if !d.present(id) || d.spokenFor(id) {
			return
		}
	}
	c := wire.Directory{Ring: dir.Ring, Floor: dir.Floor, Side: slices.Clone(dir.Side), Seen: slices.Clone(dir.Seen), Misses: dir.Misses}
	for i := range dir.Groups {
		c.Groups = append(c.Groups, *cloneRecord(&dir.Groups[i]))
	}
	d.collected = append(d.collected, c)
}

func (d *Directory) spokenFor(id wire.MemberID) bool {
	return slices.ContainsFunc(d.collected, func(c wire.Directory) bool { return slices.Contains(c.Side, id) })
}

// Complete reports whether every member of the ring was spoken for: the representative may send Sync.
func (d *Directory) Complete() bool {
	if d.synced || len(d.infos) == 0 {
		return false
	}
	for i := range d.infos {
		if !d.spokenFor(d.infos[i].ID) {
			return false
		}
	}
	return true
}

// Synced reports whether the directories of the ring agree.
func (d *Directory) Synced() bool { return d.synced }

// Events returns what happened to this member since the last call, in order. It is to be called after every other call.
func (d *Directory) Events() []Event {
	e := d.events
	d.events = nil
	return e
}

// ghost is a copy in which rules can be tried out: what it does to records it is given, and to nothing else, lasts. It acts as in a
// regular configuration, as those may who are not known to be cut off.
func (d *Directory) ghost() *Directory {
	g := *d
	g.records = slices.Clip(d.records)
	g.events, g.moving = nil, false
	g.attempted = maps.Clone(d.attempted)
	return &g
}

func (d *Directory) emit(e Event) {
	e.Group = wire.NewGroupID(e.Name)
	d.events = append(d.events, e)
}

// info returns the ring's entry of a member.
func (d *Directory) info(id wire.MemberID) (*wire.Info, bool) {
	i, ok := slices.BinarySearchFunc(d.infos, id, func(x wire.Info, id wire.MemberID) int { return x.ID.Compare(id) })
	if !ok {
		return nil, false
	}
	return &d.infos[i], true
}

// present reports whether the member is on the ring.
func (d *Directory) present(id wire.MemberID) bool {
	_, ok := d.info(id)
	return ok
}

// settle puts the records of one name in place of those there were, empty ones left out. A list that somebody may be going through is not
// changed, only appended to.
func (d *Directory) settle(name string, recs []*record) {
	byName := func(r *record, name string) int { return strings.Compare(r.Name, name) }
	at, _ := slices.BinarySearchFunc(d.records, name, byName)
	end := at
	for end < len(d.records) && d.records[end].Name == name {
		end++
	}
	recs = slices.DeleteFunc(slices.Clone(recs), func(r *record) bool { return r.Founding == 0 && len(r.Waiting) == 0 })
	switch {
	case slices.Equal(d.records[at:end], recs):
	case at == len(d.records):
		d.records = append(d.records, recs...)
	default:
		d.records = slices.Concat(d.records[:at], recs, d.records[end:])
	}
	id := wire.NewGroupID(name)
	if len(recs) == 0 {
		delete(d.index, id)
		return
	}
	d.index[id] = recs
}
