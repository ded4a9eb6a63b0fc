package membership

// A state that is lost with its only holder: the member's own membership failed, so it gives its state to nobody, though it is on the
// ring. What becomes of those who were loading it is decided as if it had died, with one difference: it can still say, by its seeds,
// that nobody is missing who may hold an older state.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// loseState takes the only state out of a primary: the others hold a memory without one. Its last voter stays the leaver, so that no
// older state passes for the newest while somebody is missing. In a transitional configuration nobody founds anything: what those
// may have founded who saw the leave before they were cut off is an attempt, and must be known before the group begins anew here.
func (d *Directory) loseState(r *wire.GroupRecord, p wire.Position, i int, c change) {
	r.Members = slices.Clone(r.Members)
	r.Members[i].Loaded = false
	r.Primary = false
	r.Holders = slices.DeleteFunc(memberIDs(r.Members), func(id wire.MemberID) bool { return id == c.member })
	d.seen = believe(d.seen, wire.Failed{ID: c.member, Reason: wire.ReasonLeave})
	d.blocked(r, p)
	if d.moving {
		d.attemptLoss(r, p, c)
	}
}

// attemptLoss remembers whom others may have founded the group with after a leave that is met only in a transitional configuration,
// with r as it is behind the leave.
func (d *Directory) attemptLoss(r *wire.GroupRecord, p wire.Position, c change) {
	after := cloneRecord(r)
	g := d.ghost()
	g.vouching = g.allHere(c)
	for _, o := range g.form(r.Name, []memory{remember(after, slices.Clone(holders(after)))}, nil, p) {
		if o.Founding != r.Founding && len(o.Electorate) > 0 && len(r.Attempts) < wire.MaxAttempts {
			r.Attempts = append(slices.Clip(r.Attempts), wire.Attempt{Position: p, Kind: wire.KindSync, Payload: appendIDBytes(o.Electorate)})
		}
	}
}

// reformOnWordOf decides anew about a group without a primary after a leave, which may have taken the only state.
func (d *Directory) reformOnWordOf(c change, name string, p wire.Position) {
	d.vouching = d.allHere(c)
	d.reform(name, p)
	d.vouching = false
}

// allHere reports whether a leaver whose state is lost says that nobody is missing, and no directory said otherwise: all its seeds
// are on the ring.
func (d *Directory) allHere(c change) bool {
	return c.lost && !d.misses && !slices.ContainsFunc(c.seeds, d.absent)
}

// beginSide begins a side of a partitionable group anew, without a state: its oldest member makes one, the others load it.
func (d *Directory) beginSide(r *wire.GroupRecord, p wire.Position, left []Departure) {
	for i := range r.Members {
		m := &r.Members[i]
		m.Loaded, m.Cut, m.Donor, m.Spares = i == 0, p, r.Members[0].ID, nil
	}
	hasLoaded(&r.Members[0])
	d.create(r, p)
	d.install(r, p, viewChange{left: left, reload: memberIDs(r.Members)})
}
