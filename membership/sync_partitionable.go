package membership

// Sync for partitionable groups: every side went on, and now their states are merged.

import (
	"cmp"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// formPartitionable makes one view of the memories of one founding, the newest first. The oldest member of each that has its
// state saves it, and every member gets the states of the other sides.
func (d *Directory) formPartitionable(mems []memory, waiting []wire.GroupJoin, p wire.Position) []*wire.GroupRecord {
	if len(mems[0].holders) == 0 {
		return d.formElsewhere(mems, waiting, p)
	}
	primary := d.mayGoOn(mems[0], mems, waiting)
	sides := slices.DeleteFunc(slices.Clone(mems), func(m memory) bool { return !m.hasState() })
	creating := len(sides) == 0
	if creating {
		sides = mems[:1]
	}
	r := cloneRecord(sides[0].rec)
	r.Primary, r.Epoch, r.Electorate, r.Waiting, r.Holders, r.Attempts = primary, mems[0].rec.Epoch, mems[0].rec.Electorate, nil, nil, nil
	for _, m := range mems {
		r.View.Num = max(r.View.Num, m.rec.View.Num)
	}

	// Members by age; within one side never in another order than before.
	type place struct {
		m     wire.GroupMember
		side  int
		index int
	}
	var places []place
	for i, s := range sides {
		for _, id := range s.holders {
			k := find(s.rec, id)
			places = append(places, place{s.rec.Members[k], i, k})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.m.Joined, b.m.Joined), cmp.Compare(a.index, b.index), a.m.ID.Compare(b.m.ID))
	})
	own := r.Table
	r.Members, r.Table = nil, cloneTable(own)
	side := map[wire.MemberID]int{}
	var reload []wire.MemberID
	for i := range places {
		m, s := places[i].m, sides[places[i].side]
		handle(r, m.ID, handled(s.rec, m.ID))
		if able := slices.DeleteFunc(loaded(s.rec), func(id wire.MemberID) bool { return !slices.Contains(s.holders, id) }); creating {
			m.Loaded, m.Cut, m.Donor, m.Spares = i == 0, p, places[0].m.ID, nil
			reload = append(reload, m.ID)
		} else if !m.Loaded && !keepDonors(&m, able) {
			setDonors(r, &m, p, able, wire.MemberID{})
			reload = append(reload, m.ID)
		}
		if m.Loaded {
			hasLoaded(&m)
		}
		r.Members = append(r.Members, m)
		side[m.ID] = places[i].side
	}
	unlist(r)

	joined := d.letIn(r, p, mems, waiting)
	for _, id := range joined {
		if m := &r.Members[find(r, id)]; !m.Donor.IsZero() {
			// It merges what the other sides save, so whoever else gives it the state has to be of the donor's side.
			s := side[m.Donor]
			side[id] = s
			setDonors(r, m, p, slices.DeleteFunc(loaded(r), func(o wire.MemberID) bool { return side[o] != s }), id)
		}
	}
	merging := len(sides) > 1
	change := d.sideChange(r, sides, side, joined, reload)
	changed := merging || creating || len(joined)+len(reload) > 0 || slices.ContainsFunc(sides, func(s memory) bool {
		return len(s.holders) != len(s.rec.Members)
	})
	if !changed {
		return []*wire.GroupRecord{r}
	}
	if creating {
		d.create(r, p)
	}
	r.View = wire.ViewID{Num: max(r.View.Num, d.floor) + 1, Ring: d.context}
	d.elect(r, p)
	if merging {
		d.exchange(r, p, sides, side, change, reload)
	} else {
		d.transfers(r, p, change)
		d.report(r, p, change)
	}
	return []*wire.GroupRecord{r}
}

