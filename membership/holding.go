package membership

// What a group without a quorum holds back ends at the first gap: what lies behind it may depend on what is missing.

import "github.com/lockstep-go/lockstep/internal/wire"

// Holding reports whether the group holds back what it is given in the transitional configuration: those who move along are no
// quorum of it.
func (d *Directory) Holding(group wire.GroupID) bool {
	for _, r := range d.index[group] {
		if r.holding {
			return true
		}
	}
	return false
}
