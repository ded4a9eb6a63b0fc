package membership

// Who counts where a message is to be safe at k: the members whose votes make the group's primary.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// Count is ordering's Voters for all groups: the loaded members of the group that goes on here, in a group with a size those of its n
// names, appended to ids. k 0 asks for a quorum of them: more than half of the n names, or without a size of the voters; any side
// that may later be primary has one of those among its own (see majority). A k above their number means all of them. Nobody
// counts in a group that does not go on here: its messages are dropped.
//
// Every member of the ring asks this at the same place in the order, so all get the same answer. A member that loads does not
// count: what it holds is of no use without a state to apply it to.
func (d *Directory) Count(group wire.GroupID, k uint8, ids []wire.MemberID) (voters []wire.MemberID, need int) {
	for _, r := range d.index[group] {
		if !live(&r.GroupRecord) {
			continue
		}
		size := int(r.Config.Size)
		from, all := len(ids), 0
		for i := range r.Members {
			if m := &r.Members[i]; m.Loaded && (size == 0 || slices.Contains(r.Voters, m.Name)) {
				all++
				if d.present(m.ID) {
					ids = append(ids, m.ID)
				}
			}
		}
		switch need = int(k); {
		case k == 0 && size != 0:
			need = size/2 + 1
		case k == 0:
			need = all/2 + 1
		}
		return ids, min(need, len(ids)-from)
	}
	return ids, 0
}
