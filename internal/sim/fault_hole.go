package sim

// The fault that recovery's rules are for: a packet is lost with its sender while others have numbered more behind it, and the ring
// that would make up for it breaks just when the first of its members has installed it.

import (
	"math/rand/v2"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// drawHoles adds this kind of fault to one seed in two; once it was two in three. It draws from a source of its own.
func (s *swarm) drawHoles(seed uint64, generation int) {
	s.holes = rand.New(rand.NewPCG(seed, 8))
	s.strength[faultHole] = s.holes.Float64()
	if s.holes.IntN(3) < 2 && (generation == withHoles || s.holes.IntN(4) < 3) {
		s.kinds = append(s.kinds, faultHole)
	}
}

// hole loses the data packets of a member but not its tokens, for some rotations, then cuts it off, and lies in wait for the ring of
// the others.
func (s *swarm) hole(victim int) {
	c := s.c
	if c.nodes[victim].p == nil {
		return
	}
	long := time.Duration(1+s.holes.IntN(8*len(c.nodes))) * (c.opts.Network.Delay + c.opts.Network.Jitter)
	s.lay(long, &disturbance{kind: faultHole, loss: 1, only: classesOf(wire.ClassData)}, s.pathsOf(victim, false))
	c.clock.after(long, func() {
		if s.over {
			return
		}
		gone := s.between(time.Second, 4*time.Second)
		s.lay(gone, &disturbance{kind: faultHole, cut: true}, append(s.pathsOf(victim, false), s.pathsOf(victim, true)...))
		s.breakInstalled(victim, s.holes.IntN(3))
	})
}

// breakInstalled waits for members other than the victim to install a ring, lets some pass, and cuts the next one off from those
// who have yet to install it.
func (s *swarm) breakInstalled(victim, pass int) {
	c := s.c
	c.onState = func(i int, st membership.State) {
		if s.over || st != membership.StateOperational || i == victim {
			return
		}
		if pass--; pass >= 0 {
			return
		}
		c.onState = nil
		c.clock.after(0, func() {
			p := c.nodes[i].p
			if s.over || p == nil {
				return
			}
			here, there := []int{}, []int{}
			for k, n := range c.nodes {
				if n.p != nil && n.p.ring == p.ring {
					here = append(here, k)
				} else {
					there = append(there, k)
				}
			}
			if len(there) > 0 {
				s.lay(s.span(faultHole, 300*time.Millisecond, 3*time.Second), &disturbance{kind: faultHole, cut: true}, between([][]int{here, there}))
			}
		})
	}
}
