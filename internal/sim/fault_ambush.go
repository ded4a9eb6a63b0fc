package sim

// The ambush: packets of data stay with a few, and the first of these to deliver what waited for others is struck down at that very
// moment. Whatever it delivered too early, the others never see.

import (
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

func (s *swarm) ambush() {
	c := s.c
	nodes := s.rng.Perm(len(c.nodes))
	deaf := nodes[:1+s.rng.IntN(len(nodes)-1)]
	var arcs []arc
	for _, i := range deaf {
		arcs = append(arcs, s.pathsOf(i, true)...)
	}
	s.lay(s.span(faultAmbush, 100*time.Millisecond, time.Second), &disturbance{kind: faultAmbush, loss: 1, only: classesOf(wire.ClassData)}, arcs)
	least := wire.OrderAgreed
	if s.rng.IntN(4) > 0 {
		least = wire.OrderSafe
	}
	c.onDeliver = func(i int, u *core.Upcall) {
		if s.over || u.Order < least || u.Transitional || slices.Contains(deaf, i) {
			return
		}
		c.onDeliver = nil
		c.clock.after(0, func() {
			if s.over {
				return
			}
			long := s.span(faultAmbush, 200*time.Millisecond, 3*time.Second)
			if s.spares(i) && s.rng.IntN(2) == 0 {
				s.kill(i, long)
				return
			}
			s.lay(long, &disturbance{kind: faultAmbush, cut: true}, append(s.pathsOf(i, true), s.pathsOf(i, false)...))
		})
	}
}
