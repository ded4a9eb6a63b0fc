package sim

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// What is due earlier is done earlier, and among equals what was asked for earlier; what is asked for in the past is done now.
func TestClockOrder(t *testing.T) {
	var c clock
	rng := rand.New(rand.NewPCG(1, 1))
	type done struct {
		at    time.Duration
		asked int
	}
	var got []done
	for i := range 2000 {
		at := time.Duration(rng.IntN(100))
		c.at(at, func() {
			got = append(got, done{c.now, i})
			if i%10 == 0 {
				c.at(at-5, func() { got = append(got, done{c.now, 2000 + i}) })
			}
		})
	}
	c.run(99)
	if len(got) != 2200 {
		t.Fatalf("%d things done, want 2200", len(got))
	}
	if !slices.IsSortedFunc(got, func(a, b done) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return a.asked - b.asked
	}) {
		t.Error("done out of order")
	}
	if c.now != 99 || len(c.heap) != 0 {
		t.Errorf("at %v with %d things left", c.now, len(c.heap))
	}
}

func TestClockStopsAtLimit(t *testing.T) {
	var c clock
	late := false
	c.after(10, func() { late = true })
	c.run(9)
	if late || c.now != 9 {
		t.Errorf("at %v, late thing done: %v", c.now, late)
	}
	c.run(10)
	if !late {
		t.Error("not done when due")
	}
}
