package core

// What the ring delivers, turned into what groups see: the directory decides, this file carries out.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

func (c *Core) deliver(d membership.Delivery) {
	c.moved = c.moved || d.Kind != membership.DeliverMessages || d.Messages.Kind >= wire.KindGroupJoin
	switch d.Kind {
	case membership.DeliverMessages:
		c.message(d)
	case membership.DeliverTransitional:
		c.trans = d.Members
		c.dir.Transitional(d.Members)
		c.events()
	case membership.DeliverRing:
		c.installed(d)
	}
}

// installed begins a new ring: its members' directories have to agree before anything else is numbered.
func (c *Core) installed(d membership.Delivery) {
	c.trans = nil
	c.syncSent = false
	clear(c.again)
	c.control = slices.DeleteFunc(c.control, func(o *outgoing) bool { return true })
	for _, g := range c.order {
		g.transit, g.with = false, nil
		if g.queue.len() > 0 {
			g.queue.first().off, g.queue.first().restart = 0, false // fragments do not outlive their ring
		}
		for i := range g.calls {
			g.calls[i].seq = 0
		}
	}
	members := make([]wire.Info, len(d.Members))
	for i, id := range d.Members {
		members[i] = c.ring.Info(id)
		if id == c.cfg.Self.ID {
			members[i] = c.cfg.Self
		}
	}
	c.dir.Install(d.Ring, members, d.Trans)
	c.dir.Lost(d.Departed)
	c.events()
	c.direct.retain(c, d.Members)
	if dir, mine := c.dir.Describe(c.joins()); mine {
		c.event(0, wire.KindDirectory, dir.Append(nil))
	}
	c.bringChains(d.Link)
}

func (c *Core) message(d membership.Delivery) {
	m := &d.Messages
	switch {
	case m.Kind == wire.KindDirectory:
		dir, err := wire.ParseDirectory(m.Payload())
		if err != nil {
			c.invariant("directory of %v: %v", m.Origin, err)
			return
		}
		c.dir.Collect(dir)
		c.sendSync()
	case m.Kind == wire.KindChain:
		chains, err := wire.ParseChains(m.Payload())
		if err != nil {
			c.invariant("chains of %v: %v", m.Origin, err)
			return
		}
		c.collectChains(m.Origin, chains)
		c.sendSync()
	case m.Kind == wire.KindReport:
		c.deliverReport(d)
	case m.Kind == wire.KindSync:
		sync, err := wire.ParseSync(m.Payload())
		if err != nil || sync.Ring != c.ring.Ring() {
			c.invariant("sync of %v for another ring", m.Origin)
			return
		}
		if c.judgeChains() {
			return // a ring with members that diverged agrees on nothing: the next one does
		}
		c.dir.Deliver(m.Group, m.Position, m.Kind, m.Payload())
		c.events()
		if c.trans == nil && c.dir.Synced() {
			c.synced()
		}
	case m.Kind == wire.KindBundle:
		c.deliverBundle(d)
	case m.Kind >= wire.KindGroupJoin:
		if c.change(d, m.Group, m.Kind, m.Payload()) {
			c.reconcileTouched(append(c.touched, m.Group)...)
		}
	default:
		c.application(d)
	}
}

// change takes in one membership event of a group; false: it has no place here.
func (c *Core) change(d membership.Delivery, group wire.GroupID, kind wire.Kind, payload []byte) bool {
	m := &d.Messages
	if g := c.groups[group]; g != nil && kind == wire.KindGroupLeave && m.Origin == c.cfg.Self.ID {
		g.unask(wire.KindGroupJoin) // whatever was asked before is answered
	}
	c.touched = c.touched[:0]
	if !d.Contiguous && c.dir.Holding(group) {
		c.dir.Behind(group, m.Position, kind, payload)
		return false
	}
	before := c.dir.View(group)
	c.dir.Deliver(group, m.Position, kind, payload)
	c.events()
	if c.dir.View(group) != before && c.ring.Cut(group) {
		c.cut(group)
	}
	return true
}

// sendSync ends the exchange, at the representative, when everybody was spoken for and brought the chains.
func (c *Core) sendSync() {
	if c.trans == nil && !c.syncSent && c.dir.Complete() && c.chainsComplete() && c.ring.Members()[0] == c.cfg.Self.ID {
		c.syncSent = true
		c.event(0, wire.KindSync, wire.Sync{Ring: c.ring.Ring()}.Append(nil))
	}
}

