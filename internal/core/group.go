package core

// One group at this member: what it wants (to join, to leave), what it sends, what it holds back.

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// A group is this member's part in one group. The membership itself is in the directory.
type group struct {
	id   wire.GroupID
	name string

	joining   *JoinGroup // wanted, no outcome yet
	attempt   uint64
	leaving   bool
	lost      bool // and the state is lost with it
	ending    bool // Terminate is wanted
	loadedCut wire.Position
	giver     wire.MemberID // of that; zero if only the donor can be
	loadDone  bool
	failedCut *LoadFailed
	wishes    []wish  // that were put to the directory
	bundle    *bundle // with which groups it is joined or left; nil: by itself
	at        int     // its place in Core.order

	queue    line[outgoing] // waiting for a number; the first may be half sent
	inflight line[outgoing] // numbered, not yet delivered here
	held     []Upcall       // messages that a member without a quorum holds back, one by one
	view     wire.ViewID    // the last view reported
	transit  bool           // UpTransitional was reported in this transitional configuration

	with  []membership.Member // who of the group moves along in it, once somebody asked
	chain membership.Chain    // of what was handed to the group on this ring
	whole bool                // it was in the group, with the state, since the ring began

	delivered wire.Position // the last position delivered here
	calls     []mark        // own calls delivered but not known to be stable
	pending   []pendingDirect
}

// A mark is delivered calls that somebody waits for to become stable, up to the last of them.
type mark struct {
	seq      uint64 // on the ring in operation; 0: delivered on an earlier ring
	position wire.Position
}

// An outgoing message waits for its number, or for its own delivery.
type outgoing struct {
	group   wire.GroupID
	kind    wire.Kind
	order   wire.Order
	tag     uint64
	payload []byte
	off     int  // how much of it is numbered
	restart bool // a view change cut it in two: begin again and say so
	before  bool // it was numbered before, and who did not see that view change may deliver it so
	lost    bool // it was numbered and has no place in the order
}

func (c *Core) group(id wire.GroupID, name string) *group {
	g := c.groups[id]
	if g == nil {
		g = &group{id: id, name: name}
		c.enlist(g)
		c.congested.forget(id) // what an earlier membership said when it had ended here already
	}
	return g
}

// drop forgets a group that this member is no longer in.
func (c *Core) dropGroup(g *group) {
	c.loseAll(g, true)
	c.strike(g)
	c.congested.forget(g.id)
	c.control = slices.DeleteFunc(c.control, func(o *outgoing) bool { return o.group == g.id && o.off == 0 })
}

func (c *Core) joinGroup(ev JoinGroup) {
	g := c.wishJoin(ev)
	g.bundle = nil
	c.reconcileGroups(g)
}

// wishJoin notes that a group is to be joined.
func (c *Core) wishJoin(ev JoinGroup) *group {
	g := c.group(wire.NewGroupID(ev.Name), ev.Name)
	c.attempts++
	g.joining, g.attempt, g.leaving, g.lost = &ev, c.attempts, false, false
	g.wishes = nil
	return g
}

func (c *Core) leaveGroup(ev LeaveGroup) {
	if g := c.wishLeave(ev); g != nil {
		g.bundle = nil
		c.reconcileGroups(g)
	}
}

// wishLeave notes that a group is to be left; nil if this member is not in it, which is an outcome.
func (c *Core) wishLeave(ev LeaveGroup) *group {
	g := c.groups[ev.Group]
	if g == nil {
		c.up(Upcall{Kind: UpLeft, Group: ev.Group, Refusal: membership.RefusalLeave})
		return nil
	}
	g.leaving, g.lost = true, g.lost || ev.Lost
	g.joining = nil
	g.unask(wire.KindGroupLeave)
	c.parting.add(g)
	return g
}

func (c *Core) terminateGroup(id wire.GroupID) {
	if g := c.groups[id]; g != nil {
		g.ending = true
		c.reconcileGroups(g)
	}
}

func (c *Core) loaded(ev Loaded) {
	if g := c.groups[ev.Group]; g != nil {
		g.loadedCut, g.giver, g.loadDone, g.failedCut = ev.Cut, ev.Giver, true, nil
		g.unask(wire.KindLoaded)
		c.reconcileGroups(g)
	}
}

func (c *Core) loadFailed(ev LoadFailed) {
	if g := c.groups[ev.Group]; g != nil {
		g.failedCut = &ev
		g.unask(wire.KindRecut)
		c.reconcileGroups(g)
	}
}

