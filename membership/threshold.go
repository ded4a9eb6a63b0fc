package membership

// How many of a group must hold a message that is to be safe at k, and who counts.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// Enough is ordering's Enough for all groups. Only members with the state count: what a member that loads holds is of no use without
// a state to apply it to. Of those with a vote (in a group with a size those of its n names, else all) k must hold the message, and
// where fewer than k have a vote, all of them and others up to k. So whichever k-1 members crash, one that holds it is left; and
// with k above half of the votes, any side that may later be primary has one of them among its own (see majority).
//
// k 0 asks for just that: more than half of the n names, or, without a size, of the members with the state. Where a k is more than
// there are, all must hold it. A group that does not go on here waits for nobody: its messages are dropped.
func (d *Directory) Enough(group wire.GroupID, k uint8, holds func(wire.MemberID) bool) bool {
	for _, r := range d.index[group] {
		if !live(&r.GroupRecord) {
			continue
		}
		size, need := sizeOf(&r.GroupRecord), int(k)
		var able, hold, voters, votes int
		for i := range r.Members {
			m := &r.Members[i]
			if !m.Loaded || !d.present(m.ID) {
				continue
			}
			held := 0
			if holds(m.ID) {
				held = 1
			}
			able, hold = able+1, hold+held
			if size == 0 || slices.Contains(r.Voters, m.Name) {
				voters, votes = voters+1, votes+held
			}
		}
		switch {
		case k == 0 && size != 0:
			need = size/2 + 1
		case k == 0:
			need = able/2 + 1
		}
		return votes >= min(need, voters) && hold >= min(need, able)
	}
	return true
}
