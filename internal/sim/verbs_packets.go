package sim

// The verbs for single packets: a story that wants to lose just this token, or to see it again later, looks at each packet as it
// leaves and decides.

import (
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A Packet is one datagram that is about to go from one node to another. Its body must not be changed.
type Packet struct {
	From, To int // nodes
	Body     []byte
	d        *datagram
}

// Type is the type of the body.
func (p Packet) Type() wire.Type { return wire.Type(p.Body[0]) }

// Class is how urgent the packet says it is before it is opened: all that a network could go by.
func (p Packet) Class() wire.Class { return p.d.header.Class }

// A Fate is what becomes of a packet. The zero value lets it go as the network will.
type Fate struct {
	Drop   bool
	Copies int           // more of it, each as late as the first
	Delay  time.Duration // besides the network's; later packets overtake it
}

// Watch has decide asked about every packet that is not cut off; nil asks nobody any more. What decide does to the cluster itself
// (a crash, a cut) it must do through After.
func (c *Cluster) Watch(decide func(Packet) Fate) { c.net.watch = decide }

// Replay brings a packet that was seen before to its receiver once more, as it was, unless they are cut off.
func (c *Cluster) Replay(p Packet) { c.net.bring(p.d, p.To, 0) }

// watched carries out what was decided about a datagram, and reports whether it goes on as usual.
func (n *network) watched(d *datagram, to int) bool {
	f := n.watch(Packet{From: d.from, To: to, Body: d.body, d: d})
	if f.Drop {
		n.c.stats.Lost++
		return false
	}
	for range f.Copies {
		n.c.stats.Duplicated++
		n.bring(d, to, f.Delay)
	}
	if f.Delay > 0 {
		n.bring(d, to, f.Delay)
	}
	return f.Delay == 0
}

// bring lets a datagram arrive after the usual delay and a given one more, whatever it overtakes.
func (n *network) bring(d *datagram, to int, after time.Duration) {
	n.c.stats.Packets++
	n.c.clock.carry(n.c.clock.now+n.cfg.Delay+n.paths[d.from][to].extra(d.header.Class)+after, d, to)
}
