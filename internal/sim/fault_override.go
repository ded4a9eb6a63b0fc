package sim

// Overrides: so many are lost that a group blocks, an operator looks at one of those who are left, and gives the word that it goes on.
// Mostly those whom the word gives up are gone for good. A careless operator's live, cut off; then there are two foundings, which must
// never mix. Now and then the word is about another founding, or another ring, or there are two operators.

import (
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/membership"
)

// A word is what an operator said: the founding, and on which ring.
type word struct{ ring, founding uint64 }

// override loses many, or cuts the network in two, or takes things as they are; some time later operators look.
func (s *swarm) override() {
	c, rng := s.c, s.words.rng
	long := s.span(faultOverride, 3*time.Second, 6*time.Second)
	switch rng.IntN(4) {
	case 0:
	case 1:
		if s.words.careless {
			s.lay(long, &disturbance{kind: faultOverride, cut: true}, between(s.sides(-1)))
		}
	default:
		nodes := rng.Perm(len(c.nodes))
		for _, i := range nodes[1+rng.IntN((len(nodes)+1)/2):] {
			s.kill(i, long+time.Duration(rng.IntN(500))*time.Millisecond)
		}
	}
	for range 1 + rng.IntN(2) {
		c.clock.after(time.Duration(1000+rng.IntN(2000))*time.Millisecond, s.operate)
	}
}

// operate has an operator look at every group, at whatever member is blocked, and give the word there.
func (s *swarm) operate() {
	c, rng := s.c, s.words.rng
	for _, g := range c.busy() {
		for _, k := range rng.Perm(len(g.Nodes)) {
			a := c.app(g.Nodes[k], g.Name)
			if s.over || a == nil || !a.blocked || a.leaving {
				continue
			}
			ring, founding, names, ok := a.p.core.Loss(g.id)
			if !ok {
				continue
			}
			wrong := !g.gone(c, names)
			if wrong && !s.words.careless {
				continue
			}
			p, say := a.p, core.Override{Group: g.id, Ring: ring, Founding: founding}
			bad := rng.IntN(12)
			c.clock.after(time.Duration(rng.IntN(3))*c.opts.Network.Delay, func() {
				if s.over {
					return
				}
				if g.words == nil {
					g.words = map[word]bool{}
				}
				switch bad {
				case 0:
					say.Founding++
				case 1:
					say.Ring.Seq--
				default:
					g.words[word{ring.Context(), founding}] = true
					c.struck(faultOverride)
					c.stats.Overrides++
					if wrong {
						c.stats.WrongOverrides++
					}
				}
				c.tracef("%s %s: an override of founding %d on ring %v, %v are lost, wrong %v", p.member, g.Name, say.Founding, say.Ring, names, wrong)
				p.when(func() { p.step(say) })
				if s.words.parted {
					s.part(p)
				}
			})
			if rng.IntN(3) > 0 {
				break
			}
		}
	}
}

// part cuts off somebody who is on a process's ring while a word is on its way: some take it on the ring, some when that has ended.
func (s *swarm) part(p *process) {
	c, rng := s.c, s.words.late
	var here []int
	for i, n := range c.nodes {
		if n.p != nil && n.p.ring == p.ring {
			here = append(here, i)
		}
	}
	if len(here) == 0 {
		return // it was alone, and has died
	}
	i := here[rng.IntN(len(here))]
	hops := time.Duration(1 + rng.IntN(4*len(here)))
	c.clock.after(hops*(c.opts.Network.Delay+c.opts.Network.Jitter/2), func() { s.cutOff(faultOverride, []int{i}) })
}

// gone reports whether none of the names has a state of the group, or may have.
func (g *group) gone(c *Cluster, names []string) bool {
	for _, n := range c.nodes {
		if n.p == nil || !slices.Contains(names, n.name) {
			continue
		}
		if a := n.p.app(g); a != nil && (a.view != nil || a.holding || a.waits() > 0) {
			return false
		}
	}
	return true
}

// follow checks that a member goes on in another founding only where somebody gave the word, on the ring on which it was given.
func (a *app) follow(v *membership.View) {
	was := a.founds
	a.founds = v.Founding
	if a.g.Idle || a.g.partitionable() || was == 0 || was == v.Founding || holds(v.Joined, a.p.id) {
		return
	}
	if !a.g.words[word{v.ID.Ring, was}] {
		a.trouble(evs.LinesApart, "goes on in founding %d instead of %d, and nobody said so on ring %x", v.Founding, was, v.ID.Ring)
		return
	}
	a.p.n.c.stats.Overridden++
}
