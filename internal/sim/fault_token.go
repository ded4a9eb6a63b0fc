package sim

// Commit tokens that come late. One that formed a ring long ago is still on its way, since the sender sent it again; it arrives when the
// same members gather once more, without the one who made it.

import (
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// mostCommits bounds the commit tokens that are held back.
const mostCommits = 32

// oldCommits are commit tokens on their way.
type oldCommits struct {
	rings   map[wire.RingID][]wire.MemberID // every ring that was proposed
	delayed []delayedCommit
}

type delayedCommit struct {
	packet  Packet
	ring    wire.RingID
	members []wire.MemberID
}

// keepCommits holds back the first copy of three in four commit tokens on their first way.
func (s *swarm) keepCommits() {
	s.commits.rings = map[wire.RingID][]wire.MemberID{}
	s.c.Watch(func(p Packet) (f Fate) {
		if p.Type() != wire.TypeCommitToken {
			return f
		}
		parsed, err := wire.Parse(p.Body)
		t, ok := parsed.(*wire.CommitToken)
		if err != nil || !ok || t.Hop != 1 || s.commits.rings[t.Ring] != nil {
			return f
		}
		members := make([]wire.MemberID, len(t.Entries))
		for i := range t.Entries {
			members[i] = t.Entries[i].ID
		}
		s.commits.rings[t.Ring] = members
		if s.traps.IntN(4) == 0 {
			return f
		}
		if len(s.commits.delayed) == mostCommits {
			s.commits.delayed = s.commits.delayed[1:]
		}
		s.commits.delayed = append(s.commits.delayed, delayedCommit{p, t.Ring, members})
		return Fate{Drop: true}
	})
}

// oldToken waits for a ring to be formed again of the members that formed one when a commit token was held back; a partition that ends
// soon may bring that about.
func (s *swarm) oldToken() {
	s.lay(s.between(100*time.Millisecond, time.Second), &disturbance{kind: faultOldToken, cut: true}, between(s.sides(-1)))
	s.sendOldToken(8)
}

// sendOldToken tries, so many times, to find a commit token of a former ring of the members of the ring there is. It silences who made
// it, and lets it arrive at the next of them as soon as that one gathers.
func (s *swarm) sendOldToken(tries int) {
	c := s.c
	if s.over || tries == 0 {
		return
	}
	at := slices.IndexFunc(s.commits.delayed, func(d delayedCommit) bool {
		p := c.nodes[d.packet.To].p
		return p != nil && c.nodes[d.packet.From].p != nil && p.ring.Seq > d.ring.Seq && slices.Equal(s.commits.rings[p.ring], d.members)
	})
	if at < 0 {
		c.clock.after(500*time.Millisecond, func() { s.sendOldToken(tries - 1) })
		return
	}
	d := s.commits.delayed[at]
	s.commits.delayed = slices.Delete(s.commits.delayed, at, at+1)
	// Lost, and not cut: what was on its way arrives.
	from := d.packet.From
	s.lay(s.span(faultOldToken, time.Second, 4*time.Second), &disturbance{kind: faultOldToken, loss: 1}, append(s.pathsOf(from, false), s.pathsOf(from, true)...))
	c.onState = func(i int, st membership.State) {
		if s.over || i != d.packet.To || st != membership.StateGather {
			return
		}
		c.onState = nil
		c.clock.after(time.Duration(s.traps.Int64N(int64(c.opts.Timing.Consensus))), func() {
			if !s.over {
				c.Replay(d.packet)
			}
		})
	}
}
