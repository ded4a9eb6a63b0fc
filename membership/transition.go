package membership

// Transitions: what one membership event does to a group that goes on, and how its members are told.

import (
	"math"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// lastPosition is above every message's.
const lastPosition = wire.Position(math.MaxUint64)

// apply does to a group that goes on what an event says. Events that do not fit are retries or came too late.
func (d *Directory) apply(r *wire.GroupRecord, p wire.Position, c change) {
	switch c.kind {
	case wire.KindGroupJoin:
		d.applyJoin(r, p, c.join)
	case wire.KindGroupLeave:
		d.applyLeave(r, p, c)
	case wire.KindLoaded:
		d.applyLoaded(r, p, c.member, c.cut, c.donor)
	case wire.KindRecut:
		d.applyRecut(r, p, c.member, c.cut, c.donor)
	case wire.KindTerminate:
		d.applyTerminate(r, p, c.member)
	case wire.KindResize:
		d.applyResize(r, p, c.resize)
	}
}

// applyLeave takes a member out. The last member ends the group. The only one that has the state does not get out while others
// load it: the event is void, and who wanted to leave asks again when they have loaded; but one whose state is lost gets out, and
// those who loaded it are left with nothing (see lost.go). With a size a leave may cost the primary: then the others wait for a view
// that tells of it.
func (d *Directory) applyLeave(r *wire.GroupRecord, p wire.Position, c change) {
	id := c.member
	i, sole := find(r, id), soleDonor(r, id)
	if i < 0 || sole && !c.lost {
		return
	}
	leaver := asMember(r.Members[i])
	left := []Departure{{leaver, wire.ReasonLeave}}
	next := cloneRecord(r)
	next.Members = slices.Delete(next.Members, i, i+1)
	unlist(next)
	// The leaver's last view has a number of its own, whatever the others come to see.
	number := wire.ViewID{Num: max(r.View.Num, d.floor) + 1, Ring: d.at()}
	farewell := func() {
		if id == d.self.ID {
			d.emit(Event{Kind: EventView, Name: r.Name, Position: p, View: &View{ID: number, Members: membersAmong(next, memberIDs(next.Members)),
				Left: left, Loading: loading(next), Primary: next.Primary, Rank: -1, Founding: r.Founding}})
			d.emit(Event{Kind: EventLeft, Name: r.Name, Position: p, Refusal: RefusalLeave})
		}
	}
	partitionable := r.Config.Partition == wire.PolicyPartitionable
	all := func(wire.MemberID) bool { return true }
	switch {
	case len(next.Members) == 0:
		farewell()
		r.View = number
		d.wipe(r)
	case sole && partitionable:
		next.Primary = next.Primary && (r.Config.Size == 0 || stands(next, all))
		farewell()
		*r = *next
		d.beginSide(r, p, left)
	case sole:
		next.Primary = false
		farewell()
		d.floor = max(d.floor, number.Num)
		d.loseState(r, p, i, c)
	case !partitionable && r.Config.Size != 0 && !d.decided && !stands(next, all):
		next.Primary = false
		farewell()
		d.floor = max(d.floor, number.Num)
		r.Primary, r.Holders = false, memberIDs(next.Members)
		r.Electorate = slices.DeleteFunc(slices.Clone(r.Electorate), func(e wire.MemberID) bool { return e == id })
		d.seen = believe(d.seen, wire.Failed{ID: id, Reason: wire.ReasonLeave})
		d.blocked(r, p)
	default:
		if partitionable && next.Primary {
			next.Primary = r.Config.Size == 0 || stands(next, all)
		}
		farewell()
		reload := d.reassign(next, p)
		*r = *next
		d.install(r, p, viewChange{left: left, reload: reload})
	}
}

// soleDonor reports whether a member is the only one that has the state which others are loading.
func soleDonor(r *wire.GroupRecord, id wire.MemberID) bool {
	able := loaded(r)
	return len(able) == 1 && able[0] == id && len(r.Members) > 1
}

// soleKeeper reports the same of a memory without a primary: its other holders were told to load and have no state of their own.
func soleKeeper(r *wire.GroupRecord, id wire.MemberID) bool {
	i := find(r, id)
	if i < 0 || !r.Members[i].Loaded || len(r.Holders) < 2 {
		return false
	}
	return !slices.ContainsFunc(r.Holders, func(h wire.MemberID) bool {
		j := find(r, h)
		return h != id && j >= 0 && r.Members[j].Loaded
	})
}

// reassign gives a new donor and a new cut to every loading member of whose donors none can give any more.
func (d *Directory) reassign(r *wire.GroupRecord, p wire.Position) (reload []wire.MemberID) {
	able := loaded(r)
	for i := range r.Members {
		if m := &r.Members[i]; !m.Loaded && !keepDonors(m, able) {
			setDonors(r, m, p, able, m.ID)
			reload = append(reload, m.ID)
		}
	}
	return reload
}

// applyLoaded gives a member its vote: its state is that of the cut it was to load. Where there were spares it says who gave it, and that
// counts only of one who has been in the record as a giver all the time since the cut: who was with others meanwhile may have saved after
// other messages. Then the transfer begins anew. Where there were none the cut says it all.
func (d *Directory) applyLoaded(r *wire.GroupRecord, p wire.Position, id wire.MemberID, cut wire.Position, giver wire.MemberID) {
	i := find(r, id)
	if i < 0 || r.Members[i].Loaded || r.Members[i].Cut != cut {
		return
	}
	if !giver.IsZero() && !gives(&r.Members[i], giver) {
		d.applyRecut(r, p, id, cut, giver)
		return
	}
	hasLoaded(&r.Members[i])
	d.elect(r, p)
	if find(r, d.self.ID) >= 0 {
		d.emit(Event{Kind: EventLoaded, Name: r.Name, Position: p, Cut: cut, Members: []Member{asMember(r.Members[i])}})
	}
}

// applyRecut begins a transfer anew, from another donor if there is one. The joiner sees the view again behind its load, since
// what it had not yet run is void.
func (d *Directory) applyRecut(r *wire.GroupRecord, p wire.Position, id wire.MemberID, cut wire.Position, donor wire.MemberID) {
	i := find(r, id)
	if i < 0 || r.Members[i].Loaded || r.Members[i].Cut != cut {
		return
	}
	setDonors(r, &r.Members[i], p, loaded(r), donor)
	change := viewChange{reload: []wire.MemberID{id}}
	d.transfers(r, p, change)
	if id == d.self.ID {
		d.report(r, p, change)
	}
}

// applyTerminate ends the group at all its members.
func (d *Directory) applyTerminate(r *wire.GroupRecord, p wire.Position, by wire.MemberID) {
	if find(r, by) < 0 {
		return
	}
	if find(r, d.self.ID) >= 0 {
		d.emit(Event{Kind: EventLeft, Name: r.Name, Position: p, Refusal: RefusalTerminated})
	}
	d.wipe(r)
}

// blocked tells this member, if it holds the record's memory, that the group has no primary here.
func (d *Directory) blocked(r *wire.GroupRecord, p wire.Position) {
	if slices.Contains(r.Holders, d.self.ID) {
		d.emit(Event{Kind: EventBlocked, Name: r.Name, Position: p})
	}
}
