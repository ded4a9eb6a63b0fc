package membership

// Who gives a joiner its state: one donor, and with GroupConfig.Spares others who save at the same cut. The joiner turns to them by
// itself; the record only says of whom a state counts.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// setDonors has a member load the state of the cut at p: from the oldest of those who have it, the next ones saving too. Whoever could
// not give it comes last.
func setDonors(r *wire.GroupRecord, m *wire.GroupMember, p wire.Position, able []wire.MemberID, failed wire.MemberID) {
	order := slices.Clone(able)
	if i := slices.Index(order, failed); i >= 0 {
		order = append(slices.Delete(order, i, i+1), failed)
	}
	m.Cut, m.Donor, m.Spares = p, wire.MemberID{}, nil
	if len(order) > 0 {
		m.Donor, m.Spares = order[0], givers(order[1:min(len(order), 1+int(r.Config.Spares))])
	}
}

// keepDonors takes those who have no state to give any more out of a loading member's donors; false if that leaves none.
func keepDonors(m *wire.GroupMember, able []wire.MemberID) bool {
	gone := func(id wire.MemberID) bool { return !slices.Contains(able, id) }
	if slices.ContainsFunc(m.Spares, gone) {
		m.Spares = givers(slices.DeleteFunc(slices.Clone(m.Spares), gone))
	}
	if !gone(m.Donor) {
		return true
	}
	if len(m.Spares) == 0 {
		return false
	}
	m.Donor, m.Spares = m.Spares[0], givers(m.Spares[1:])
	return true
}

// gives reports whether a loading member may have its state from id.
func gives(m *wire.GroupMember, id wire.MemberID) bool {
	return m.Donor == id || slices.Contains(m.Spares, id)
}

// hasLoaded ends a member's need of donors.
func hasLoaded(m *wire.GroupMember) {
	m.Loaded, m.Donor, m.Spares = true, wire.MemberID{}, nil
}

// givers is a list of spares as records have it: nil for nobody, as it comes off the wire, and never appended to.
func givers(ids []wire.MemberID) []wire.MemberID {
	if len(ids) == 0 {
		return nil
	}
	return slices.Clip(ids)
}
