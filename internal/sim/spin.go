package sim

// A core whose deadline stays in the past would stop time itself: that is reported instead.

import "time"

// spinLimit is how often a core's timer may fire in one instant.
const spinLimit = 1000

type spinState struct {
	at    time.Duration
	count int
}

// spins counts timers in one instant and reports whether the core is stuck; its process is ended then.
func (p *process) spins(at time.Duration) bool {
	c := p.n.c
	s := &c.spin[p.n.index]
	if s.at != at {
		*s = spinState{at: at}
	}
	if s.count++; s.count < spinLimit {
		return false
	}
	c.trouble("liveness", "", p.member, "its deadline stays in the past at %v", at)
	p.n.crash()
	return true
}
