//go:build linux

package main

// Which founding of the group a member's state goes back to. State is in memory: when all who had it are gone, the group is founded
// again with none, and what was answered before says nothing about what comes after.

import (
	"cmp"
	"slices"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// A descent is a moment from which on a run's state goes back to a founding.
type descent struct {
	at       int64
	founding int
}

// lineage gives the descents of each run, in order.
func lineage(runs []run) [][]descent {
	type saved struct {
		donor string
		cut   uint64
	}
	type step struct {
		run  int
		line lab.Line
	}
	var steps []step
	for i, r := range runs {
		for _, l := range r.lines {
			if l.Ev == "upcall" && l.Kind != "view" || l.Ev == "loaded" {
				steps = append(steps, step{i, l})
			}
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.line.At, b.line.At) })
	list := make([][]descent, len(runs))
	saves := map[saved]int{}
	loading := map[int]saved{} // by run: what it was told to load last
	foundings := 0
	for _, s := range steps {
		mine := &list[s.run]
		switch s.line.Kind {
		case "founded":
			foundings++
			*mine = append(*mine, descent{s.line.At, foundings})
		case "save":
			if n := len(*mine); n > 0 {
				saves[saved{string(runs[s.run].member()), s.line.Cut}] = (*mine)[n-1].founding
			}
		case "load":
			loading[s.run] = saved{s.line.Donor, s.line.Cut} // perhaps before it was saved
		default: // loaded
			*mine = append(*mine, descent{s.line.At, saves[loading[s.run]]})
		}
	}
	return list
}

// foundingAt is the founding that a run's state goes back to at a moment; 0 if it has none.
func foundingAt(list []descent, at int64) int {
	founding := 0
	for _, d := range list {
		if d.at <= at {
			founding = d.founding
		}
	}
	return founding
}