// reconcile puts to the directory what this member wants and the directory does not know, for all its groups: on every ring whatever
// was wanted on the one before is put again.
func (c *Core) reconcile() { c.reconcileGroups(slices.Clone(c.order)...) }

// reconcileTouched does so after an event of the directory, for the groups that it can have changed anything for, and for those that wait
// for a moment to leave.
func (c *Core) reconcileTouched(ids ...wire.GroupID) {
	set := slices.Clone(c.parting)
	for _, id := range ids {
		if g := c.groups[id]; g != nil {
			set.add(g)
		}
	}
	c.reconcileGroups(set...)
}

// part does so for the groups that wait for a moment to leave: behind messages, or while others load their state.
func (c *Core) part() {
	if len(c.parting) > 0 {
		c.reconcileGroups(slices.Clone(c.parting)...)
	}
}

// reconcileGroups does so for some groups. What one of them wants depends on nothing that happens to another.
func (c *Core) reconcileGroups(groups ...*group) {
	if !c.dir.Synced() || c.trans != nil {
		return
	}
	for _, g := range groups {
		c.reconcileGroup(g)
		switch {
		case c.groups[g.id] != g: // it was left
		case g.leaving && !g.asked(wire.KindGroupLeave, c.ring.Ring()):
			c.parting.add(g)
		default:
			c.parting.remove(g)
		}
	}
}

func (c *Core) reconcileGroup(g *group) {
	ring, self, id := c.ring.Ring(), c.cfg.Self.ID, g.id
	ask := func(kind wire.Kind, payload func() []byte) {
		if !g.asked(kind, ring) {
			g.ask(kind, ring)
			c.event(id, kind, payload())
		}
	}
	in := c.dir.Membership(id)
	kind, payload, _ := c.wish(g)
	switch {
	case g.leaving && in == membership.MembershipNone && kind == 0:
		c.up(Upcall{Kind: UpLeft, Group: id, Refusal: membership.RefusalLeave})
		c.dropGroup(g)
	case kind != 0 && g.bundle != nil:
		c.askTogether(g.bundle)
	case kind != 0:
		ask(kind, payload)
	case g.ending && in == membership.MembershipMember:
		ask(wire.KindTerminate, func() []byte { return (&wire.Terminate{By: self}).Append(nil) })
	}
	if in == membership.MembershipLoading {
		if g.loadDone {
			ask(wire.KindLoaded, func() []byte { return (&wire.Loaded{Member: self, Cut: g.loadedCut, Giver: g.giver}).Append(nil) })
		}
		if f := g.failedCut; f != nil {
			ask(wire.KindRecut, func() []byte { return (&wire.Recut{Member: self, Cut: f.Cut, Donor: f.Donor}).Append(nil) })
		}
	}
}

// wish is what is to be asked for a group now, a join or a leave, 0 for nothing; waits says that a leave's moment has not come.
func (c *Core) wish(g *group) (kind wire.Kind, payload func() []byte, waits bool) {
	in := c.dir.Membership(g.id)
	leave := func() []byte { return c.leavePayload(g) }
	switch {
	case g.leaving && in == membership.MembershipNone:
		// The wish to join may be under way: the leave is ordered behind it.
		if g.asked(wire.KindGroupJoin, c.ring.Ring()) {
			return wire.KindGroupLeave, leave, false
		}
	case g.leaving && (g.lost || c.dir.MayLeave(g.id)) && (g.queue.len() == 0 || !c.sendable(g)):
		// Behind everything this member sent before, unless that cannot be numbered now.
		return wire.KindGroupLeave, leave, false
	case g.leaving:
		return 0, nil, true
	case g.joining != nil && in == membership.MembershipNone && c.seeded:
		return wire.KindGroupJoin, func() []byte { j := c.join(g); return j.Append(nil) }, false
	}
	return 0, nil, false
}

func (c *Core) leavePayload(g *group) []byte {
	l := wire.GroupLeave{Member: c.cfg.Self.ID, Lost: g.lost}
	if g.lost {
		l.Seeds = c.knownSeeds()
	}
	return l.Append(nil)
}

// knownSeeds are the addresses that have to be on a ring where something is decided on the word that nobody is missing.
func (c *Core) knownSeeds() []netip.AddrPort {
	seeds := slices.Clone(c.seeds.Addrs)
	if c.seeds.Unresolved > 0 {
		seeds = append(seeds, unresolved)
	}
	return seeds
}

func (c *Core) join(g *group) wire.GroupJoin {
	return wire.GroupJoin{
		Name: g.name, Mode: g.joining.Mode, Member: wire.GroupMember{ID: c.cfg.Self.ID, Name: c.cfg.Self.Name},
		Attempt: g.attempt, Config: g.joining.Config, Seeds: c.knownSeeds(), Table: g.joining.Table,
	}
}

