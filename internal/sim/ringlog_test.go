package sim

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/evs"
)

// TestRingsAreWatched: the checker of rings is told of everything it judges.
func TestRingsAreWatched(t *testing.T) {
	r := run(Options{Seed: 2})
	kinds, gauges, windows, safe := map[evs.RingKind]int{}, 0, 0, 0
	for _, l := range r.History.Rings {
		gauges += len(l.Gauges)
		windows += len(l.Windows)
		for _, e := range l.Events {
			kinds[e.Kind]++
			if e.Safe {
				safe++
			}
		}
	}
	for _, k := range []evs.RingKind{evs.Proposed, evs.Regular, evs.TransitionalRing, evs.Originate, evs.Hand} {
		if kinds[k] < 3 {
			t.Errorf("%v came %d times", k, kinds[k])
		}
	}
	if kinds[evs.Hand] < 3*kinds[evs.Originate]/2 || safe == 0 || gauges == 0 || windows == 0 || r.History.Disturbances == 0 {
		t.Errorf("%v, %d safe, %d gauges, %d windows, %d disturbances", kinds, safe, gauges, windows, r.History.Disturbances)
	}
}
