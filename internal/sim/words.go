package sim

// Words: what applications and operators say besides messages, from the sixth generation on. A member is reported (fault_report.go), groups
// are joined and left as one (fault_together.go), a lost quorum is overridden (fault_override.go). A few seeds have many idle groups, too.

import (
	"fmt"
	"math/rand/v2"
)

// words are how they are drawn, from sources of their own.
type words struct {
	rng      *rand.Rand
	careless bool // operators give up living members, too
	late     *rand.Rand
	parted   bool // somebody is cut off when the word is on its way
}

// moreGroups adds to the groups of a seed one that all are in, which more seeds have several groups by; and to one seed in 250 some
// hundred groups in which nothing happens: their directories come in many pieces. Such a seed costs five others.
func (s *swarm) moreGroups(seed uint64, nodes int, specs []GroupSpec) []GroupSpec {
	s.words.rng = rand.New(rand.NewPCG(seed, 10))
	rng := s.words.rng
	s.tied = rng.IntN(3) == 0
	if s.tied || rng.IntN(4) == 0 {
		twin := GroupSpec{Name: "twin", Nodes: specs[0].Nodes}
		if rng.IntN(2) == 0 {
			twin.Size = nodes
		}
		specs = append(specs, twin)
	}
	idle := 100 + 5*rng.IntN(40)
	if seed%250 == 68 { // so that every 500 seeds in a row have some
		for k := range idle {
			specs = append(specs, GroupSpec{Name: fmt.Sprintf("idle-%03d", k), Nodes: rng.Perm(nodes)[:2+rng.IntN(nodes-1)], Idle: true})
		}
	}
	return specs
}

// drawWords adds each kind of word to some seeds.
func (s *swarm) drawWords() {
	s.c.stats.IdleGroups = len(s.c.groups) - len(s.c.busy())
	s.words.late = rand.New(rand.NewPCG(s.c.opts.Seed, 13))
	s.words.parted = s.words.late.IntN(3) == 0 || s.c.opts.Generation >= withPartings
	s.words.careless = s.words.rng.IntN(2) == 0
	for _, d := range []struct {
		kind faultKind
		in10 int
	}{{faultReport, 4}, {faultTogether, 4}, {faultOverride, 3}} {
		s.strength[d.kind] = s.words.rng.Float64()
		if s.words.rng.IntN(10) < d.in10 {
			s.kinds = append(s.kinds, d.kind)
		}
	}
}
