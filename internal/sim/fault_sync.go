package sim

// The moment at which the directories of a ring become one: whoever comes to it first is cut off from those who have yet to.

import "time"

// firstToSync waits for a ring, lets some pass, and strikes when its first members have the directory of all. A partition that ends
// soon gets rings going.
func (s *swarm) firstToSync() {
	c := s.c
	pass := s.traps.IntN(2)
	c.onSync = func(i int) {
		p := c.nodes[i].p
		if s.over || p == nil {
			return
		}
		here, late := s.inStep(i)
		if len(here) > len(late) || len(late) == 0 {
			return // not the first
		}
		if pass--; pass >= 0 {
			return
		}
		c.onSync = nil
		c.clock.after(0, func() {
			if here, late := s.inStep(i); len(late) > 0 {
				s.cutOff(faultSync, here)
			}
		})
	}
	s.lay(s.between(100*time.Millisecond, time.Second), &disturbance{kind: faultSync, cut: true}, between(s.sides(-1)))
}

// inStep lists who has the same directory as a node, and who is on its ring and has yet to get it.
func (s *swarm) inStep(i int) (here, late []int) {
	p := s.c.nodes[i].p
	if p == nil {
		return nil, nil
	}
	for k, n := range s.c.nodes {
		switch {
		case n.p == nil:
		case n.p.synced == p.synced:
			here = append(here, k)
		case n.p.ring == p.synced:
			late = append(late, k)
		}
	}
	return here, late
}
