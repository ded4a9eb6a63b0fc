package sim

// Faults of the network: who is cut off from whom, and what happens to packets on their way.

import (
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// disturbNetwork lets one fault of the network strike.
func (s *swarm) disturbNetwork(kind faultKind, victim int) {
	long := s.span(kind, 100*time.Millisecond, 4*time.Second)
	switch d := (&disturbance{kind: kind}); kind {
	case faultPartition:
		d.cut = true
		s.lay(long, d, between(s.sides(-1)))
	case faultBridge:
		d.cut = true
		s.lay(long, d, between(s.sides(victim)))
	case faultOneWay:
		d.cut = true
		s.lay(long, d, s.fewPaths())
	case faultDeaf:
		// Deaf to everything, or to what is multicast only: the token passes and brings nothing with it.
		d.loss = 1
		if s.rng.IntN(2) == 0 {
			d.only = classesOf(wire.ClassData)
		}
		s.lay(long, d, s.pathsOf(victim, s.rng.IntN(3) > 0))
	case faultHalfPlane:
		d.loss, d.only = 1, s.someClasses()
		s.lay(long, d, s.somePaths())
	case faultSlowLink:
		d.extra = s.span(kind, 2*time.Millisecond, 250*time.Millisecond)
		s.lay(long, d, s.somePaths())
	case faultLoss:
		d.loss = 0.02 + 0.5*s.strength[kind]*s.rng.Float64()
		if s.rng.IntN(2) == 0 {
			d.only = s.someClasses()
		}
		s.lay(long, d, s.somePaths())
	case faultDuplicate:
		d.again = 0.1 + 0.8*s.strength[kind]
		s.lay(long, d, s.somePaths())
	case faultLate:
		d.late = 0.02 + 0.3*s.strength[kind]*s.rng.Float64()
		d.lateBy = s.span(kind, 50*time.Millisecond, 6*time.Second)
		if s.rng.IntN(3) > 0 {
			d.only = classesOf(wire.ClassToken, wire.ClassControl)
		}
		s.lay(long, d, s.somePaths())
	}
}

// sides draws two or three sides, and leaves out the one who hears them all, if any.
func (s *swarm) sides(bridge int) [][]int {
	sides := make([][]int, 2+s.rng.IntN(2))
	for {
		full := 0
		for k := range sides {
			sides[k] = nil
		}
		for i := range s.c.nodes {
			if i != bridge {
				k := s.rng.IntN(len(sides))
				if sides[k] = append(sides[k], i); len(sides[k]) == 1 {
					full++
				}
			}
		}
		if full > 1 {
			return sides
		}
	}
}

// fewPaths draws one to three paths, one way.
func (s *swarm) fewPaths() (arcs []arc) {
	n := len(s.c.nodes)
	for range 1 + s.rng.IntN(3) {
		from := s.rng.IntN(n)
		arcs = append(arcs, arc{from, (from + 1 + s.rng.IntN(n-1)) % n})
	}
	return arcs
}

// pathsOf lists the paths to a node, or from it.
func (s *swarm) pathsOf(i int, to bool) (arcs []arc) {
	for j := range s.c.nodes {
		switch {
		case i == j:
		case to:
			arcs = append(arcs, arc{j, i})
		default:
			arcs = append(arcs, arc{i, j})
		}
	}
	return arcs
}

// someClasses draws one or two classes of packets.
func (s *swarm) someClasses() classes {
	one := wire.Class(s.rng.IntN(4))
	if s.rng.IntN(2) == 0 {
		return classesOf(one)
	}
	return classesOf(one, wire.Class(s.rng.IntN(4)))
}
