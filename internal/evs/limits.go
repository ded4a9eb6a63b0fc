package evs

// What must stay within limits: queues at any time, progress when nothing is wrong, and how often things change (reliability L1, L4, L5).

import "time"

// A Gauge is the most that one queue of a process ever held, and what it may.
type Gauge struct {
	Name        string
	Most, Bound int
}

// A Window is a time in which nothing was wrong, and how far the token came at this process: two readings that differ if it moved.
type Window struct {
	From, To      time.Duration
	Before, After uint64
}

// Gauge notes how much a queue holds.
func (l *RingLog) Gauge(name string, n, bound int) {
	for i := range l.Gauges {
		g := &l.Gauges[i]
		if g.Name != name {
			continue
		}
		if n-bound > g.Most-g.Bound {
			g.Most, g.Bound = n, bound
		}
		return
	}
	l.Gauges = append(l.Gauges, Gauge{name, n, bound})
}

// Window notes two readings of the token at this process, with nothing wrong between them.
func (l *RingLog) Window(from, to time.Duration, before, after uint64) {
	l.Windows = append(l.Windows, Window{from, to, before, after})
}

// checkQueues: no queue ever holds more than it may.
func checkQueues(r *rings) {
	for _, l := range r.logs {
		for _, g := range l.Gauges {
			if g.Most > g.Bound {
				r.report(BoundedQueues, l.Member, "%s: %d, and %d are allowed", g.Name, g.Most, g.Bound)
			}
		}
	}
}

// checkProgress: while nothing is wrong the token goes round.
func checkProgress(r *rings) {
	for _, l := range r.logs {
		for _, w := range l.Windows {
			if w.Before == w.After {
				r.report(Progress, l.Member, "the token did not come by from %v to %v", w.From, w.To)
			}
		}
	}
}

// RingsPerDisturbance is how many rings a process may install for each thing that went wrong, or was put right again: the old members
// form a ring without the lost one, and with it when it comes back. The simulator's seeds come to less than one.
const RingsPerDisturbance = 3

// checkChanges: rings change because something happened, and not for ever: no process installs more rings than what went wrong in the
// run explains.
func checkChanges(r *rings) {
	if r.disturbances == 0 {
		return
	}
	for _, l := range r.logs {
		n := 0
		for i := range l.Events {
			if l.Events[i].Kind == Regular {
				n++
			}
		}
		if n > RingsPerDisturbance*r.disturbances {
			r.report(BoundedChanges, l.Member, "installed %d rings in a run in which %d things happened", n, r.disturbances)
		}
	}
}
