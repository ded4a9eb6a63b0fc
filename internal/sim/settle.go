package sim

// Liveness: after everything was healed and time has passed, the cluster is whole again.

import "fmt"

// settle checks that all living members share one ring, that every group has a primary with all who want to be in it and
// one state, and that nobody owes anything.
func (c *Cluster) settle() {
	const liveness = "liveness"
	var first *process
	for _, n := range c.nodes {
		p := n.p
		if p == nil {
			c.trouble(liveness, "", "", "%s does not run", n.name)
			continue
		}
		if first == nil {
			first = p
		}
		if p.ring != first.ring || p.ring.IsZero() {
			c.trouble(liveness, "", p.member, "is on ring %v, %s on %v", p.ring, first.member, first.ring)
		}
		p.settleReports()
		if n := len(p.direct.open); n > 0 {
			c.trouble(liveness, "", p.member, "%d point-to-point messages are neither acknowledged nor lost", n)
		}
	}
	for _, g := range c.groups {
		c.settleGroup(g)
	}
	c.history.Quiet = true
}

func (c *Cluster) settleGroup(g *group) {
	var first *app
	wrong := func(a *app, format string, args ...any) {
		c.trouble("liveness", g.Name, a.p.member, "%s (%s)", fmt.Sprintf(format, args...), a.p.core.Explain(g.id))
	}
	var apps []*app
	blocked := 0
	for _, i := range g.Nodes {
		p := c.nodes[i].p
		if p == nil {
			continue
		}
		a := p.app(g)
		apps = append(apps, a)
		if a.view == nil || a.blocked {
			blocked++
		}
	}
	if blocked == len(apps) && g.mayBlock {
		c.stats.GroupsBlocked++
		return
	}
	if len(apps) > 0 && g.resized(apps[0].p) {
		c.stats.Resized++
	}
	for _, a := range apps {
		switch {
		case a.view == nil:
			wrong(a, "is in no view")
			continue
		case a.blocked || !a.view.Primary && !g.partitionable():
			wrong(a, "has no primary")
			continue
		case a.holding:
			wrong(a, "still loads")
			continue
		case a.waits() > 0:
			wrong(a, "%d upcalls wait", a.waits())
		case len(a.tags) > 0:
			wrong(a, "%d messages are neither delivered nor lost", len(a.tags))
		case len(a.queries.open) > 0:
			wrong(a, "%d queries lack answers", len(a.queries.open))
		case len(a.view.Members) != len(apps):
			wrong(a, "sees %d members, not %d", len(a.view.Members), len(apps))
		}
		if first == nil {
			first = a
		}
		if a.view.ID != first.view.ID || a.count != first.count || a.chain != first.chain {
			wrong(a, "is in %v with state %d %08x, %s in %v with %d %08x", a.view.ID, a.count, uint32(a.chain), first.p.member, first.view.ID,
				first.count, uint32(first.chain))
		}
	}
}