// synced goes on after the directories agree: what was delivered before is stable in every group that goes on.
func (c *Core) synced() {
	c.eff.Notices = append(c.eff.Notices, Notice{Kind: membership.NoticeSync, Ring: c.ring.Ring()})
	for _, g := range c.asking {
		if n := len(g.calls); n > 0 && c.dir.Accepts(g.id) {
			c.up(Upcall{Kind: UpStable, Group: g.id, Position: g.calls[n-1].position})
			g.calls = nil
		}
	}
	c.reportAgain()
	c.reconcile()
}

// application delivers messages of an application, holds them back or drops them, as the directory says.
func (c *Core) application(d membership.Delivery) {
	m := &d.Messages
	verdict := membership.VerdictDrop
	if d.Contiguous || !c.dir.Holding(m.Group) {
		verdict = c.dir.Messages(m.Group, m.Origin, m.Position, m.Last())
	}
	g := c.groups[m.Group]
	if g == nil {
		return
	}
	u := Upcall{Kind: UpDeliver, Group: m.Group, Position: m.Position, Sender: c.member(m.Origin), Message: m.Kind, Order: m.Order,
		Transitional: d.Transitional, Messages: m.Whole, Memory: m.Memory, ViewID: g.view}
	mine := m.Origin == c.cfg.Self.ID
	switch verdict {
	case membership.VerdictDeliver:
		if !c.in(m.Group) {
			return
		}
		seq := m.Seq
		if c.trans != nil {
			seq = 0
		}
		c.handOver(g, u, mine, seq)
	case membership.VerdictHold:
		if c.in(m.Group) {
			c.hold(g, u, mine)
		}
	default:
		for range m.Whole {
			if mine {
				c.lose(g)
			}
		}
	}
}

// hold keeps messages back, one by one: which of them are replayed, and when, shows later.
func (c *Core) hold(g *group, u Upcall, mine bool) {
	u.Own, u.Members = mine, c.along(g)
	if u.Memory != nil {
		c.eff.Kept = append(c.eff.Kept, u.Memory)
		u.Memory = nil
	}
	for i := range u.Messages {
		one := u
		one.Position += wire.Position(i)
		one.Messages = u.Messages[i : i+1 : i+1]
		g.held = append(g.held, one)
	}
}

// lose notes that an own message has no place in the group's order, for instance one behind a gap where this side holds back. It is
// the first in flight but for those that are held back; outcomes are reported in the order of submission, so it waits for them.
func (c *Core) lose(g *group) {
	for i := g.heldOwn(); i < g.inflight.len(); i++ {
		if o := g.inflight.at(i); !o.lost {
			o.lost = true
			break
		}
	}
	c.settle(g)
}

// settle reports the lost messages that are next in the order of submission.
func (c *Core) settle(g *group) {
	for g.inflight.len() > 0 && g.inflight.first().lost {
		c.up(Upcall{Kind: UpLost, Group: g.id, Tag: g.inflight.pop().tag, Uncertain: true})
	}
}

// in reports whether this member is in the group as far as deliveries go.
func (c *Core) in(id wire.GroupID) bool { return c.dir.Membership(id) >= membership.MembershipLoading }

// handOver delivers messages to the group. Own ones carry their tags, and are parted where those do not follow each other. seq is the
// packet in which they ended; 0: on no ring that is in operation.
func (c *Core) handOver(g *group, u Upcall, mine bool, seq uint64) {
	c.transitional(g)
	for all := u.Messages; len(all) > 0; {
		n := len(all)
		u.Own, u.Tag = false, 0
		if mine {
			if tag, count := g.own(n); count > 0 {
				u.Own, u.Tag, n = true, tag, count
			}
		}
		u.Messages = all[:n:n]
		c.up(u)
		if u.Own {
			c.settle(g)
		}
		g.delivered = u.Last()
		g.delivers(&u)
		if u.Own && u.Message != wire.KindApp {
			g.calls = append(g.calls, mark{seq, u.Last()})
			c.asking.add(g)
		}
		all, u.Position = all[n:], u.Position+wire.Position(n)
	}
	c.flushDirect(g)
}

// transitional reports the transitional configuration before the first delivery in it.
func (c *Core) transitional(g *group) {
	if c.trans == nil || g.transit {
		return
	}
	g.transit = true
	c.up(Upcall{Kind: UpTransitional, Group: g.id, Members: c.along(g)})
}

// along are the group's members in the transitional configuration that is delivered; none in a regular one.
func (c *Core) along(g *group) []membership.Member {
	if g.with != nil || c.trans == nil {
		return g.with
	}
	members, _, _ := c.dir.Members(g.id)
	for _, m := range members {
		if slices.Contains(c.trans, m.ID) {
			g.with = append(g.with, m)
		}
	}
	return g.with
}

