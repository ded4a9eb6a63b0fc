package membership

// Sync: the directories of all sides of a new ring become one. Every member computes the same from the same directories.

import (
	"slices"
	"sort"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A memory is what one side knows of one founding of a group, with those members that hold its state and are on this ring.
type memory struct {
	rec     *wire.GroupRecord // the computation's own copy
	holders []wire.MemberID   // by age; all are in rec.Members
	rank    wire.Position     // the epoch it may have made
}

// remember makes a memory of a record. Its rank is its epoch, or the place of a later sync that it met only in a transitional
// configuration and that would have gone on with just this memory: somebody may have acted on it, and have answered for it. What lies
// behind a gap gives no rank: those who acted on that had what is missing here.
func remember(r *wire.GroupRecord, held []wire.MemberID) memory {
	m := memory{rec: r, holders: held, rank: r.Epoch}
	for _, a := range r.Attempts {
		if a.Kind == wire.KindSync && a.Position > m.rank && m.hasStateIn(r, parseIDs(a.Payload)) {
			m.rank = a.Position
		}
	}
	return m
}

// catchUp raises the rank of memories to the epoch of another one that an event began which they met as well, but only in a transitional
// configuration: with what they hold back made good they are as far. So who holds more behind that event is ahead of who was shown it and
// holds less, though others may have answered for what is between. An epoch that nobody here was shown raises nothing: those who moved
// along without what these hold may have gone on with a quorum, and then they are the newer.
func (d *Directory) catchUp(mems []memory) {
	for i := range mems {
		m := &mems[i]
		d.tryOut(m.rec, func(a wire.Attempt, before, after *wire.GroupRecord) {
			begins := (a.Kind == wire.KindResize && after.Epoch == a.Position || !slices.Equal(loaded(before), loaded(after))) &&
				(after.Founding == 0 || m.hasStateIn(after, m.holders))
			if begins && a.Position > m.rank && slices.ContainsFunc(mems, func(o memory) bool {
				return o.rec.Founding == m.rec.Founding && o.rec.Epoch == a.Position
			}) {
				m.rank = a.Position
			}
		})
	}
}

// hasStateIn reports whether one of ids is a holder that, by r, has the state.
func (m memory) hasStateIn(r *wire.GroupRecord, ids []wire.MemberID) bool {
	return slices.ContainsFunc(ids, func(id wire.MemberID) bool {
		i := find(r, id)
		return slices.Contains(m.holders, id) && i >= 0 && r.Members[i].Loaded
	})
}

// reached is the position up to which a memory has all that counts: what it delivered or held back, and all that lies before its epoch.
// An epoch that others may have made says nothing of this: what they had then it may lack.
func (m memory) reached() wire.Position { return max(m.rec.Epoch, m.rec.Held) }

// newer orders memories, the newest first: by rank, then by how far they got in their epoch. Of two that got as far, the one goes first
// that more of those hold who have a vote: its state stays where a later primary must look for it; and then the one that was shown its epoch
// before one that only met it: so nobody goes on past a view that somebody here was in.
func newer(a, b memory) int {
	switch {
	case a.rank != b.rank:
		return descending(uint64(a.rank), uint64(b.rank))
	case a.rec.Held != b.rec.Held:
		return descending(uint64(a.rec.Held), uint64(b.rec.Held))
	case len(a.holders) == 0 || len(b.holders) == 0:
		return len(b.holders) - len(a.holders)
	}
	if v := b.voting() - a.voting(); v != 0 {
		return v
	}
	if v := descending(uint64(a.rec.Epoch), uint64(b.rec.Epoch)); v != 0 {
		return v
	}
	return lowest(a.holders).Compare(lowest(b.holders))
}

func descending(a, b uint64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

func lowest(ids []wire.MemberID) wire.MemberID { return slices.MinFunc(ids, wire.MemberID.Compare) }

// voting counts the holders with the state and, in a group with a size, a vote.
func (m memory) voting() int {
	var able []string
	for _, id := range m.holders {
		if member := &m.rec.Members[find(m.rec, id)]; member.Loaded {
			able = append(able, member.Name)
		}
	}
	return votes(m.rec.Voters, able)
}

// hasState reports whether somebody present can give the memory's state.
func (m memory) hasState() bool { return m.hasStateIn(m.rec, m.holders) }

// sync makes one directory of all sides' and tells this member what it means for its groups.
func (d *Directory) sync(p wire.Position) {
	slices.SortFunc(d.collected, func(a, b wire.Directory) int { return lowest(a.Side).Compare(lowest(b.Side)) })
	var names []string
	for i := range d.collected {
		c := &d.collected[i]
		d.floor = max(d.floor, c.Floor)
		for j := range c.Groups {
			names = append(names, c.Groups[j].Name)
		}
	}
	d.misses = slices.ContainsFunc(d.collected, func(c wire.Directory) bool { return c.Misses })
	// The beliefs that were brought alone decide: members of one side may believe differently.
	d.seen = nil
	for i := range d.collected {
		for _, f := range d.collected[i].Seen {
			d.seen = believe(d.seen, f)
		}
	}
	slices.Sort(names)
	d.records, d.index = nil, map[wire.GroupID][]*record{}
	for _, name := range slices.Compact(names) {
		mems, waiting := d.brought(name)
		d.place(name, d.form(name, mems, waiting, p))
	}
	d.synced, d.collected = true, nil
	d.side = nil
	for i := range d.infos {
		d.side = append(d.side, d.infos[i].ID)
	}
	d.forgetSeen()
	if !slices.ContainsFunc(d.records, func(r *record) bool { return len(r.Attempts) > 0 }) {
		clear(d.attempted)
	}
}

// brought gathers what all sides know of a group.
func (d *Directory) brought(name string) (mems []memory, waiting []wire.GroupJoin) {
	sides := 0
	for i := range d.collected {
		c := &d.collected[i]
		before := len(waiting)
		known := recordsOf(c, name)
		for k := range known {
			r := cloneRecord(&known[k])
			for _, j := range r.Waiting {
				// A join counts by its member's own side: another side may not have heard that it was given up, or made anew.
				if slices.Contains(c.Side, j.Member.ID) && !slices.ContainsFunc(waiting, func(w wire.GroupJoin) bool { return w.Member.ID == j.Member.ID }) {
					waiting = append(waiting, j)
				}
			}
			if r.Founding == 0 {
				continue
			}
			held := slices.DeleteFunc(slices.Clone(holders(r)), func(id wire.MemberID) bool {
				return !d.present(id) || !slices.Contains(c.Side, id) || find(r, id) < 0
			})
			mems = append(mems, remember(r, held))
		}
		if len(waiting) > before {
			sides++
		}
	}
	if sides > 1 {
		// Two orders have met: neither is the ring's.
		slices.SortFunc(waiting, func(a, b wire.GroupJoin) int { return a.Member.ID.Compare(b.Member.ID) })
	}
	for _, m := range mems {
		d.spoil(m.rec)
	}
	shareSpoilt(mems)
	return mems, waiting
}

// recordsOf is what a directory that was brought says of one group.
func recordsOf(c *wire.Directory, name string) []wire.GroupRecord {
	at := sort.Search(len(c.Groups), func(i int) bool { return c.Groups[i].Name >= name })
	end := at
	for end < len(c.Groups) && c.Groups[end].Name == name {
		end++
	}
	return c.Groups[at:end]
}

// shareSpoilt makes void in every memory what is void in one: who had left knows of the founding again from hearsay, and must not
// vote in the memory of somebody who did not see it made void.
func shareSpoilt(mems []memory) {
	share := func(a, b []wire.MemberID) {
		if len(a) != len(b) {
			return
		}
		for i := range a {
			if a[i].IsZero() || b[i].IsZero() {
				a[i], b[i] = wire.MemberID{}, wire.MemberID{}
			}
		}
	}
	for i, m := range mems {
		for _, o := range mems[i+1:] {
			if m.rec.Founding != o.rec.Founding {
				continue
			}
			if m.rec.Epoch == o.rec.Epoch {
				share(m.rec.Electorate, o.rec.Electorate)
			}
			for j := range m.rec.Attempts {
				for k := range o.rec.Attempts {
					x, y := &m.rec.Attempts[j], &o.rec.Attempts[k]
					if elects(*x) && x.Kind == y.Kind && x.Position == y.Position {
						a, b := parseIDs(x.Payload), parseIDs(y.Payload)
						share(a, b)
						x.Payload, y.Payload = appendIDBytes(a), appendIDBytes(b)
					}
				}
			}
		}
	}
}

// spoil makes void, for good, the votes of those who are here and whose side knows nothing of the founding any more, or nothing as new as
// the epoch in which they had that vote: it ended where they were, so they cannot say what came after the record. What they know now is
// hearsay. A void vote is a zero id: it counts and is never cast.
func (d *Directory) spoil(r *wire.GroupRecord) {
	void := func(id wire.MemberID) bool {
		return slices.ContainsFunc(d.collected, func(c wire.Directory) bool {
			return slices.Contains(c.Side, id) && !slices.ContainsFunc(recordsOf(&c, r.Name), func(o wire.GroupRecord) bool {
				return o.Founding == r.Founding && reaches(&o, r.Epoch)
			})
		})
	}
	spoilt := func(ids []wire.MemberID) []wire.MemberID {
		for i := range ids {
			if void(ids[i]) {
				ids[i] = wire.MemberID{}
			}
		}
		return ids
	}
	spoilt(r.Electorate)
	for i := range r.Attempts {
		if a := &r.Attempts[i]; elects(*a) {
			a.Payload = appendIDBytes(spoilt(parseIDs(a.Payload)))
		}
	}
}

// reaches reports whether a side knows of an event, be it by an attempt: whoever was to vote from then on was on that ring.
func reaches(r *wire.GroupRecord, p wire.Position) bool {
	return r.Epoch >= p || r.Held >= p || slices.ContainsFunc(r.Attempts, func(a wire.Attempt) bool { return a.Position >= p })
}

// place puts computed records into the directory.
func (d *Directory) place(name string, list []*wire.GroupRecord) {
	recs := make([]*record, len(list))
	for i := range list {
		recs[i] = &record{GroupRecord: *list[i]}
	}
	d.settle(name, recs)
}

// reform decides anew about a group without a primary, after a join or a leave on the same ring.
func (d *Directory) reform(name string, p wire.Position) {
	var mems []memory
	var waiting []wire.GroupJoin
	for _, r := range d.index[wire.NewGroupID(name)] {
		waiting = append(waiting, r.Waiting...)
		if r.Founding != 0 {
			c := cloneRecord(&r.GroupRecord)
			mems = append(mems, remember(c, slices.Clone(holders(c))))
		}
	}
	d.place(name, d.form(name, mems, waiting, p))
}

// form decides what becomes of one group: the one record of a group that goes on, or the records of its memories while none of
// them may.
func (d *Directory) form(name string, mems []memory, waiting []wire.GroupJoin, p wire.Position) []*wire.GroupRecord {
	d.catchUp(mems)
	top := uint64(0)
	for _, m := range mems {
		top = max(top, m.rec.View.Num)
	}
	mems, strays := d.relevant(mems, p)
	for _, j := range strays {
		waiting = append(slices.DeleteFunc(waiting, func(w wire.GroupJoin) bool { return w.Member.ID == j.Member.ID }), j)
	}
	waiting = slices.DeleteFunc(waiting, func(j wire.GroupJoin) bool {
		return !d.present(j.Member.ID) || slices.ContainsFunc(mems, func(m memory) bool { return slices.Contains(m.holders, j.Member.ID) })
	})
	if len(mems) == 0 {
		d.floor = max(d.floor, top)
		return []*wire.GroupRecord{d.formWaiting(name, waiting, p)}
	}
	slices.SortStableFunc(mems, newer)
	kept := uint64(0)
	for _, m := range mems {
		kept = max(kept, m.rec.View.Num)
	}
	if top > kept {
		d.floor = max(d.floor, top) // who was in a view that is dropped may join again
	}
	if mems[0].rec.Config.Partition == wire.PolicyPartitionable {
		return d.formPartitionable(mems, waiting, p)
	}
	return d.formPrimary(mems, waiting, p)
}

// formWaiting keeps the joins that fit the first of them and founds the group if they are enough.
func (d *Directory) formWaiting(name string, waiting []wire.GroupJoin, p wire.Position) *wire.GroupRecord {
	r := &wire.GroupRecord{Name: name}
	for _, j := range waiting {
		d.wait(r, p, j)
	}
	if !d.found(r, p) {
		r.Waiting = slices.DeleteFunc(r.Waiting, func(j wire.GroupJoin) bool {
			if j.Mode == wire.JoinExisting {
				d.refuse(j, p, RefusalNoGroup, noGroup(name))
			}
			return j.Mode == wire.JoinExisting
		})
	}
	return r
}
