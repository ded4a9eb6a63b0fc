package membership

// Founding: how a group comes to be, from joins that waited for each other.

import (
	"net/netip"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// found makes a group of the joins that wait, if they are enough: without a size any that have all their seeds on the ring, with a
// size as many names as it says, each with all its seeds here, lest members that were restarted pass over one that still holds
// the data. The first of them creates the group, the others load from it, and whoever else waits is let in at once.
func (d *Directory) found(r *wire.GroupRecord, p wire.Position) bool {
	ready := d.ready(r.Waiting)
	if len(ready) == 0 {
		return false
	}
	config := speaker(r.Waiting).Config
	if distinct(ready, nil) < int(config.Size) {
		return false
	}
	d.begin(r, p, config, nil, ready)
	return true
}

// ready are the waiting joins that may found.
func (d *Directory) ready(waiting []wire.GroupJoin) []wire.GroupJoin {
	var list []wire.GroupJoin
	for _, j := range waiting {
		if j.Mode != wire.JoinExisting && d.present(j.Member.ID) && !d.seeks(j) {
			list = append(list, j)
		}
	}
	return list
}

// absent reports whether nobody on the ring is reached at the address.
func (d *Directory) absent(seed netip.AddrPort) bool {
	seed = plain(seed)
	for i := range d.infos {
		for _, a := range d.infos[i].Addrs {
			if plain(a.Addr) == seed {
				return false
			}
		}
	}
	return true
}

// plain makes both forms of an IPv4 address one.
func plain(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// distinct counts the names among joins and members.
func distinct(joins []wire.GroupJoin, members []wire.GroupMember) int {
	names := make([]string, 0, len(joins)+len(members))
	for i := range joins {
		names = append(names, joins[i].Member.Name)
	}
	for i := range members {
		names = append(names, members[i].Name)
	}
	slices.Sort(names)
	return len(slices.Compact(names))
}

// begin founds the group anew in r, whose table counts if survivors do: members of a founding whose state is lost, which never
// had it. They come first, then the joins that are ready, then the others that wait.
func (d *Directory) begin(r *wire.GroupRecord, p wire.Position, config wire.GroupConfig, survivors []wire.GroupMember, ready []wire.GroupJoin) {
	waiting := r.Waiting
	n := wire.GroupRecord{Name: r.Name, Founding: d.foundingID(p), Config: config, Founded: r.Founded, Primary: true,
		View: wire.ViewID{Num: r.View.Num}}
	tables := make([][]wire.HandlerEntry, len(survivors))
	for i, s := range survivors {
		tables[i] = handled(r, s.ID)
	}
	if len(survivors) > 0 {
		n.Table = cloneTable(r.Table) // an index into it keeps its meaning
		for i := range n.Table {
			n.Table[i].Missing = nil
		}
	}
	first := func() {
		if len(n.Members) == 1 {
			hasLoaded(&n.Members[0])
		}
	}
	for i, s := range survivors {
		d.enter(&n, p, s.ID, s.Name, tables[i])
		first()
	}
	for _, j := range ready {
		if find(&n, j.Member.ID) < 0 {
			d.enroll(&n, p, j)
			first()
		}
	}
	for _, j := range waiting {
		if find(&n, j.Member.ID) >= 0 || !d.present(j.Member.ID) {
			continue
		}
		if kind, text := d.check(&n, j); kind != RefusalNone {
			d.refuse(j, p, kind, text)
			continue
		}
		d.enroll(&n, p, j)
	}
	*r = n
	d.create(r, p)
	d.install(r, p, viewChange{joined: memberIDs(r.Members)})
	r.Epoch = p
}

// create tells the creator, if this member is it: its New runs before the first view.
func (d *Directory) create(r *wire.GroupRecord, p wire.Position) {
	if r.Members[0].ID == d.self.ID {
		d.emit(Event{Kind: EventFounded, Name: r.Name, Position: p})
	}
}

// attemptFound remembers a founding that is met only in the transitional configuration: others may be founders by it, so this side
// founds nothing else until it knows.
func (d *Directory) attemptFound(p wire.Position, j wire.GroupJoin) {
	recs := d.index[wire.NewGroupID(j.Name)]
	if len(recs) > 0 && recs[0].Founding != 0 || j.Mode == wire.JoinExisting {
		return
	}
	r := &wire.GroupRecord{Name: j.Name}
	if len(recs) > 0 {
		r = cloneRecord(&recs[0].GroupRecord)
	}
	if g := d.ghost(); g.wait(r, p, j) && g.found(r, p) {
		d.settle(j.Name, []*record{known(r)})
	}
}

// known is what a member knows of a group that others may have founded: whom to wait for, and nobody here who holds it.
func known(r *wire.GroupRecord) *record {
	k := cloneRecord(r)
	k.Primary, k.Members, k.Holders, k.Waiting = false, nil, nil, nil
	return &record{GroupRecord: *k}
}

// foundingID names a founding. It is older than whatever is founded at a later position; foundings at one position of different
// rings differ in their low bits.
func (d *Directory) foundingID(p wire.Position) uint64 { return uint64(p)<<10 | d.context>>54 }
