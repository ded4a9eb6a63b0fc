package memnet

// One direction between two addresses, and what it does to the datagrams that pass.

import (
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"time"
)

type direction struct{ from, to netip.AddrPort }

// A link has its own source of chance, so that traffic elsewhere does not change what happens here.
type link struct {
	direction
	chance *rand.Rand
	loss   float64   // instead of the network's, if lossy
	lossy  bool      // loss is set
	cut    bool      // by Cut or CutOneWay
	last   time.Time // when the last datagram in order arrives
}

// link finds or makes the link. The network's lock is held.
func (n *Network) link(way direction) *link {
	if l := n.links[way]; l != nil {
		return l
	}
	h := fnv.New64a()
	h.Write([]byte(way.from.String() + ">" + way.to.String()))
	l := &link{direction: way, chance: rand.New(rand.NewPCG(uint64(n.cfg.Seed), h.Sum64()))}
	n.links[way] = l
	return l
}

// fate is what befalls one datagram.
type fate struct {
	lost   bool
	held   bool
	copies int
	jitter time.Duration
}

// draw always takes the same number of draws, so that changing one probability leaves the other fates as they were.
func (l *link) draw(cfg Config) fate {
	loss := cfg.Loss
	if l.lossy {
		loss = l.loss
	}
	lost, twice, held, jitter := l.chance.Float64(), l.chance.Float64(), l.chance.Float64(), l.chance.Float64()
	f := fate{lost: lost < loss, held: held < cfg.Reorder, copies: 1, jitter: time.Duration(jitter * float64(cfg.Jitter))}
	if twice < cfg.Duplicate {
		f.copies = 2
	}
	return f
}
