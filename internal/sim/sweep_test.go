package sim

// A sweep: many seeds, on all processors, each run once or twice, summed up, and what failed told with how to see it again.

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep/internal/evs"
)

// sweepGC is the collector's percentage in a sweep. Some tens of megabytes of a seed live at a time, so a processor holds some 600 MB, and
// with fewer collections a seed takes an eighth less time.
const sweepGC = 1600

// A sweep says which seeds to run.
type sweep struct {
	from       uint64
	seeds      int           // 0: as many as there is time for
	time       time.Duration // no seed is begun after it; 0: there is time
	twice      int           // each so-many-th seed is run twice; 0: none
	generation int
	every      time.Duration // between two reports; 0: only one, at the end
	out        io.Writer
}

// A summary is what the seeds of a sweep were together.
type summary struct {
	seeds, counting, twice int
	failed                 []string // one text for each failing seed
	coverage               Coverage
	stats                  Stats
	again                  int // steps of second runs
	virtual                time.Duration
	began                  time.Time
	busy                   time.Duration // processor time used until then
}

// run runs the sweep.
func (w sweep) run() *summary {
	defer debug.SetGCPercent(debug.SetGCPercent(sweepGC))
	sum := &summary{began: time.Now(), busy: processorTime()}
	var (
		lock     sync.Mutex
		wg       sync.WaitGroup
		next     = w.from
		reported = sum.began
	)
	take := func() (seed uint64, ok bool) {
		lock.Lock()
		defer lock.Unlock()
		if w.seeds > 0 && next >= w.from+uint64(w.seeds) || w.time > 0 && time.Since(sum.began) > w.time {
			return 0, false
		}
		next++
		return next - 1, true
	}
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				seed, ok := take()
				if !ok {
					return
				}
				r, again := w.runSeed(seed)
				lock.Lock()
				sum.add(r, again)
				if len(r.Violations) > 0 {
					text := describe(r, w.generation)
					sum.failed = append(sum.failed, text)
					fmt.Fprint(w.out, text)
				}
				if w.every > 0 && time.Since(reported) > w.every {
					reported = time.Now()
					fmt.Fprintf(w.out, "... next seed %d\n%s", next, sum)
				}
				lock.Unlock()
			}
		})
	}
	wg.Wait()
	return sum
}

// runSeed runs one seed, and once more if it is its turn: the two have to be the same. A panic is a violation like any other.
func (w sweep) runSeed(seed uint64) (r, again Result) {
	defer func() {
		if p := recover(); p != nil {
			r = Result{Seed: seed, Violations: []evs.Violation{{Property: "panic", Text: fmt.Sprintf("%v\n%s", p, debug.Stack())}}}
		}
	}()
	r = run(Options{Seed: seed, Generation: w.generation})
	if w.twice > 0 && seed%uint64(w.twice) == 0 {
		again = run(Options{Seed: seed, Generation: w.generation})
		if r.TraceHash != again.TraceHash || r.Stats != again.Stats || r.Coverage != again.Coverage {
			r.Violations = append(r.Violations, evs.Violation{Property: "one seed, one execution",
				Text: fmt.Sprintf("trace %016x %+v, then %016x %+v", r.TraceHash, r.Stats, again.TraceHash, again.Stats)})
		}
	}
	return r, again
}

// describe tells a failing seed and how to see it again.
func describe(r Result, generation int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d violations; replay with: %s\n", r.Seed, len(r.Violations), replay(r.Seed, generation))
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "    %s\n", v)
	}
	return b.String()
}

// replay says how to see a seed again.
func replay(seed uint64, generation int) string {
	s := fmt.Sprintf("go test ./internal/sim -run TestSeed -seed=%d -v", seed)
	if generation != 0 {
		s += fmt.Sprintf(" -generation=%d", generation)
	}
	return s
}

func (s *summary) add(r, again Result) {
	s.seeds++
	if r.Counts {
		s.counting++
	}
	if again.Stats.Steps > 0 {
		s.twice++
		s.again += again.Stats.Steps
	}
	s.coverage.Add(r.Coverage)
	s.stats.Add(r.Stats)
	s.virtual += r.Virtual
}

// String is the report.
func (s *summary) String() string {
	var b strings.Builder
	wall, busy := time.Since(s.began), processorTime()-s.busy
	all := float64(s.stats.Steps + s.again)
	fmt.Fprintf(&b, "%d seeds, %d count, %d run twice, %d failed\n", s.seeds, s.counting, s.twice, len(s.failed))
	fmt.Fprintf(&b, "%d protocol steps, and %d in second runs; %.0f a second and core of processor time, %.0f a second in all\n",
		s.stats.Steps, s.again, all/busy.Seconds(), all/wall.Seconds())
	fmt.Fprintf(&b, "%v virtual in %v; %d packets, %d deliveries, %d views, %d rotations\n", s.virtual.Round(time.Second), wall.Round(time.Second),
		s.stats.Packets, s.stats.Deliveries, s.stats.Views, s.coverage.Rotations)
	fmt.Fprintf(&b, "%d faults struck:", s.stats.Faults())
	for k := range faultKinds {
		fmt.Fprintf(&b, " %s %d", k, s.stats.Struck[k])
		if k < faultKinds-1 {
			b.WriteByte(',')
		}
	}
	b.WriteByte('\n')
	for _, m := range Marks(s.coverage, s.stats) {
		fmt.Fprintf(&b, "%10d  %s\n", m.Count, m.Name)
	}
	return b.String()
}

// long is from how many seeds on a mark that was never met is a failure.
const long = 500

// faults lists what is wrong with the sweep as a whole.
func (s *summary) faults() (list []string) {
	if s.counting < s.seeds-s.seeds/50-1 {
		list = append(list, fmt.Sprintf("only %d of %d seeds had %d deliveries, %d rotations and %d faults", s.counting, s.seeds, wantDeliveries,
			wantRotations, wantFaults))
	}
	if s.seeds < long {
		return list
	}
	for _, m := range Marks(s.coverage, s.stats) {
		if m.Count == 0 {
			list = append(list, fmt.Sprintf("in %d seeds it never happened that %s", s.seeds, m.Name))
		}
	}
	for k, n := range s.stats.Struck {
		if n == 0 {
			list = append(list, fmt.Sprintf("in %d seeds no fault of the kind %q struck", s.seeds, faultKind(k)))
		}
	}
	return list
}
