package sim

// The swarm: each seed draws which faults exist in it at all, how strong each is and how often they strike, besides the cluster,
// its groups, its network and its load. A run in which everything happens meets less than many in which few things do.

import (
	"math/rand/v2"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// What a run must come to before it counts. It goes on until it does, or until it is too long.
const (
	wantDeliveries = 500
	wantRotations  = 300
	wantFaults     = 3
	longest        = 60 * time.Second
)

// Generations of the drawing after the first, which first.go draws. Seeds that are kept stay what they were.
const (
	withoutHoles = 2
	withHoles    = 3 // two seeds in three have faultHole
	withTraps    = 4 // one seed in two has, and there are traps (trap.go)
	withMidway   = 5 // one trap more: faultMidway
	withWords    = 6 // what applications and operators say (words.go), and seeds with many idle groups
	withResizes  = 7 // one seed in two changes the sizes of groups (fault_resize.go), and groups may have several donors
	withPartings = 8 // somebody is always cut off while an operator's word is on its way, not in one seed of three only
	withStays    = 9 // applications answer what they have sent themselves (stay.go)
	newest       = withStays
)

// A swarm is a scenario of the second generation or a later one.
type swarm struct {
	scenario
	kinds    []faultKind // those that exist
	strength [faultKinds]float64
	holes    *rand.Rand    // for holes
	traps    *rand.Rand    // for traps
	words    words         // of applications and operators
	resizes  *rand.Rand    // for changes of a size, if there are any
	commits  oldCommits    // for faultOldToken
	pause0   time.Duration // before the first fault
	gap      time.Duration // between two, on average
	length   time.Duration // until the healing, if the run counts by then
}

// newSwarm draws the cluster of a seed.
func newSwarm(opts Options) *swarm {
	rng := rand.New(rand.NewPCG(opts.Seed, 4))
	s := &swarm{scenario: scenario{rng: rng}}
	opts.Nodes = 3 + rng.IntN(5)
	opts.Groups = s.groups(opts.Nodes)
	if opts.Generation >= withWords {
		opts.Groups = s.moreGroups(opts.Seed, opts.Nodes, opts.Groups)
	}
	if opts.Generation >= withResizes {
		drawSpares(opts.Seed, opts.Groups)
	}
	opts.Network = NetworkConfig{
		Delay:  time.Duration(50+rng.IntN(1500)) * time.Microsecond,
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
	opts.Disk, opts.Near = drawDisk(opts.Seed), drawNear(opts.Seed)
	s.c = NewCluster(opts)
	places := 0
	for _, g := range s.c.busy() {
		places += len(g.Nodes)
	}
	// All clusters are equally busy, however small.
	mean := time.Duration(4+rng.IntN(8)) * time.Millisecond * time.Duration(places)
	s.work = &workload{c: s.c, rng: rng, mean: mean, large: 0.05 * rng.Float64(), largest: 3000 << rng.IntN(7), leaves: true, orders: drawOrders(rng)}
	if rng.IntN(2) == 0 {
		s.work.churn = 0.01 * rng.Float64()
	}
	share := 0.15 + 0.6*rng.Float64()
	for k := range faultHole {
		if rng.Float64() < share {
			s.kinds = append(s.kinds, k)
		}
		s.strength[k] = rng.Float64()
	}
	if len(s.kinds) == 0 {
		s.kinds = []faultKind{faultKind(rng.IntN(int(faultHole)))}
	}
	if opts.Generation > withoutHoles {
		s.drawHoles(opts.Seed, opts.Generation)
	}
	if opts.Generation >= withTraps {
		s.drawTraps(opts.Seed, opts.Generation)
	}
	if opts.Generation >= withWords {
		s.drawWords()
	}
	if opts.Generation >= withResizes {
		s.drawResizes(opts.Seed)
	}
	if opts.Generation >= withStays {
		s.drawAnswers(opts.Seed)
	}
	s.pause0 = time.Duration(500+rng.IntN(2500)) * time.Millisecond
	s.gap = time.Duration(150+rng.IntN(1800)) * time.Millisecond
	s.length = s.pause0 + time.Duration(max(1, opts.Times))*time.Duration(7000+rng.IntN(12000))*time.Millisecond
	return s
}

// groups draws one to three groups; the first has all nodes.
func (s *swarm) groups(nodes int) []GroupSpec {
	var specs []GroupSpec
	for _, name := range []string{"all", "some", "few"}[:1+s.rng.IntN(3)] {
		order := s.rng.Perm(nodes)
		n := nodes
		if len(specs) > 0 {
			n = 2 + s.rng.IntN(nodes-1)
		}
		spec := GroupSpec{Name: name, Nodes: order[:n]}
		if s.rng.IntN(2) == 0 {
			spec.Size = n
			if n > 3 && s.rng.IntN(2) == 0 {
				spec.Size = 3
			}
		}
		switch s.rng.IntN(8) {
		case 0, 1:
			spec.Policy = wire.PolicyReadOnly
		case 2:
			spec.Policy = wire.PolicyPartitionable
		}
		specs = append(specs, spec)
	}
	return specs
}

// drawSpares draws for each group how many save for a joiner besides its donor.
func drawSpares(seed uint64, groups []GroupSpec) {
	rng := rand.New(rand.NewPCG(seed, 12))
	for i := range groups {
		groups[i].Spares = []uint8{0, 0, 1, 2}[rng.IntN(4)]
	}
}

func (s *swarm) cluster() *Cluster { return s.c }

// play runs the scenario to its end.
func (s *swarm) play() {
	c := s.c
	s.start()
	c.clock.at(s.pause0, s.next)
	if s.resizes != nil {
		c.clock.at(s.pause0, s.resize)
	}
	c.clock.run(s.length)
	for !c.counts() && c.clock.now < longest {
		c.Run(time.Second)
	}
	s.over = true
	for _, n := range c.nodes {
		n.pace = 0
		if n.p != nil {
			n.p.resume()
		}
	}
	s.end()
}

// next lets a fault strike, and arranges for the one after it.
func (s *swarm) next() {
	if s.over {
		return
	}
	s.strike(s.kinds[s.rng.IntN(len(s.kinds))])
	s.c.clock.after(time.Duration(s.rng.ExpFloat64()*float64(s.gap)), s.next)
}

// counts reports whether the run so far says something.
func (c *Cluster) counts() bool {
	v := c.Counted()
	return c.stats.Deliveries >= wantDeliveries && v.Rotations >= wantRotations && c.stats.Faults() >= wantFaults
}
