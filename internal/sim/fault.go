package sim

// Faults: what strikes, whom, and for how long.

import "time"

// A faultKind is one way in which things go wrong.
type faultKind int

const (
	faultCrash faultKind = iota
	faultPartition
	faultOneWay
	faultLoss
	faultPause
	faultDuplicate
	faultDelay
	faultSlow
	faultRecovery // a crash while a ring is formed
	faultKinds
)

// strike draws one fault and lets it happen.
func (s *scenario) strike() {
	if len(s.kinds) == 0 {
		return
	}
	c := s.c
	c.stats.Faults++
	victim := s.rng.IntN(len(c.nodes))
	kind := s.kinds[s.rng.IntN(len(s.kinds))]
	if kind == faultCrash && s.rng.IntN(10) < 7 && !s.spares(victim) {
		kind = faultPartition
	}
	switch kind {
	case faultCrash:
		s.crash(victim, s.between(50*time.Millisecond, 3*time.Second))
	case faultPartition:
		s.partition(s.between(200*time.Millisecond, 4*time.Second))
	case faultOneWay:
		to := (victim + 1 + s.rng.IntN(len(c.nodes)-1)) % len(c.nodes)
		s.during(s.between(100*time.Millisecond, 3*time.Second), c.CutOneWay(victim, to))
	case faultLoss:
		loss := 0.05 + 0.35*s.rng.Float64()
		s.onPaths(s.between(100*time.Millisecond, 2*time.Second), func(p *path) { p.loss = loss }, func(p *path) { p.loss = 0 })
	case faultPause:
		d := s.between(20*time.Millisecond, 1500*time.Millisecond)
		c.Pause(victim, d)
		s.during(d, func() {})
	case faultDuplicate:
		s.onPaths(s.between(100*time.Millisecond, 3*time.Second), func(p *path) { p.again = 0.5 }, func(p *path) { p.again = 0 })
	case faultDelay:
		extra := s.between(2*time.Millisecond, 150*time.Millisecond)
		s.onPaths(s.between(100*time.Millisecond, 2*time.Second), func(p *path) { p.extra = extra }, func(p *path) { p.extra = 0 })
	case faultSlow:
		n := c.nodes[victim]
		n.slow = true
		s.during(s.between(200*time.Millisecond, 2*time.Second), func() { n.slow = false })
	case faultRecovery:
		s.crashInRecovery(victim)
	}
}

func (s *scenario) between(least, most time.Duration) time.Duration {
	return least + time.Duration(s.rng.Int64N(int64(most-least)))
}

// during undoes a fault after d.
func (s *scenario) during(d time.Duration, undo func()) {
	end := s.c.disturb()
	s.c.clock.after(d, func() {
		if len(s.kinds) > 0 { // else all was healed already
			undo()
		}
		end()
	})
}

func (s *scenario) onPaths(d time.Duration, do, undo func(*path)) {
	var hit []*path
	whole := s.rng.IntN(2) == 0
	for i := range s.c.net.paths {
		for j := range s.c.net.paths[i] {
			if i != j && (whole || s.rng.IntN(3) == 0) {
				do(&s.c.net.paths[i][j])
				hit = append(hit, &s.c.net.paths[i][j])
			}
		}
	}
	s.c.tracef("a disturbance on %d paths for %v", len(hit), d)
	s.during(d, func() {
		for _, p := range hit {
			undo(p)
		}
	})
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

func (s *scenario) crash(i int, down time.Duration) {
	if !s.c.nodes[i].alive() {
		return
	}
	s.c.Crash(i)
	end := s.c.disturb()
	s.c.clock.after(down, func() {
		s.boot(i)
		end()
	})
}

// partition splits the nodes in two or three, or one way only at times, or in a bridge: one node hears both sides.
func (s *scenario) partition(d time.Duration) {
	n := len(s.c.nodes)
	sides := make([][]int, 2+s.rng.IntN(2))
	bridge := -1
	if s.rng.IntN(5) == 0 {
		bridge = s.rng.IntN(n)
	}
	for i := range n {
		if i != bridge {
			k := s.rng.IntN(len(sides))
			sides[k] = append(sides[k], i)
		}
	}
	s.c.tracef("partition %v bridge %d for %v", sides, bridge, d)
	s.during(d, s.c.Partition(sides...))
}

// crashInRecovery provokes a new ring and crashes somebody while it is formed.
func (s *scenario) crashInRecovery(victim int) {
	c := s.c
	c.trap = func(p *process) {
		c.trap = nil
		i := p.n.index
		if s.rng.IntN(2) == 0 {
			i = s.rng.IntN(len(c.nodes))
		}
		c.clock.after(time.Duration(s.rng.Int64N(int64(2*c.opts.Network.Delay+time.Microsecond))), func() {
			if len(s.kinds) > 0 {
				s.crash(i, s.between(50*time.Millisecond, 3*time.Second))
			}
		})
	}
	s.partition(s.between(100*time.Millisecond, 2*time.Second))
}
