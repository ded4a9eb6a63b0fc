package membership

// The override: an operator has looked at who is there and says that what the others had is lost. A group without a quorum then goes on
// with those on the ring, as a new founding. The old founding's chain of primaries stays what it was, wherever it is: no primary of it is
// made here. Where the two meet, the new one goes before, for its id is made to count as the older.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// Loss says what would be given up if a group went on with those on this ring: its founding, and the names of those who were in it, or
// have a vote, and have no state to bring. ok is false where there is nothing to override: the group goes on, is unknown or not founded, or
// nobody here has a state.
func (d *Directory) Loss(group wire.GroupID) (founding uint64, names []string, ok bool) {
	if !d.synced || d.moving {
		return 0, nil, false
	}
	mems, _ := d.memories(group, 0)
	w := slices.IndexFunc(mems, memory.hasState)
	if w < 0 {
		return 0, nil, false
	}
	var all, here []string
	for _, m := range mems {
		for i := range m.rec.Members {
			x := &m.rec.Members[i]
			if all = append(all, x.Name); x.Loaded && slices.Contains(m.holders, x.ID) {
				here = append(here, x.Name)
			}
		}
		all = append(all, m.rec.Voters...)
	}
	slices.Sort(all)
	names = slices.DeleteFunc(slices.Compact(all), func(n string) bool { return slices.Contains(here, n) })
	return mems[w].rec.Founding, names, true
}

// memories are copies of those of a founding, the newest first, of a group that goes on nowhere on this ring, and the joins that wait.
// Founding 0 is that of the newest memory with a state.
func (d *Directory) memories(group wire.GroupID, founding uint64) (mems []memory, waiting []wire.GroupJoin) {
	for _, r := range d.index[group] {
		if live(&r.GroupRecord) || r.Config.Partition == wire.PolicyPartitionable {
			return nil, nil
		}
		waiting = append(waiting, r.Waiting...)
		if r.Founding != 0 {
			c := cloneRecord(&r.GroupRecord)
			mems = append(mems, remember(c, slices.Clone(holders(c))))
		}
	}
	d.catchUp(mems)
	slices.SortStableFunc(mems, newer)
	if w := slices.IndexFunc(mems, memory.hasState); founding == 0 && w >= 0 {
		founding = mems[w].rec.Founding
	}
	mems = slices.DeleteFunc(mems, func(m memory) bool { return m.rec.Founding != founding })
	waiting = slices.DeleteFunc(waiting, func(j wire.GroupJoin) bool {
		return !d.present(j.Member.ID) || slices.ContainsFunc(mems, func(m memory) bool { return slices.Contains(m.holders, j.Member.ID) })
	})
	return mems, waiting
}

// override has a group go on. It counts only in the regular configuration of the ring on which somebody looked: who meets it on
// the way to another one goes on with nothing, and may be overridden there.
func (d *Directory) override(group wire.GroupID, p wire.Position, o wire.Override) {
	if d.moving || o.Ring != d.ring || o.Founding == 0 {
		return
	}
	mems, waiting := d.memories(group, o.Founding)
	w := slices.IndexFunc(mems, memory.hasState)
	id := d.supersede(o.Founding, p)
	if w < 0 || id == 0 {
		return
	}
	r := mems[w].rec
	if r.Config.Size != 0 {
		reduce(r, mems[w:])
		unmark(r, lastPosition) // the votes are as the override has them
	}
	r.Founding = id // what it makes good is shown as of the new founding, and so not beside what others make of it in the old one
	r = d.resume(w, mems, waiting, p)
	if r.Founding != 0 {
		r.Founding = id
	}
	d.place(r.Name, []*wire.GroupRecord{r})
}

// reduce gives the votes to those who have a state, the newest first, and leaves room for as many others as they are a majority with. Those
// with an older state vote once they have loaded.
func reduce(r *wire.GroupRecord, mems []memory) {
	r.Voters = nil
	for _, m := range mems {
		for i := range m.rec.Members {
			x := &m.rec.Members[i]
			if x.Loaded && slices.Contains(m.holders, x.ID) && len(r.Voters) < int(r.Config.Size) && !slices.Contains(r.Voters, x.Name) {
				r.Voters = append(r.Voters, x.Name)
			}
		}
	}
	r.Votes = uint16(min(2*len(r.Voters)-1, int(r.Config.Size)))
}

// supersede is the id of the founding that takes another's place: it counts as older. What an override elsewhere makes of the same
// founding is another. 0: there is no room below.
func (d *Directory) supersede(founding uint64, p wire.Position) uint64 {
	const apart = 1 << 20 // positions, half a second of the clock that they began with
	at := founding >> 10
	if at == 0 {
		return 0
	}
	// The sides of a cut count positions alike, so the ring must tell them apart, and with more than the id's low bits.
	back := 1 + ((uint64(p)^d.context)*0x9e3779b97f4a7c15>>44)%min(at, apart)
	id := (at-back)<<10 | d.context>>54
	if id >= founding {
		return 0
	}
	return id
}
