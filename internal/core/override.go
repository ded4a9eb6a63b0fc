package core

// The override of a lost quorum: what would be lost, and an operator's word that it is.

import "github.com/lockstep-go/lockstep/internal/wire"

// Override has a group without a quorum go on with those on the ring, as a founding that takes the place of the one named. It is void on
// another ring than the one of this moment, and where there is nothing to override.
type Override struct {
	Group    wire.GroupID
	Ring     wire.RingID // from Loss
	Founding uint64
}

func (Override) event() {}

// Loss says what an override of a group would give up on this ring: the founding, and the names of those who have no state to bring.
// ok is false where there is nothing to override.
func (c *Core) Loss(id wire.GroupID) (ring wire.RingID, founding uint64, names []string, ok bool) {
	if c.closed || c.trans != nil {
		return ring, 0, nil, false
	}
	founding, names, ok = c.dir.Loss(id)
	return c.ring.Ring(), founding, names, ok
}

func (c *Core) override(ev Override) {
	if !c.closed && c.trans == nil && c.dir.Synced() && ev.Ring == c.ring.Ring() {
		c.event(ev.Group, wire.KindOverride, wire.Override{By: c.cfg.Self.ID, Ring: ev.Ring, Founding: ev.Founding}.Append(nil))
	}
}
