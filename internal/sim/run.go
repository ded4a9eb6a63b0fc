package sim

// The entrance: one seed, one run, one result.

import (
	"io"
	"time"

	"github.com/lockstep-go/lockstep/internal/evs"
)

// A Result is what became of one run.
type Result struct {
	Seed       uint64
	Violations []evs.Violation
	History    *evs.History
	Coverage   Coverage
	Stats      Stats
	TraceHash  uint64
	Virtual    time.Duration
	Counts     bool // it had the deliveries, rotations and faults without which a run says nothing
}

// Run plays the scenario of a seed and judges it. trace takes the readable trace, nil for none. Equal seeds give equal
// results.
func Run(seed uint64, trace io.Writer) Result { return run(Options{Seed: seed, Trace: trace}) }

// RunFor plays it for so many times as long: faults that need something rare to be under way have as many more occasions.
func RunFor(seed uint64, times int) Result { return run(Options{Seed: seed, Times: times}) }

// A drawing is a scenario of some generation.
type drawing interface {
	cluster() *Cluster
	play()
}

func draw(opts Options) drawing {
	switch opts.Generation {
	case 0:
		opts.Generation = newest
	case 1:
		return newFirst(opts)
	}
	return newSwarm(opts)
}

func run(opts Options) Result {
	s := draw(opts)
	s.play()
	c := s.cluster()
	for _, n := range c.nodes {
		if n.alive() {
			c.retire(n.p)
		}
	}
	violations := c.Violations()
	return Result{Seed: opts.Seed, Violations: violations, History: c.history, Coverage: c.coverage, Stats: c.stats, TraceHash: c.traceHash,
		Virtual: c.clock.now, Counts: c.stats.Deliveries >= wantDeliveries && c.coverage.Rotations >= wantRotations && c.stats.Faults() >= wantFaults}
}
