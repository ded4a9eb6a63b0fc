package membership

// What is always true of the directory at one member, between two events. The list with its reasons is in doc.go; the numbers
// here are the numbers there.

import (
	"fmt"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// Invariant returns the first invariant that does not hold, or nil. It is cheap enough to be asked after every step of a
// simulation, and changes nothing.
func (d *Directory) Invariant() error {
	if err := d.sideInvariant(); err != nil {
		return err
	}
	indexed := 0
	for _, recs := range d.index {
		indexed += len(recs)
	}
	if indexed != len(d.records) {
		return d.broken(14, "%d records are indexed, %d are there", indexed, len(d.records))
	}
	for i, r := range d.records {
		if i > 0 {
			p := d.records[i-1]
			if p.Name > r.Name {
				return d.broken(14, "records out of order: %q before %q", p.Name, r.Name)
			}
			if p.Name == r.Name {
				if d.synced && (live(&p.GroupRecord) || live(&r.GroupRecord)) {
					return d.broken(15, "%q goes on and has another memory besides", r.Name)
				}
				for _, id := range r.Holders {
					if slices.Contains(p.Holders, id) {
						return d.broken(15, "%v holds two memories of %q", id, r.Name)
					}
				}
			}
		}
		if err := d.recordInvariant(r); err != nil {
			return err
		}
	}
	return nil
}

func (d *Directory) broken(number int, format string, args ...any) error {
	return fmt.Errorf("membership invariant %d: %s", number, fmt.Sprintf(format, args...))
}

// sideInvariant is about who this directory speaks for and with whom.
func (d *Directory) sideInvariant() error {
	if !slices.Contains(d.side, d.self.ID) {
		return d.broken(12, "the side of %v is without it", d.self.ID)
	}
	for i, id := range d.side {
		if i > 0 && d.side[i-1].Compare(id) >= 0 {
			return d.broken(12, "the side is not in order")
		}
		if len(d.infos) > 0 && !d.present(id) {
			return d.broken(12, "%v is on this side and not on the ring", id)
		}
	}
	if d.synced && len(d.side) != len(d.infos) {
		return d.broken(12, "%d on this side after the sync of a ring of %d", len(d.side), len(d.infos))
	}
	if d.synced && (d.collected != nil || d.tentative != nil) {
		return d.broken(13, "directories of other sides outlived the sync")
	}
	spoken := 0
	for i := range d.collected {
		if d.collected[i].Ring != d.ring {
			return d.broken(13, "a directory of ring %v on ring %v", d.collected[i].Ring, d.ring)
		}
		spoken += len(d.collected[i].Side)
	}
	if spoken > len(d.infos) {
		return d.broken(13, "directories speak for %d of %d members", spoken, len(d.infos))
	}
	for i := 1; i < len(d.seen); i++ {
		if d.seen[i-1].ID.Compare(d.seen[i].ID) >= 0 {
			return d.broken(13, "beliefs are not in order")
		}
	}
	return nil
}

// recordInvariant is about one group, or one memory of it.
func (d *Directory) recordInvariant(r *record) error {
	switch {
	case len(r.Members) > wire.MaxMembers || len(r.Attempts) > wire.MaxAttempts || len(r.Waiting) > wire.MaxWaiting || len(r.Table) > wire.MaxHandlers:
		return d.broken(16, "%q has %d members, %d attempts, %d waiting, %d types", r.Name, len(r.Members), len(r.Attempts), len(r.Waiting), len(r.Table))
	case r.holding && (!d.moving || r.shadow == nil):
		return d.broken(17, "%q holds back outside a transitional configuration", r.Name)
	case r.Founding == 0 && (len(r.Members) > 0 || r.Primary || len(r.Waiting) == 0):
		return d.broken(18, "%q is not founded and has %d members, or nobody waits", r.Name, len(r.Members))
	case r.Founding == 0:
		return d.waitingInvariant(r)
	case r.Config.Size != 0 && len(r.Voters) > sizeOf(&r.GroupRecord) || r.Votes > r.Config.Size || r.Founded != 0 && r.Config.Size == 0:
		return d.broken(19, "%q of size %d has %d votes and %d voters", r.Name, r.Config.Size, r.Votes, len(r.Voters))
	}
	for i, v := range r.Voters {
		if slices.Contains(r.Voters[:i], v) {
			return d.broken(19, "%q votes twice in %q", v, r.Name)
		}
	}
	for i := range r.Members {
		m := &r.Members[i]
		if i > 0 && r.Members[i-1].Joined > m.Joined {
			return d.broken(20, "members of %q are not sorted by age", r.Name)
		}
		if find(&r.GroupRecord, m.ID) != i {
			return d.broken(20, "%v is in %q twice", m.ID, r.Name)
		}
		if m.Loaded && (!m.Donor.IsZero() || len(m.Spares) > 0) {
			return d.broken(21, "%v has the state of %q and a donor", m.ID, r.Name)
		}
		if len(m.Spares) > int(r.Config.Spares) || slices.Contains(m.Spares, m.Donor) || slices.Contains(m.Spares, m.ID) {
			return d.broken(21, "%v loads %q from %v and %v", m.ID, r.Name, m.Donor, m.Spares)
		}
	}
	for i := 1; i < len(r.Attempts); i++ {
		if r.Attempts[i-1].Position > r.Attempts[i].Position {
			return d.broken(16, "attempts of %q are out of order", r.Name)
		}
	}
	if !live(&r.GroupRecord) {
		return d.memoryInvariant(r)
	}
	return d.liveInvariant(r)
}

// liveInvariant is about a group that goes on here.
func (d *Directory) liveInvariant(r *record) error {
	switch {
	case len(r.Holders) > 0 || len(r.Waiting) > 0:
		return d.broken(18, "%q goes on with %d holders, %d waiting", r.Name, len(r.Holders), len(r.Waiting))
	case len(r.Members) == 0 || len(loaded(&r.GroupRecord)) == 0:
		return d.broken(21, "%q goes on and nobody has its state", r.Name)
	case len(r.Attempts) > 0 && d.synced && !r.holding && !d.moving:
		return d.broken(17, "%q goes on with %d attempts that are not resolved", r.Name, len(r.Attempts))
	}
	for i := range r.Members {
		m := &r.Members[i]
		if d.synced && !d.moving && !d.present(m.ID) {
			return d.broken(20, "%v is in %q and not on the ring", m.ID, r.Name)
		}
		if !m.Loaded && find(&r.GroupRecord, m.Donor) < 0 {
			return d.broken(21, "%v loads %q from %v, who is not in it", m.ID, r.Name, m.Donor)
		}
		for _, id := range m.Spares {
			if find(&r.GroupRecord, id) < 0 {
				return d.broken(21, "%v may load %q from %v, who is not in it", m.ID, r.Name, id)
			}
		}
	}
	return nil
}

// memoryInvariant is about a group without a primary here.
func (d *Directory) memoryInvariant(r *record) error {
	for i, id := range r.Holders {
		if find(&r.GroupRecord, id) < 0 {
			return d.broken(15, "%v holds %q and was not in it", id, r.Name)
		}
		if slices.Contains(r.Holders[:i], id) {
			return d.broken(15, "%v holds %q twice", id, r.Name)
		}
		if d.synced && !d.moving && !d.present(id) {
			return d.broken(15, "%v holds %q and is not on the ring", id, r.Name)
		}
	}
	return d.waitingInvariant(r)
}

func (d *Directory) waitingInvariant(r *record) error {
	for i := range r.Waiting {
		id := r.Waiting[i].Member.ID
		if slices.Contains(r.Holders, id) {
			return d.broken(18, "%v waits for %q and holds it", id, r.Name)
		}
		for j := range i {
			if r.Waiting[j].Member.ID == id {
				return d.broken(18, "%v waits twice for %q", id, r.Name)
			}
		}
	}
	return nil
}
