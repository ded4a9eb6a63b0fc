package sim

// The first generation of the drawing: three to five members, nine kinds of faults. New seeds are drawn by swarm.go; this one stays
// for the seeds that failed once and are kept by number (kept_test.go).

import (
	"math/rand/v2"
	"time"

	"github.com/lockstep-go/lockstep/membership"
)

// firstKinds are the kinds that the first generation knows, in the order in which it draws them.
var firstKinds = [...]faultKind{faultCrash, faultPartition, faultOneWay, faultLoss, faultPause, faultDuplicate, faultSlowLink, faultSlowHandlers,
	faultAtState}

// A first is a scenario of the first generation.
type first struct {
	scenario
	kinds []faultKind
	heal  time.Duration // when all faults end
}

// newFirst draws the cluster of a seed.
func newFirst(opts Options) *first {
	rng := rand.New(rand.NewPCG(opts.Seed, 3))
	s := &first{scenario: scenario{rng: rng}}
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
	for _, k := range firstKinds {
		if rng.Float64() < 0.6 {
			s.kinds = append(s.kinds, k)
		}
	}
	if len(s.kinds) == 0 {
		s.kinds = []faultKind{firstKinds[rng.IntN(len(firstKinds))]}
	}
	s.heal = 14*time.Second + time.Duration(rng.Int64N(int64(4*time.Second)))
	return s
}

// groups draws one to three groups; the first has all nodes.
func (s *first) groups(nodes int) []GroupSpec {
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

func (s *first) cluster() *Cluster { return s.c }

// play runs the scenario to its end.
func (s *first) play() {
	const begin = 2500 * time.Millisecond
	s.start()
	span := s.heal - begin - time.Second
	for range 3 + s.rng.IntN(5) {
		s.c.clock.at(begin+time.Duration(s.rng.Int64N(int64(span))), s.strike)
	}
	s.c.clock.run(s.heal)
	s.end()
}

// strike draws one fault and lets it happen.
func (s *first) strike() {
	c := s.c
	victim := s.rng.IntN(len(c.nodes))
	kind := s.kinds[s.rng.IntN(len(s.kinds))]
	if kind == faultCrash && s.rng.IntN(10) < 7 && !s.spares(victim) {
		kind = faultPartition
	}
	switch kind {
	case faultCrash:
		s.crash(victim, s.between(50*time.Millisecond, 3*time.Second))
	case faultPartition:
		s.partition(s.between(200*time.Millisecond, 4*time.Second))
	case faultOneWay:
		to := (victim + 1 + s.rng.IntN(len(c.nodes)-1)) % len(c.nodes)
		s.lay(s.between(100*time.Millisecond, 3*time.Second), &disturbance{kind: kind, cut: true}, []arc{{victim, to}})
	case faultLoss:
		loss := 0.05 + 0.35*s.rng.Float64()
		s.lay(s.between(100*time.Millisecond, 2*time.Second), &disturbance{kind: kind, loss: loss}, s.somePaths())
	case faultPause:
		d := s.between(20*time.Millisecond, 1500*time.Millisecond)
		c.Pause(victim, d)
		s.during(d, func() {})
	case faultDuplicate:
		s.lay(s.between(100*time.Millisecond, 3*time.Second), &disturbance{kind: kind, again: 0.5}, s.somePaths())
	case faultSlowLink:
		extra := s.between(2*time.Millisecond, 150*time.Millisecond)
		s.lay(s.between(100*time.Millisecond, 2*time.Second), &disturbance{kind: kind, extra: extra}, s.somePaths())
	case faultSlowHandlers:
		n := c.nodes[victim]
		n.slow = true
		s.during(s.between(200*time.Millisecond, 2*time.Second), func() { n.slow = false })
	case faultAtState:
		s.crashInRecovery()
	}
}

// partition splits the nodes in two or three, or in a bridge: one node hears both sides.
func (s *first) partition(d time.Duration) {
	n := len(s.c.nodes)
	sides := make([][]int, 2+s.rng.IntN(2))
	bridge := -1
	if s.rng.IntN(5) == 0 {
		bridge = s.rng.IntN(n)
	}
	for i := range n {
		if i != bridge {
			k := s.rng.IntN(len(sides))
			sides[k] = append(sides[k], i)
		}
	}
	s.during(d, s.c.Partition(sides...))
}

// crashInRecovery provokes a new ring and crashes somebody while it is formed.
func (s *first) crashInRecovery() {
	c := s.c
	c.onState = func(i int, state membership.State) {
		if state != membership.StateRecovery {
			return
		}
		c.onState = nil
		if s.rng.IntN(2) == 0 {
			i = s.rng.IntN(len(c.nodes))
		}
		c.clock.after(time.Duration(s.rng.Int64N(int64(2*c.opts.Network.Delay+time.Microsecond))), func() {
			if !s.over {
				s.crash(i, s.between(50*time.Millisecond, 3*time.Second))
			}
		})
	}
	s.partition(s.between(100*time.Millisecond, 2*time.Second))
}