// joins are the wishes to join that this member brings to a new ring, to be met by its sync in one view with all the others. Those of a
// bundle are put behind the sync: they have a place of their own.
func (c *Core) joins() (list []wire.GroupJoin) {
	for _, g := range c.order {
		if kind, _, _ := c.wish(g); kind == wire.KindGroupJoin && g.bundle == nil {
			list = append(list, c.join(g))
		}
	}
	return list
}

// event queues a membership event: safe, but for what need not be, and before all messages.
func (c *Core) event(id wire.GroupID, kind wire.Kind, payload []byte) {
	order := wire.OrderSafe
	if kind == wire.KindDirectory || kind == wire.KindChain || kind == wire.KindReport {
		order = wire.OrderAgreed
	}
	c.control = append(c.control, &outgoing{group: id, kind: kind, order: order, payload: payload})
}

func (c *Core) submit(ev *Submit) {
	g := c.groups[ev.Group]
	taken := g != nil && !c.closed && c.dir.Accepts(ev.Group)
	for i := range ev.Messages {
		m := &ev.Messages[i]
		if !taken {
			c.up(Upcall{Kind: UpLost, Group: ev.Group, Tag: m.Tag})
			continue
		}
		g.queue.push(outgoing{group: ev.Group, kind: m.Kind, order: m.Order, tag: m.Tag, payload: m.Payload})
	}
	if taken {
		c.sending.add(g)
	}
}

// loseAll reports, in order, every message of a group that will not be delivered here. What was numbered may be delivered by
// others.
func (c *Core) loseAll(g *group, uncertain bool) {
	for i := range g.inflight.len() {
		o := g.inflight.at(i)
		c.up(Upcall{Kind: UpLost, Group: g.id, Tag: o.tag, Uncertain: uncertain})
	}
	for i := range g.queue.len() {
		o := g.queue.at(i)
		c.up(Upcall{Kind: UpLost, Group: g.id, Tag: o.tag, Uncertain: o.before})
	}
	if g.queue.len() > 0 && g.queue.first().restart && g.queue.first().off == 0 {
		c.again[g.id] = true // the next message says it instead
	}
	g.inflight.clear()
	g.queue.clear()
	for i := range g.held {
		g.held[i].Own, g.held[i].Tag = false, 0
	}
	g.calls = nil
}

// own takes the messages of this member that were just delivered, at most n of them and those that are first in flight. It returns the
// first one's tag and how many have it and the tags that follow.
func (g *group) own(n int) (tag uint64, count int) {
	for count < n && g.inflight.len() > 0 {
		o := g.inflight.first()
		if count == 0 {
			tag = o.tag
		} else if o.lost || o.tag != tag+uint64(count) {
			break
		}
		g.inflight.pop()
		count++
	}
	return tag, count
}

// heldOwn is how many of this member's own messages are held back: the first of those in flight.
func (g *group) heldOwn() (n int) {
	for i := range g.held {
		if g.held[i].Own {
			n++
		}
	}
	return n
}

// cut begins again, from its first byte, everything of this member that is under way in a group whose view changed in the middle
// of a message. The others leave out whatever comes before a message that says so.
func (c *Core) cut(id wire.GroupID) {
	c.again[id] = true
	g := c.groups[id]
	if g == nil {
		return
	}
	c.settle(g)
	// What is held back already came before the cut: it has its place, if it gets one.
	var held, again line[outgoing]
	keep := g.heldOwn()
	for i := range g.inflight.len() {
		o := *g.inflight.at(i)
		if i < keep {
			held.push(o)
			continue
		}
		o.before = true
		again.push(o)
	}
	for i := range g.queue.len() {
		again.push(*g.queue.at(i))
	}
	g.inflight, g.queue = held, again
	c.sending.add(g)
	for i := range g.queue.len() {
		o := g.queue.at(i)
		if o.off > 0 {
			c.ring.Coverage.Restarted++
		}
		o.off = 0
	}
}

// Explain says why this member's join of a group has no outcome yet.
func (c *Core) Explain(id wire.GroupID) string {
	switch {
	case !c.seeded:
		return "the seeds are not resolved yet"
	case c.ring.State() != membership.StateOperational:
		return fmt.Sprintf("the ring is in %v", c.ring.State())
	case !c.dir.Synced():
		return "the ring's members are exchanging their directories"
	}
	return c.dir.Explain(id)
}
