package core

// What an operator and a test may see of a Core.

import (
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/ordering"
)

// A Status is a snapshot of one member.
type Status struct {
	State    membership.State
	Ring     wire.RingID
	Members  []membership.Member // of the last ring installed, in ring order
	Synced   bool
	Rotation time.Duration // of a busy token, smoothed
	Window   int           // bytes of packets that all members together may multicast in a rotation
	Aru      uint64
	High     uint64
	Safe     uint64
	Position wire.Position
	Bytes    int // held for retransmission and delivery
	Counters ordering.Counters
	Coverage membership.Coverage
	Dropped  uint64
	Cut      uint64 // messages that a view change cut in two
	Groups   []GroupStatus
	KeptOut  []membership.KeptOut
}

// A GroupStatus is this member's part in one group.
type GroupStatus struct {
	Name       string
	Membership membership.Membership
	View       membership.View
	Queued     int // messages waiting for a number
	InFlight   int // messages numbered, not yet delivered here
	Held       int // messages held back for want of a quorum
	Size       int // how many names vote; 0: the last primary decides
	Voters     []string
}

// Status takes a snapshot.
func (c *Core) Status() Status {
	r := c.ring.Ordering()
	s := Status{
		State: c.ring.State(), Ring: r.ID, Synced: c.dir.Synced(), Rotation: c.ring.Rotation(), Window: r.Window(),
		Aru: r.Aru(), High: r.High(), Safe: r.Safe(), Position: r.Position(), Bytes: r.Bytes(), Counters: c.ring.Counters(), Coverage: c.ring.Coverage, Dropped: c.Dropped,
		KeptOut: c.ring.KeptOut(),
	}
	for _, id := range r.Members {
		s.Members = append(s.Members, c.member(id))
	}
	for _, g := range c.order {
		_, view, _ := c.dir.Members(g.id)
		s.Groups = append(s.Groups, GroupStatus{Name: g.name, Membership: c.dir.Membership(g.id), View: view,
			Queued: g.queue.len(), InFlight: g.inflight.len(), Held: len(g.held)})
		last := &s.Groups[len(s.Groups)-1]
		last.Size, last.Voters = c.dir.Voters(g.id)
	}
	return s
}

// TokenSeq is the number of the last token accepted on the ring installed: it moves while the token does.
func (c *Core) TokenSeq() uint64 { return c.ring.Ordering().TokenSeq() }

// Coverage counts what happened here, so that a test can tell that it did.
func (c *Core) Coverage() membership.Coverage { return c.ring.Coverage }

// Counters count packets on all rings so far.
func (c *Core) Counters() ordering.Counters { return c.ring.Counters() }

// Neighbours are the members before and after this one on the ring, whom the node should watch with a stream.
func (c *Core) Neighbours() []wire.Info { return c.ring.Neighbours() }

// Info is what is known of a member: where to dial it.
func (c *Core) Info(id wire.MemberID) wire.Info { return c.ring.Info(id) }

// Members are the members of any group and its view, as this member's directory has them.
func (c *Core) Members(id wire.GroupID) ([]membership.Member, membership.View, bool) {
	return c.dir.Members(id)
}

// Groups are the names of all groups on the ring, sorted.
func (c *Core) Groups() []string { return c.dir.Groups() }

// Table is the agreed table of a group's message types; it only grows.
func (c *Core) Table(id wire.GroupID) []wire.HandlerEntry { return c.dir.Table(id) }
