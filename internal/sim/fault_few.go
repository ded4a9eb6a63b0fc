package sim

// What few have: data stays with less than half of a group's members, and these ask and say things. When one of them answers a call,
// or delivers what is safe at k, all that have it are cut off, or that one alone. What was promised too early, the others never see.

import (
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

func (s *swarm) few() {
	c := s.c
	g := c.busy()[s.traps.IntN(len(c.busy()))]
	var few []int
	for _, k := range s.traps.Perm(len(g.Nodes))[:1+s.traps.IntN(max(1, (len(g.Nodes)-1)/2))] {
		few = append(few, g.Nodes[k])
	}
	var arcs []arc
	for i := range c.nodes {
		if !slices.Contains(few, i) {
			arcs = append(arcs, s.pathsOf(i, true)...)
		}
	}
	s.lay(s.span(faultFew, 100*time.Millisecond, time.Second), &disturbance{kind: faultFew, loss: 1, only: classesOf(wire.ClassData)}, arcs)
	alone := s.traps.IntN(4) == 0
	spring := func(i int, of *group) {
		if s.over || of != g || !slices.Contains(few, i) {
			return
		}
		c.onStable, c.onDeliver = nil, nil
		here := few
		if alone {
			here = []int{i}
		}
		c.clock.after(0, func() { s.cutOff(faultFew, here) })
	}
	order := wire.OrderAgreed
	if s.traps.IntN(2) == 0 {
		c.onStable = spring
	} else {
		order = s.oneMoreThan(few)
		c.onDeliver = func(i int, u *core.Upcall) {
			if u.Order.Kind() == wire.OrderSafeAt && u.Order >= order && !u.Transitional && u.Group == g.id {
				spring(i, g)
			}
		}
	}
	for _, i := range few {
		if a := c.app(i, g.Name); a != nil {
			for range 3 { // whatever part of the group's state they are about
				a.send(wire.KindApply, order, 30)
			}
		}
	}
}

// oneMoreThan is the order that asks for one more member than the few, or for a quorum.
func (s *swarm) oneMoreThan(few []int) wire.Order {
	if s.traps.IntN(3) == 0 {
		return wire.OrderSafeAt
	}
	return wire.SafeAt(uint8(len(few) + 1))
}

// cutOff separates some nodes from the others for a while.
func (s *swarm) cutOff(kind faultKind, here []int) {
	if s.over {
		return
	}
	var there []int
	for i := range s.c.nodes {
		if !slices.Contains(here, i) {
			there = append(there, i)
		}
	}
	if len(here) > 0 && len(there) > 0 {
		s.lay(s.span(kind, 200*time.Millisecond, 3*time.Second), &disturbance{kind: kind, cut: true}, between([][]int{here, there}))
	}
}
