package sim

// The seeds: many executions, each judged, and all together required to have met what they are there for.

import (
	"flag"
	"io"
	"os"
	"testing"
	"time"
)

var (
	oneSeed    = flag.Uint64("seed", 0, "replay this seed only (0: a sweep)")
	readable   = flag.Bool("story", false, "with -seed: print what happened")
	generation = flag.Int("generation", 0, "of the drawing of scenarios (0: the newest)")
	firstSeed  = flag.Uint64("from", 1, "the first seed of the sweep")
	seedCount  = flag.Int("seeds", 0, "how many seeds the sweep has (0: as usual, or with -minutes as many as there is time for)")
	minutes    = flag.Float64("minutes", 0, "how long the sweep goes on, reporting every minute")
	twice      = flag.Int("twice", 0, "run each so-many-th seed twice (0: each tenth, or with -minutes each; -1: none)")
)

// TestSeed sweeps over seeds, or replays one.
func TestSeed(t *testing.T) {
	if *oneSeed != 0 {
		playback(t)
		return
	}
	w := sweep{from: *firstSeed, seeds: *seedCount, time: time.Duration(*minutes * float64(time.Minute)), twice: max(*twice, 0),
		generation: *generation, out: os.Stdout}
	if w.time > 0 {
		w.every = time.Minute
	} else if w.seeds == 0 {
		w.seeds = seeds
	}
	if *twice == 0 {
		w.twice = 10
		if w.time > 0 {
			w.twice = 1
		}
	}
	sum := w.run()
	t.Logf("from seed %d:\n%s", w.from, sum)
	for _, f := range sum.failed {
		t.Error(f)
	}
	for _, f := range sum.faults() {
		t.Error(f)
	}
}

// playback runs one seed and shows it.
func playback(t *testing.T) {
	var w io.Writer
	if *readable {
		w = os.Stdout
	}
	r := run(Options{Seed: *oneSeed, Generation: *generation, Trace: w})
	t.Logf("seed %d: %v virtual, %+v %+v, trace %016x", r.Seed, r.Virtual, r.Stats, r.Coverage, r.TraceHash)
	for _, v := range r.Violations {
		t.Error(v)
	}
}

func TestSameSeedSameRun(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		a, b := Run(seed, nil), Run(seed, io.Discard)
		if a.TraceHash != b.TraceHash || a.Stats != b.Stats {
			t.Errorf("seed %d: trace %016x %+v, then %016x %+v", seed, a.TraceHash, a.Stats, b.TraceHash, b.Stats)
		}
	}
	if a, b := Run(1, nil), Run(2, nil); a.TraceHash == b.TraceHash {
		t.Error("two seeds have one trace")
	}
}
