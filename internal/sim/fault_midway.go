package sim

// A view that changes while a message is under way in many packets: it is void everywhere, and its sender begins it again.

import "time"

// midway has up to two members of a group send large messages, and another leave a few hops of the token later.
func (s *swarm) midway() {
	c := s.c
	g := c.busy()[s.traps.IntN(len(c.busy()))]
	var able []*app
	for _, k := range s.traps.Perm(len(g.Nodes)) {
		if a := c.app(g.Nodes[k], g.Name); a != nil && a.ready() {
			able = append(able, a)
		}
	}
	if len(able) < 2 {
		return
	}
	leaver, senders := able[0], able[1:min(len(able), 2+s.traps.IntN(2))]
	for _, a := range senders {
		a.send(s.work.kind(), s.work.order(), 30_000+s.traps.IntN(250_000))
		a.send(s.work.kind(), s.work.order(), s.work.size()) // and one behind it, which keeps its place
	}
	hops := time.Duration(s.traps.IntN(3 * len(c.nodes)))
	c.clock.after(hops*(c.opts.Network.Delay+c.opts.Network.Jitter/2), func() {
		if !s.over && leaver.ready() {
			s.work.leave(leaver)
			c.struck(faultMidway)
		}
	})
}
