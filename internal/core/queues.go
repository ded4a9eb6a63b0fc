package core

// What waits in a Core, and how much of each may: the gauges.

import "github.com/lockstep-go/lockstep/internal/wire"

// A Queue is one thing that waits.
type Queue struct {
	Name       string
	Len, Bound int
}

// wishes is how many membership events one group may have waiting: each kind is put once on a ring.
const wishes = int(wire.KindSync-wire.KindGroupJoin) + 1

// Queues appends all queues of this member to list, those of its groups added up. What applications submit and have not seen numbered
// is not among them: who submits bounds it.
func (c *Core) Queues(list []Queue) []Queue {
	ring := c.ring.Ordering()
	held, most := ring.Places()
	numbered := most * ring.PerPacket() // what the window can hold of the smallest messages
	var inflight, back, calls, pending, waiting, early int
	for _, g := range c.order {
		inflight += g.inflight.len()
		back += len(g.held)
		calls += len(g.calls)
		pending = max(pending, len(g.pending))
	}
	for _, ch := range c.direct.peers {
		waiting = max(waiting, len(ch.queue))
		early = max(early, len(ch.early))
	}
	return append(list,
		Queue{"packets of the ring", held, most},
		Queue{"membership events", len(c.control), wishes*len(c.order) + 64 + len(c.reports.own)},
		Queue{"messages in flight", inflight, numbered},
		Queue{"messages held back", back, 2 * numbered},
		Queue{"calls not known to be stable", calls, numbered},
		Queue{"answers waiting for their place", pending, directPending},
		Queue{"packets to one member", waiting, directQueue},
		Queue{"packets too early from one member", early, 2 * directWindow},
		Queue{"replay windows", len(c.replay.order), maxWindows},
	)
}
