package membership

// Why members went: what the sides believed, kept as long as a view still has to tell it.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// believe adds a belief to a sorted list; the greater reason wins. The list is copied, since ghosts share it.
func believe(seen []wire.Failed, f wire.Failed) []wire.Failed {
	at, found := slices.BinarySearchFunc(seen, f.ID, func(x wire.Failed, id wire.MemberID) int { return x.ID.Compare(id) })
	switch {
	case found && seen[at].Reason >= f.Reason, !found && len(seen) >= wire.MaxMembers:
		return seen
	case found:
		seen = slices.Clone(seen)
		seen[at].Reason = f.Reason
		return seen
	}
	return slices.Insert(slices.Clone(seen), at, f)
}

// reborn reports whether another run of the member's name is on the ring: this one is dead for certain.
func (d *Directory) reborn(id wire.MemberID) bool {
	return slices.ContainsFunc(d.infos, func(i wire.Info) bool { return i.ID != id && i.ID.SameName(id) })
}

// reason is why a member of the last view is not in the next one.
func (d *Directory) reason(id wire.MemberID) wire.Reason {
	reason := wire.ReasonPartition
	switch {
	case d.present(id):
		reason = wire.ReasonLeave // it is here and holds nothing: it left
	case d.reborn(id):
		reason = wire.ReasonCrash
	}
	at, found := slices.BinarySearchFunc(d.seen, id, func(x wire.Failed, id wire.MemberID) int { return x.ID.Compare(id) })
	if found {
		reason = max(reason, d.seen[at].Reason)
	}
	return reason
}

// forgetSeen keeps only the beliefs that a later view still has to tell: about members of groups that wait for a primary.
func (d *Directory) forgetSeen() {
	d.seen = slices.DeleteFunc(slices.Clone(d.seen), func(f wire.Failed) bool {
		return !slices.ContainsFunc(d.records, func(r *record) bool {
			return r.Founding != 0 && !live(&r.GroupRecord) && find(&r.GroupRecord, f.ID) >= 0 && !slices.Contains(r.Holders, f.ID)
		})
	})
}
