package sim

// The network: one path for each ordered pair of nodes, with its own delay, loss and cuts.

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A NetworkConfig says how good the network is while nothing else is wrong. Probabilities are between 0 and 1.
type NetworkConfig struct {
	Delay     time.Duration // least time on the way
	Jitter    time.Duration // at most so much more
	Loss      float64       // of datagrams
	Duplicate float64
	Reorder   float64 // datagrams that others may overtake
}

// A path is one direction between two nodes.
type path struct {
	cuts int // how many of ills cut it; 0: open
	ills []*disturbance
	last time.Duration // when the last datagram arrives: the next one does not overtake it
}

// extra is by how much a path is slowed down for a class of packets.
func (p *path) extra(c wire.Class) (d time.Duration) {
	for _, x := range p.ills {
		if x.only.has(c) {
			d += x.extra
		}
	}
	return d
}

// A network carries datagrams between the nodes of a cluster.
type network struct {
	c     *Cluster
	cfg   NetworkConfig
	rng   *rand.Rand
	paths [][]path
	watch func(Packet) Fate // nil: nobody looks
}

// A datagram is a sealed packet on its way. Its body is never changed: all receivers parse the same bytes.
type datagram struct {
	from   int // node
	header wire.Header
	salt   [32]byte // of the key that seals it
	body   []byte
	sum    uint64 // over the body
}

func (n *network) open(from, to int) bool { return n.paths[from][to].cuts == 0 }

// reachable reports whether both directions are open.
func (n *network) reachable(a, b int) bool { return n.open(a, b) && n.open(b, a) }

// send puts a datagram on its way. A body above one datagram travels in parts and is lost when any of them is.
func (n *network) send(d *datagram, to, parts int) {
	p := &n.paths[d.from][to]
	if p.cuts > 0 {
		for _, x := range p.ills {
			if x.cut {
				n.strike(x)
			}
		}
		return
	}
	if n.watch != nil && !n.watched(d, to) {
		return
	}
	pass, again := 1-n.cfg.Loss, n.cfg.Duplicate
	for _, x := range p.ills {
		if x.only.has(d.header.Class) {
			pass *= 1 - x.loss
			again += x.again
		}
	}
	if parts > 1 {
		pass = math.Pow(pass, float64(parts))
	}
	if pass < 1 && n.rng.Float64() < 1-pass {
		n.c.stats.Lost++
		n.blame(p, d, func(x *disturbance) bool { return x.loss > 0 })
		return
	}
	n.carry(d, to)
	if again > 0 && n.rng.Float64() < again {
		n.c.stats.Duplicated++
		n.blame(p, d, func(x *disturbance) bool { return x.again > 0 })
		n.carry(d, to)
	}
	for _, x := range p.ills {
		if x.late > 0 && x.only.has(d.header.Class) && n.rng.Float64() < x.late {
			n.strike(x)
			n.c.stats.Late++
			n.c.stats.Packets++
			n.c.clock.carry(n.c.clock.now+n.cfg.Delay+time.Duration(n.rng.Int64N(int64(x.lateBy))), d, to)
		}
	}
}

// blame counts the disturbances of a path that may have done what was done to a datagram.
func (n *network) blame(p *path, d *datagram, may func(*disturbance) bool) {
	for _, x := range p.ills {
		if x.only.has(d.header.Class) && may(x) {
			n.strike(x)
		}
	}
}

func (n *network) carry(d *datagram, to int) {
	p := &n.paths[d.from][to]
	at := n.c.clock.now + n.cfg.Delay
	if len(p.ills) > 0 {
		at += p.extra(d.header.Class)
		n.blame(p, d, func(x *disturbance) bool { return x.extra > 0 })
	}
	if n.cfg.Jitter > 0 {
		at += time.Duration(n.rng.Int64N(int64(n.cfg.Jitter)))
	}
	if n.cfg.Reorder > 0 && n.rng.Float64() < n.cfg.Reorder {
		at += time.Duration(n.rng.Int64N(int64(4*n.cfg.Delay + n.cfg.Jitter)))
	} else {
		at = max(at, p.last+time.Microsecond)
		p.last = at
	}
	n.c.stats.Packets++
	n.c.clock.carry(at, d, to)
}

// arrive is the end of a datagram's way, unless that was cut meanwhile.
func (n *network) arrive(d *datagram, to int) {
	if n.open(d.from, to) {
		n.c.nodes[to].arrive(d)
	}
}
