package sim

// Faults that strike just when a member has come to a given state of the protocol, once or several times in a row.

import (
	"time"

	"github.com/lockstep-go/lockstep/membership"
)

// atState waits for members to come to drawn states, and strikes each time, up to a number of times; a small partition or a crash
// gets things going.
func (s *swarm) atState(times int) {
	c := s.c
	kind := faultAtState
	if times > 1 {
		kind = faultCascade
	}
	state, who := s.target(times)
	c.onState = func(i int, st membership.State) {
		if s.over || st != state || who >= 0 && who != i {
			return
		}
		if times--; times == 0 {
			c.onState = nil
		}
		state, who = s.target(times)
		if s.rng.IntN(3) == 0 {
			i = s.rng.IntN(len(c.nodes)) // somebody else, just then
		}
		c.clock.after(time.Duration(s.rng.Int64N(int64(2*c.opts.Network.Delay+time.Microsecond))), func() {
			if !s.over {
				c.struck(kind)
				c.stats.StruckIn[st]++
				s.strikeAt(kind, i)
			}
		})
	}
	if victim := s.rng.IntN(len(c.nodes)); s.rng.IntN(3) == 0 && s.spares(victim) {
		s.kill(victim, s.span(kind, 50*time.Millisecond, 2*time.Second))
		return
	}
	s.disturbNetwork(faultPartition, 0)
}

// target draws a state and who has to come to it; -1: anybody. A cascade wants rings that are not installed.
func (s *swarm) target(times int) (membership.State, int) {
	who := -1
	if s.rng.IntN(3) == 0 {
		who = s.rng.IntN(len(s.c.nodes))
	}
	if times > 1 {
		return membership.StateCommit + membership.State(s.rng.IntN(2)), -1
	}
	return membership.StateOperational + membership.State(s.rng.IntN(4)), who
}

// strikeAt draws what happens to a member in that state.
func (s *swarm) strikeAt(kind faultKind, i int) {
	long := s.span(kind, 20*time.Millisecond, 2*time.Second)
	switch s.rng.IntN(6) {
	case 0, 1:
		s.disturbNetwork(faultPartition, i)
	case 2:
		s.lay(long, &disturbance{kind: faultDeaf, cut: true}, s.pathsOf(i, s.rng.IntN(2) == 0))
	case 3:
		s.pause(i, long)
	case 4:
		s.restart(i, s.span(faultRestart, time.Millisecond, 150*time.Millisecond))
	default:
		s.kill(i, long)
	}
}
