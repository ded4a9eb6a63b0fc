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
}

// Run plays the scenario of a seed and judges it. trace takes the readable trace, nil for none. Equal seeds give equal
// results.
func Run(seed uint64, trace io.Writer) Result { return run(Options{Seed: seed, Trace: trace}) }

func run(opts Options) Result {
	s := newScenario(opts)
	s.play()
	c := s.c
	for _, n := range c.nodes {
		if n.alive() {
			c.retire(n.p)
		}
	}
	if c.stats.Deliveries < minDeliveries {
		c.trouble("workload", "", "", "only %d deliveries", c.stats.Deliveries)
	}
	return Result{Seed: opts.Seed, Violations: c.Violations(), History: c.history, Coverage: c.coverage, Stats: c.stats, TraceHash: c.traceHash,
		Virtual: c.clock.now}
}

// minDeliveries is what a run must come to for it to say anything.
const minDeliveries = 500
