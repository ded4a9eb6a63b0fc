package core

// Bundles: several groups joined, or left, at one place in the order, so that nobody ever sees this member in some of them and not in the
// others.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// A bundle is the groups of one wish.
type bundle struct{ groups []*group }

// tie puts groups together; what tied them before does not any more.
func tie(groups []*group) {
	b := &bundle{groups: groups}
	for _, g := range groups {
		g.bundle = b
	}
}

// joinGroups is joinGroup for several groups at once.
func (c *Core) joinGroups(ev JoinGroups) {
	var groups []*group
	for i := range ev.Groups {
		groups = append(groups, c.wishJoin(ev.Groups[i]))
	}
	tie(groups)
	c.reconcileGroups(groups...)
}

// leaveGroups is leaveGroup for several groups at once.
func (c *Core) leaveGroups(ev LeaveGroups) {
	var groups []*group
	for _, id := range ev.Groups {
		if g := c.wishLeave(LeaveGroup{Group: id}); g != nil {
			groups = append(groups, g)
		}
	}
	tie(groups)
	c.reconcileGroups(groups...)
}

// askTogether puts the wishes of a bundle, when each of its groups that has one may have it put. What has happened already, because a ring
// ended in the middle of it, is not asked for again.
func (c *Core) askTogether(b *bundle) {
	ring := c.ring.Ring()
	var asking []*group
	var events []wire.BundledEvent
	for _, g := range b.groups {
		if c.groups[g.id] != g || g.bundle != b {
			continue
		}
		kind, payload, waits := c.wish(g)
		if waits {
			return
		}
		if kind != 0 && !g.asked(kind, ring) {
			asking = append(asking, g)
			events = append(events, wire.BundledEvent{Group: g.id, Kind: kind, Payload: payload()})
		}
	}
	for i, g := range asking {
		g.ask(events[i].Kind, ring)
	}
	for all := events; len(all) > 0; {
		n := min(len(all), wire.MaxBundle)
		c.event(0, wire.KindBundle, wire.Bundle{Events: all[:n]}.Append(nil))
		all = all[n:]
	}
}

// deliverBundle takes in each of the events, all in one place.
func (c *Core) deliverBundle(d membership.Delivery) {
	p, err := wire.ParseBundle(d.Messages.Payload())
	if err != nil {
		c.invariant("bundle of %v: %v", d.Messages.Origin, err)
		return
	}
	var touched []wire.GroupID
	for _, e := range p.Events {
		if e.Kind == wire.KindGroupJoin || e.Kind == wire.KindGroupLeave {
			c.change(d, e.Group, e.Kind, e.Payload)
			touched = append(append(touched, e.Group), c.touched...)
		}
	}
	slices.Sort(touched)
	c.reconcileTouched(slices.Compact(touched)...)
}
