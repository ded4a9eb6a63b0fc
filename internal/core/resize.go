package core

// The change of a group's size, ordered like any membership event.

import (
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// Resize puts a change of a group's size to the ring. It is void where something that counts has changed by the time it is delivered, and
// where Sizing has a reason against it.
type Resize struct {
	Group wire.GroupID
	Size  int
}

func (Resize) event() {}

// Sizing says what a change of a group's size would find now, and on which ring.
func (c *Core) Sizing(id wire.GroupID, size int) (ring wire.RingID, s membership.Sizing) {
	if c.closed || c.trans != nil {
		return ring, s
	}
	return c.ring.Ring(), c.dir.Sizing(id, size)
}

func (c *Core) resize(ev Resize) {
	_, s := c.Sizing(ev.Group, ev.Size)
	if s.Live && !s.Done && s.Why == "" {
		c.event(ev.Group, wire.KindResize, s.Event.Append(nil))
	}
}