// letIn admits whoever waits, and the members of sides on which nobody had the state.
func (d *Directory) letIn(r *wire.GroupRecord, p wire.Position, mems []memory, waiting []wire.GroupJoin) (joined []wire.MemberID) {
	for _, m := range mems {
		for _, id := range m.holders {
			if find(r, id) < 0 {
				d.enter(r, p, id, m.rec.Members[find(m.rec, id)].Name, handled(m.rec, id))
				joined = append(joined, id)
			}
		}
	}
	for _, j := range waiting {
		if kind, text := d.check(r, j); kind != RefusalNone {
			d.refuse(j, p, kind, text)
			continue
		}
		d.enroll(r, p, j)
		joined = append(joined, j.Member.ID)
	}
	return joined
}

// sideChange is the change as this member's side sees it: who was on other sides joined, who is not here left. Who comes in only
// now sees it as the side of its donor does.
func (d *Directory) sideChange(r *wire.GroupRecord, sides []memory, side map[wire.MemberID]int, joined, reload []wire.MemberID) viewChange {
	mine := sides[side[d.self.ID]]
	c := viewChange{joined: slices.Clone(joined), reload: reload}
	for i := range r.Members {
		if id := r.Members[i].ID; !slices.Contains(mine.holders, id) && !slices.Contains(joined, id) {
			c.joined = append(c.joined, id)
		}
	}
	for _, m := range mine.rec.Members {
		if find(r, m.ID) < 0 {
			c.left = append(c.left, Departure{asMember(m), d.reason(m.ID)})
		}
	}
	return c
}

// exchange tells this member to save for the other sides, if it is its side's donor, to load if it comes in only now, and to
// merge what the others saved.
func (d *Directory) exchange(r *wire.GroupRecord, p wire.Position, sides []memory, side map[wire.MemberID]int, change viewChange, reload []wire.MemberID) {
	donors := make([]wire.MemberID, len(sides))
	for i := range r.Members {
		if m := &r.Members[i]; m.Loaded && donors[side[m.ID]].IsZero() && slices.Contains(sides[side[m.ID]].holders, m.ID) {
			donors[side[m.ID]] = m.ID
		}
	}
	self := find(r, d.self.ID)
	if self >= 0 && !r.Members[self].Loaded && r.Members[self].Cut == p {
		d.emit(loadEvent(r, p, &r.Members[self]))
	}
	var fetch []Member
	for i := range r.Members {
		m := &r.Members[i]
		merges := donors[side[d.self.ID]] == d.self.ID && side[m.ID] != side[d.self.ID]
		loads := !m.Loaded && m.Cut == p && gives(m, d.self.ID)
		if self >= 0 && (merges || loads) {
			fetch = append(fetch, asMember(*m))
		}
	}
	if len(fetch) > 0 {
		d.emit(Event{Kind: EventSave, Name: r.Name, Position: p, Cut: p, Members: fetch})
	}
	d.report(r, p, change)
	if self < 0 {
		return
	}
	e := Event{Kind: EventMerge, Name: r.Name, Position: p}
	order := make([]int, len(sides))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := sides[a], sides[b]
		return cmp.Or(cmp.Compare(x.rec.View.Num, y.rec.View.Num), cmp.Compare(x.rec.View.Ring, y.rec.View.Ring),
			lowest(x.holders).Compare(lowest(y.holders)))
	})
	for _, i := range order {
		if i != side[d.self.ID] {
			e.Sides = append(e.Sides, MergeSide{View: sides[i].rec.View, Donor: memberOfRecord(r, donors[i]), Cut: p})
		}
	}
	d.emit(e)
}

// formElsewhere decides about a partitionable group none of whose members is here: it is remembered, unless none can be
// anywhere else.
func (d *Directory) formElsewhere(mems []memory, waiting []wire.GroupJoin, p wire.Position) []*wire.GroupRecord {
	r := mems[0].rec
	if d.accounted(mems) {
		d.wipe(r)
		return []*wire.GroupRecord{d.formWaiting(r.Name, waiting, p)}
	}
	r.Members, r.Primary, r.Waiting = nil, false, nil
	for _, j := range waiting {
		d.wait(r, p, j)
	}
	return []*wire.GroupRecord{r}
}
