package sim

// Scenarios: what every drawn run has in common, whichever generation of the drawing it is of.

import (
	"math/rand/v2"
	"time"
)

// A scenario is one drawn run.
type scenario struct {
	c    *Cluster
	rng  *rand.Rand
	work *workload
	over bool // all was healed: nothing strikes any more
	tied bool // a process that starts joins all its groups as one
}

const (
	quietWork = 2500 * time.Millisecond // work after the healing
	quietRest = 3500 * time.Millisecond // and none
	newRing   = time.Second             // in which a ring that was spent has made way for another
	stuckWork = 5 * time.Second         // more work where disks get stuck: every other attempt at a large ring may fail for that
)

// start boots all nodes within half a second and lets the applications work.
func (s *scenario) start() {
	for i := range s.c.nodes {
		s.c.clock.after(time.Duration(s.rng.Int64N(int64(500*time.Millisecond))), func() { s.boot(i) })
	}
	s.work.run()
}

// boot starts a process that joins its groups one after the other, a little later.
func (s *scenario) boot(i int) {
	n := s.c.nodes[i]
	if n.alive() {
		return
	}
	n.start()
	p := n.p
	apart := p.apps[:len(s.c.busy())]
	if s.tied {
		apart = nil
	}
	if together := p.apps[len(apart):]; len(together) > 0 {
		s.c.clock.after(time.Duration(s.rng.Int64N(int64(300*time.Millisecond))), func() { p.when(func() { p.joinTogether(together) }) })
	}
	for _, a := range apart {
		if a != nil {
			s.c.clock.after(time.Duration(s.rng.Int64N(int64(300*time.Millisecond))), func() { p.when(a.join) })
		}
	}
}

// end heals everything, waits until the cluster ought to be whole, and looks whether it is.
func (s *scenario) end() {
	c := s.c
	s.over = true
	s.work.leaves = false
	c.onState, c.onDeliver, c.onStable, c.onSync = nil, nil, nil, nil
	c.Watch(nil)
	c.Heal()
	for i, n := range c.nodes {
		if !n.alive() {
			c.clock.after(time.Duration(s.rng.Int64N(int64(300*time.Millisecond))), func() { s.boot(i) })
		}
	}
	c.Run(quietWork)
	if c.opts.Disk.Durable && c.opts.Disk.Stuck > 0 {
		c.Run(stuckWork)
	}
	// Who was given up again and again while the network was bad waits longer than this, as it was promised.
	if wait := c.barsEnd() - c.clock.now; wait > 0 {
		c.Run(wait + quietWork)
	}
	s.work.stopped = true
	c.watchProgress(quietRest)
	c.Run(quietRest - newRing)
	for spent := -1; spent != c.Counted().RingsSpent; {
		// The end of the run must not come while a ring whose numbers have ended makes way for another.
		spent = c.Counted().RingsSpent
		c.Run(newRing)
	}
	// A ring whose numbers end makes way for another, without any fault.
	c.history.Disturbances = len(c.nodes) + 2*c.stats.Faults() + 2 + c.Counted().RingsSpent
	c.settle()
}

func (s *scenario) between(least, most time.Duration) time.Duration {
	return least + time.Duration(s.rng.Int64N(int64(most-least)))
}

// during undoes a fault after d.
func (s *scenario) during(d time.Duration, undo func()) {
	end := s.c.disturb()
	s.c.clock.after(d, func() {
		if !s.over { // else all was healed already
			undo()
		}
		end()
	})
}

// lay disturbs paths for a while.
func (s *scenario) lay(span time.Duration, d *disturbance, arcs []arc) {
	s.during(span, s.c.disturbPaths(d, arcs))
}

// somePaths draws all paths, or each with one chance in three.
func (s *scenario) somePaths() (arcs []arc) {
	n := len(s.c.nodes)
	whole := s.rng.IntN(2) == 0
	for i := range n {
		for j := range n {
			if i != j && (whole || s.rng.IntN(3) == 0) {
				arcs = append(arcs, arc{i, j})
			}
		}
	}
	return arcs
}

// spares reports whether every group that has the node, and no size, must survive its crash.
func (s *scenario) spares(i int) bool {
	p := s.c.nodes[i].p
	if p == nil {
		return false
	}
	for _, g := range s.c.groups {
		if g.Size == 0 && g.has(i) && !s.c.survivable(g, p) {
			return false
		}
	}
	return true
}

// crash ends a process; another run begins after a time. It reports whether there was one to end.
func (s *scenario) crash(i int, down time.Duration) bool {
	if !s.c.nodes[i].alive() {
		return false
	}
	s.c.Crash(i)
	end := s.c.disturb()
	s.c.clock.after(down, func() {
		s.boot(i)
		end()
	})
	return true
}

// barsEnd is when the last member that waits out its strikes is let in again.
func (c *Cluster) barsEnd() (last time.Duration) {
	for _, n := range c.nodes {
		if n.p == nil {
			continue
		}
		for _, k := range n.p.core.Status().KeptOut {
			if !k.Until.IsZero() {
				last = max(last, n.p.virtual(k.Until))
			}
		}
	}
	return last
}
