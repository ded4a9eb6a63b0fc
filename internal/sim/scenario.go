package sim

// Scenarios: everything about a run that is drawn from its seed.

import (
	"math/rand/v2"
	"time"
)

// A scenario is one drawn run.
type scenario struct {
	c     *Cluster
	rng   *rand.Rand
	work  *workload
	kinds []faultKind
	heal  time.Duration // when all faults end
}

const (
	firstFault = 2500 * time.Millisecond
	quietWork  = 2500 * time.Millisecond // work after the healing
	quietRest  = 3500 * time.Millisecond // and none
)

// newScenario draws the cluster of a seed.
func newScenario(opts Options) *scenario {
	rng := rand.New(rand.NewPCG(opts.Seed, 3))
	s := &scenario{rng: rng}
	opts.Nodes = 3 + rng.IntN(3)
	opts.Groups = s.groups(opts.Nodes)
	opts.Network = NetworkConfig{
		Delay:  time.Duration(200+rng.IntN(1500)) * time.Microsecond,
		Jitter: time.Duration(rng.IntN(1500)) * time.Microsecond,
	}
	if rng.IntN(2) == 0 {
		opts.Network.Loss = rng.Float64() * 0.02
	}
	if rng.IntN(3) == 0 {
		opts.Network.Duplicate = rng.Float64() * 0.02
	}
	if rng.IntN(3) == 0 {
		opts.Network.Reorder = rng.Float64() * 0.05
	}
	if rng.IntN(3) == 0 {
		opts.MaxBody = 500 + rng.IntN(8000)
	}
	opts.Disk = drawDisk(opts.Seed)
	s.c = NewCluster(opts)
	places := 0
	for _, g := range s.c.groups {
		places += len(g.Nodes)
	}
	// All clusters are equally busy, however small.
	mean := time.Duration(5+rng.IntN(7)) * time.Millisecond * time.Duration(places)
	s.work = &workload{c: s.c, rng: rng, mean: mean, large: 0.05 * rng.Float64(),
		largest: 3000 << rng.IntN(7), leaves: true}
	if rng.IntN(2) == 0 {
		s.work.churn = 0.01 * rng.Float64()
	}
	for k := range faultKinds {
		if rng.Float64() < 0.6 {
			s.kinds = append(s.kinds, k)
		}
	}
	if len(s.kinds) == 0 {
		s.kinds = []faultKind{faultKind(rng.IntN(int(faultKinds)))}
	}
	s.heal = 14*time.Second + time.Duration(rng.Int64N(int64(4*time.Second)))
	return s
}

// groups draws one to three groups; the first has all nodes.
func (s *scenario) groups(nodes int) []GroupSpec {
	names := []string{"all", "some", "few"}
	var specs []GroupSpec
	for k := range 1 + s.rng.IntN(3) {
		order := s.rng.Perm(nodes)
		n := nodes
		if k > 0 {
			n = 2 + s.rng.IntN(nodes-1)
		}
		spec := GroupSpec{Name: names[k], Nodes: order[:n]}
		if s.rng.IntN(2) == 0 {
			spec.Size = n
			if n > 3 && s.rng.IntN(2) == 0 {
				spec.Size = 3
			}
		}
		specs = append(specs, spec)
	}
	return specs
}

// play runs the scenario to its end.
func (s *scenario) play() {
	c := s.c
	for i := range c.nodes {
		c.clock.after(time.Duration(s.rng.Int64N(int64(500*time.Millisecond))), func() { s.boot(i) })
	}
	s.work.run()
	span := s.heal - firstFault - time.Second
	for range 3 + s.rng.IntN(5) {
		c.clock.at(firstFault+time.Duration(s.rng.Int64N(int64(span))), s.strike)
	}
	c.clock.run(s.heal)
	s.kinds = nil
	s.work.leaves = false
	c.trap = nil
	c.Heal()
	for i, n := range c.nodes {
		if !n.alive() {
			c.clock.after(time.Duration(s.rng.Int64N(int64(300*time.Millisecond))), func() { s.boot(i) })
		}
	}
	c.Run(quietWork)
	s.work.stopped = true
	c.Run(quietRest)
	c.settle()
}

// boot starts a process that joins its groups one after the other, a little later.
func (s *scenario) boot(i int) {
	n := s.c.nodes[i]
	if n.alive() {
		return
	}
	n.start()
	p := n.p
	for _, a := range p.apps {
		if a != nil {
			s.c.clock.after(time.Duration(s.rng.Int64N(int64(300*time.Millisecond))), func() { p.when(a.join) })
		}
	}
}
