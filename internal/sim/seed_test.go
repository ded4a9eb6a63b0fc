package sim

// The seeds: many executions, each judged, and all together required to have met what they are there for.

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	oneSeed   = flag.Uint64("seed", 0, "replay this seed only (0: all)")
	readable  = flag.Bool("story", false, "with -seed: print what happened")
	seedCount = flag.Int("seeds", seeds, "how many seeds to run")
	firstSeed = flag.Uint64("from", 1, "the first of them")
)

// replay says how to see a seed again.
func replay(seed uint64) string {
	return fmt.Sprintf("go test ./internal/sim -run TestSeed -seed=%d -v", seed)
}

func TestSeed(t *testing.T) {
	if *oneSeed != 0 {
		var w io.Writer
		if *readable {
			w = os.Stdout
		}
		r := Run(*oneSeed, w)
		t.Logf("seed %d: %v virtual, %+v %+v, trace %016x", r.Seed, r.Virtual, r.Stats, r.Coverage, r.TraceHash)
		for _, v := range r.Violations {
			t.Error(v)
		}
		return
	}
	var (
		coverage Coverage
		stats    Stats
		virtual  time.Duration
		failed   int
		lock     sync.Mutex
		next     atomic.Uint64
		wg       sync.WaitGroup
	)
	next.Store(*firstSeed)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				seed := next.Add(1) - 1
				if seed >= *firstSeed+uint64(*seedCount) {
					return
				}
				r := Run(seed, nil)
				lock.Lock()
				coverage.Add(r.Coverage)
				stats.Add(r.Stats)
				virtual += r.Virtual
				if len(r.Violations) > 0 {
					failed++
					t.Errorf("seed %d: %d violations; replay with: %s", seed, len(r.Violations), replay(seed))
					for _, v := range r.Violations {
						t.Errorf("    %s", v)
					}
				}
				lock.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d seeds, %d failed, %v virtual: %+v %+v", *seedCount, failed, virtual.Round(time.Second), stats, coverage)
	for what, n := range map[string]int{
		"a token was lost":                         coverage.TokensLost,
		"a token was sent again":                   coverage.TokenRetransmitted,
		"a hole was repaired":                      int(coverage.HolesRepaired),
		"a message was recovered":                  coverage.Recovered,
		"a merge happened":                         coverage.Merged,
		"a crash hit a recovery":                   stats.CrashesInRecovery,
		"a member joined with state":               stats.Transfers,
		"a safe message came in a transition":      coverage.TransitionalSafe,
		"the token rested and was woken":           coverage.Woken,
		"point-to-point messages arrived":          stats.Directs,
		"a packet of a ring without key came":      stats.Unopened,
		"a packet was lost, another came repeated": min(stats.Lost, stats.Duplicated),
		"a commit token waited for a disk":         coverage.CommitStored,
	} {
		if n == 0 && *seedCount >= seeds {
			t.Errorf("in %d seeds it never happened that %s", *seedCount, what)
		}
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
