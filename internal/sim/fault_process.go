package sim

// Faults of a process: it ends, it stands still, it is slow, its clock is wrong.

import "time"

func (s *swarm) kill(i int, down time.Duration) {
	if s.crash(i, down) {
		s.c.struck(faultCrash)
	}
}

// restart is a crash that nobody may notice before the next run begins.
func (s *swarm) restart(i int, down time.Duration) {
	if s.crash(i, down) {
		s.c.struck(faultRestart)
	}
}

func (s *swarm) pause(i int, d time.Duration) {
	if p := s.c.nodes[i].p; p != nil && !p.paused {
		s.c.struck(faultPause)
		p.pause(d)
		s.during(d, func() {})
	}
}

// shutdown has a process leave its groups and then say good-bye, as Node.Close does; another run begins after a while.
func (s *swarm) shutdown(i int, down time.Duration) {
	n := s.c.nodes[i]
	p := n.p
	if p == nil || p.paused {
		return
	}
	s.c.struck(faultShutdown)
	apart := p.apps[:len(s.c.busy())]
	if s.tied {
		apart = nil
	}
	for _, a := range apart {
		if a != nil {
			s.c.judgeLeave(a)
			a.leave()
		}
	}
	s.leaveTogether(p, p.apps[len(apart):])
	end := s.c.disturb()
	s.c.clock.after(500*time.Millisecond+down, end)
	s.c.clock.after(s.between(time.Millisecond, 500*time.Millisecond), func() {
		p.when(func() {
			if s.over { // all is to be whole: it stays
				p.rejoin()
				return
			}
			s.c.Close(i)
			s.c.clock.after(down, func() { s.boot(i) })
		})
	})
}

// rejoin has all applications of a process want to be members, whatever they wanted before.
func (p *process) rejoin() {
	for _, a := range p.apps {
		if a != nil {
			a.wanted = true
			a.join()
		}
	}
}

// clockJump sets a node's wall clock, which its next run reads, and lets the steady clock of this run drift.
func (s *swarm) clockJump(i int) {
	n := s.c.nodes[i]
	s.c.struck(faultClock)
	most := s.span(faultClock, 100*time.Millisecond, 100*24*time.Hour)
	n.wall = s.between(-most, most)
	if n.p != nil {
		n.p.drift(s.rng.Int64N(2*maxDrift+1) - maxDrift)
	}
	s.c.tracef("%s has its wall clock %v off", n.name, n.wall)
	if s.rng.IntN(2) == 0 && s.spares(i) {
		s.restart(i, s.span(faultRestart, time.Millisecond, 300*time.Millisecond))
	}
}

// slowMember has a process take a while for each packet, ten times what the network takes or more.
func (s *swarm) slowMember(i int) {
	n := s.c.nodes[i]
	if n.pace > 0 {
		return
	}
	s.c.struck(faultSlowMember)
	n.pace = s.span(faultSlowMember, 100*time.Microsecond, 5*time.Millisecond)
	s.during(s.span(faultSlowMember, 200*time.Millisecond, 3*time.Second), func() { n.pace = 0 })
}
