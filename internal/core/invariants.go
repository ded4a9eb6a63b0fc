package core

// What is always true of one member as a whole, between two steps: what its parts promise, and that its queues are bounded.

import (
	"fmt"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// Invariant returns the first invariant of ordering, membership or this package that does not hold, or nil. A simulation asks after
// every step. What only more than an application's message can change is looked at after steps in which more was delivered.
func (c *Core) Invariant() error {
	if err := c.ring.Invariant(); err != nil {
		return err
	}
	if c.moved {
		c.moved = false
		if err := c.dir.Invariant(); err != nil {
			return err
		}
		if err := c.direct.invariant(); err != nil {
			return err
		}
	}
	if len(c.order) != len(c.groups) {
		return fmt.Errorf("core invariant 1: %d groups in turn, %d are there", len(c.order), len(c.groups))
	}
	for i, g := range c.order {
		switch {
		case g.at != i || c.groups[g.id] != g:
			return fmt.Errorf("core invariant 1: group %q has turn %d and is not there", g.name, i)
		case len(g.pending) > directPending:
			return fmt.Errorf("core invariant 2: %q keeps %d answers that wait for their place", g.name, len(g.pending))
		}
		for i := range g.queue.len() {
			if i > 0 && g.queue.at(i).off > 0 {
				return fmt.Errorf("core invariant 3: message %d of %q is half numbered before those in front of it", i, g.name)
			}
		}
	}
	if len(c.replay.order) > maxWindows || len(c.replay.order) != len(c.replay.windows) {
		return fmt.Errorf("core invariant 4: %d replay windows, %d in order", len(c.replay.windows), len(c.replay.order))
	}
	for _, g := range c.order {
		_, sends := c.sending.find(g.at)
		_, asks := c.asking.find(g.at)
		_, parts := c.parting.find(g.at)
		waits := g.leaving && c.dir.Synced() && c.trans == nil && !c.closed && !g.asked(wire.KindGroupLeave, c.ring.Ring())
		if g.sends() && !sends || g.asks() && !asks || waits && !parts {
			return fmt.Errorf("core invariant 5: nobody looks after %q", g.name)
		}
	}
	return nil
}

func (d *direct) invariant() error {
	for id, ch := range d.peers {
		if ch.sent > directWindow || ch.sent > len(ch.queue) || len(ch.early) > 2*directWindow || len(ch.queue) > directQueue {
			return fmt.Errorf("core invariant 2: to %v %d packets wait and %d are under way, from it %d came early", id, len(ch.queue), ch.sent, len(ch.early))
		}
	}
	return nil
}