// stable reports calls whose message the token has shown to be everywhere.
func (c *Core) stable() {
	if len(c.asking) == 0 || c.trans != nil || c.ring.State() != membership.StateOperational || !c.dir.Synced() {
		return
	}
	safe := c.ring.Ordering().Safe()
	for _, g := range c.asking {
		n := 0
		for n < len(g.calls) && g.calls[n].seq != 0 && g.calls[n].seq <= safe {
			n++
		}
		if n > 0 {
			c.up(Upcall{Kind: UpStable, Group: g.id, Position: g.calls[n-1].position})
			g.calls = g.calls[n:]
		}
	}
	c.asking.keep((*group).asks)
}

// events carries out what the directory reports about this member.
func (c *Core) events() {
	c.touched = c.touched[:0]
	for _, e := range c.dir.Events() {
		c.touched = append(c.touched, e.Group)
		g := c.groups[e.Group]
		if g == nil {
			continue
		}
		u := Upcall{Group: e.Group, Position: e.Position, View: e.View, Cut: e.Cut, Donor: e.Donor, Members: e.Members, Sides: e.Sides,
			Refusal: e.Refusal, Text: e.Text}
		switch e.Kind {
		case membership.EventView:
			if e.View.Rank >= 0 {
				c.transitional(g)
				g.joining = nil
				g.view = e.View.ID
			}
			g.delivered = max(g.delivered, e.Position)
			g.wishes = nil // what was void without a primary is asked for again
			if slices.Contains(e.View.Joined, membership.Member{ID: c.cfg.Self.ID, Name: c.cfg.Self.Name}) {
				g.whole = false // taken in anew, it was told of less than the others; without a state no load says so
			}
			u.Kind = UpView
			g.views(e.View)
			c.up(u)
			if e.View.ID.Num >= membership.LastView {
				c.viewsSpent = true
			}
			c.flushDirect(g)
		case membership.EventBlocked:
			u.Kind = UpBlocked
			c.up(u)
			c.loseAll(g, true)
		case membership.EventReplay:
			c.replayHeld(g, e.Position)
		case membership.EventLoad:
			// Whatever this member had is replaced: what it numbered may live on elsewhere. What was held back behind the cut may
			// still be made good.
			c.loseAll(g, true)
			g.held = slices.DeleteFunc(g.held, func(u Upcall) bool { return u.Position < e.Cut })
			g.loadDone, g.failedCut = false, nil
			g.transit, g.with = false, nil // the report of it is void with the rest
			g.joining = nil
			g.delivered = 0
			g.whole = false
			u.Kind = UpLoad
			c.up(u)
		case membership.EventSave:
			u.Kind = UpSave
			c.up(u)
		case membership.EventLoaded:
			u.Kind = UpLoaded
			c.up(u)
		case membership.EventMerge:
			u.Kind = UpMerge
			c.up(u)
		case membership.EventFounded:
			g.held = nil // of an earlier founding
			u.Kind = UpFounded
			c.up(u)
		case membership.EventRefused:
			if g.joining == nil {
				break
			}
			u.Kind = UpRefused
			c.up(u)
			c.dropGroup(g)
		case membership.EventLeft, membership.EventTwoFounders:
			u.Kind = UpLeft
			c.loseAll(g, true)
			c.up(u)
			if g.joining == nil {
				c.dropGroup(g)
			}
		}
	}
}

// replayHeld delivers what was held back before a position, now that this side's memory is the group's: as it would have come, each
// transitional configuration reported before the first delivery in it.
func (c *Core) replayHeld(g *group, before wire.Position) {
	n := 0
	var with []membership.Member
	for n < len(g.held) && g.held[n].Position < before {
		u := g.held[n]
		u.ViewID = g.view
		u.Transitional = true
		if !slices.Equal(u.Members, with) {
			with = u.Members
			c.up(Upcall{Kind: UpTransitional, Group: g.id, Members: with})
		}
		u.Members = nil
		c.handOver(g, u, u.Own, 0)
		c.ring.Coverage.Replayed++
		n++
	}
	g.held = g.held[n:]
}

func (c *Core) member(id wire.MemberID) membership.Member {
	if id == c.cfg.Self.ID {
		return membership.Member{ID: id, Name: c.cfg.Self.Name}
	}
	return membership.Member{ID: id, Name: c.ring.Info(id).Name}
}
