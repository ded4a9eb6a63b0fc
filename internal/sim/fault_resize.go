package sim

// Resizes: the size of a group is changed, by any member and at any moment, also by two at once, from the generation withResizes on.

import (
	"math/rand/v2"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// drawResizes has one seed in two change sizes, from a source of their own.
func (s *swarm) drawResizes(seed uint64) {
	if rng := rand.New(rand.NewPCG(seed, 11)); rng.IntN(2) == 0 {
		s.resizes = rng
	}
}

// resize has some members ask for a size of their groups, and arranges for the next time.
func (s *swarm) resize() {
	c, rng := s.c, s.resizes
	if s.over {
		return
	}
	for range 1 + rng.IntN(2) {
		g := c.busy()[rng.IntN(len(c.busy()))]
		i, size := g.Nodes[rng.IntN(len(g.Nodes))], 1+rng.IntN(len(c.nodes))
		a := c.app(i, g.Name)
		if a == nil || a.view == nil || g.Size == 0 {
			continue
		}
		if _, found := a.p.core.Sizing(g.id, size); found.Live && !found.Done && found.Why == "" {
			c.stats.Resizes++
			c.tracef("%s %s: to be of size %d, with %v", a.p.member, g.Name, size, found.Event.Voters)
			a.p.step(core.Resize{Group: g.id, Size: size})
		}
	}
	s.c.clock.after(time.Duration(rng.ExpFloat64()*float64(time.Second)), s.resize)
}

// resized reports whether the size of a group with one is another by now than it was founded with.
func (g *group) resized(p *process) bool {
	for _, k := range p.core.Status().Groups {
		if wire.NewGroupID(k.Name) == g.id {
			return g.Size != 0 && k.Size != g.Size
		}
	}
	return false
}
