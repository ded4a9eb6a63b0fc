package membership

// A new view: its number, who votes from now on, who gives and who fetches the state, and what this member is told.

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A viewChange says how a view differs from the one before.
type viewChange struct {
	joined []wire.MemberID // came in, or came back
	left   []Departure
	reload []wire.MemberID // stayed, but their load begins anew
}

// install gives the record's members a new view at position p.
func (d *Directory) install(r *wire.GroupRecord, p wire.Position, c viewChange) {
	r.View = wire.ViewID{Num: max(r.View.Num, d.floor) + 1, Ring: d.at()}
	d.elect(r, p)
	d.transfers(r, p, c)
	d.report(r, p, c)
}

// elect gives the vote to the loaded members of a primary, by age. An epoch begins whenever they are others than before. In a
// transitional configuration that is only an attempt: who was thought to move along may move with others instead, who see
// other events, so those who voted before must be heard as well.
func (d *Directory) elect(r *wire.GroupRecord, p wire.Position) {
	e := loaded(r)
	switch {
	case !r.Primary:
	case d.moving && r.Config.Partition != wire.PolicyPartitionable:
		now := appendIDBytes(r.Electorate)
		for _, a := range r.Attempts {
			if a.Kind == wire.KindSync {
				now = a.Payload
			}
		}
		if b := appendIDBytes(e); !slices.Equal(now, b) && len(r.Attempts) < wire.MaxAttempts {
			r.Attempts = append(slices.Clip(r.Attempts), wire.Attempt{Position: p, Kind: wire.KindSync, Payload: b})
		}
	case !slices.Equal(e, r.Electorate):
		r.Electorate, r.Epoch = e, p
	}
}

// at is what tells this view's side from others in its id: the ring and, in a transitional configuration, who moves along, for the
// same event may come after other messages elsewhere.
func (d *Directory) at() uint64 {
	if !d.moving {
		return d.context
	}
	h := sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, d.context), appendIDBytes(d.trans)...))
	return binary.BigEndian.Uint64(h[:8])
}

// transfers tells donors to save and loaders to load. Both come before the view at p: the saved state is that of just before it.
func (d *Directory) transfers(r *wire.GroupRecord, p wire.Position, c viewChange) {
	var fetch []Member
	for i := range r.Members {
		m := &r.Members[i]
		if m.Loaded || m.Cut != p || !slices.Contains(c.joined, m.ID) && !slices.Contains(c.reload, m.ID) {
			continue
		}
		if gives(m, d.self.ID) {
			fetch = append(fetch, asMember(*m))
		}
		if m.ID == d.self.ID {
			d.emit(loadEvent(r, p, m))
		}
	}
	if len(fetch) > 0 {
		d.emit(Event{Kind: EventSave, Name: r.Name, Position: p, Cut: p, Members: fetch})
	}
}

// loadEvent asks this member, which is m, to load.
func loadEvent(r *wire.GroupRecord, p wire.Position, m *wire.GroupMember) Event {
	e := Event{Kind: EventLoad, Name: r.Name, Position: p, Cut: p, Donor: memberOfRecord(r, m.Donor)}
	for _, id := range m.Spares {
		e.Members = append(e.Members, memberOfRecord(r, id))
	}
	return e
}

// report shows the record's view to this member, if it is in it.
func (d *Directory) report(r *wire.GroupRecord, p wire.Position, c viewChange) {
	rank := find(r, d.self.ID)
	if rank < 0 {
		return
	}
	v := &View{ID: r.View, Members: membersAmong(r, memberIDs(r.Members)), Joined: membersAmong(r, c.joined), Left: c.left,
		Loading: loading(r), Primary: r.Primary, Rank: rank, Founding: r.Founding}
	again := slices.Contains(c.reload, d.self.ID)
	switch {
	case again:
		// Its state is replaced, so to itself it joins: what it was shown before its load is void.
		v.Joined = membersAmong(r, append(slices.Clone(c.joined), d.self.ID))
		v.With = []Member{d.self}
	case slices.Contains(c.joined, d.self.ID):
		v.With = []Member{d.self}
	default:
		for i := range r.Members {
			id := r.Members[i].ID
			if slices.Contains(c.joined, id) || slices.Contains(c.reload, id) || d.apart(id) {
				continue
			}
			v.With = append(v.With, asMember(r.Members[i]))
		}
	}
	d.emit(Event{Kind: EventView, Name: r.Name, Position: p, View: v})
}

// apart reports whether a member goes another way than this one already, though no view says so yet: it is not among those who move
// along in the transitional configuration in which an event is met, or not among those with whom it is made good.
func (d *Directory) apart(id wire.MemberID) bool {
	switch {
	case d.decided:
		return !slices.Contains(d.along, id)
	case d.moving:
		return !slices.Contains(d.trans, id)
	}
	return false
}

// loading are the members that have no state yet, by age.
func loading(r *wire.GroupRecord) []Member {
	var list []Member
	for i := range r.Members {
		if !r.Members[i].Loaded {
			list = append(list, asMember(r.Members[i]))
		}
	}
	return list
}
