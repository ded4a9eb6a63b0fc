package sim

// Which losses a group need not survive: without a configured size, who is lost at once decides what can be known later.

import "time"

// calmFor is how long nothing may have been wrong for a crash to be one that every group must survive.
const calmFor = 2 * time.Second

// judgeCrash notes which groups may stay without a primary because of this crash. A group with a size comes back when all its
// names do; one without needs more than half of its last primary view, or half with the oldest.
func (c *Cluster) judgeCrash(p *process) {
	for _, g := range c.groups {
		if g.Size == 0 && g.has(p.n.index) && !c.survivable(g, p) {
			g.mayBlock = true
		}
	}
}

// judgeLeave notes that a group without a size may stay without a primary because of this leave: where members leave while
// others are cut off, the last one to leave takes the newest memory along.
func (c *Cluster) judgeLeave(a *app) {
	if a.g.Size == 0 && (c.disturbed > 0 || c.clock.now-c.calmSince < calmFor) {
		a.g.mayBlock = true
	}
}

// survivable reports whether a group without a size must survive the crash of p now.
func (c *Cluster) survivable(g *group, p *process) bool {
	if c.disturbed > 0 || c.clock.now-c.calmSince < calmFor {
		return false
	}
	var view *app
	for _, i := range g.Nodes {
		q := c.nodes[i].p
		if q == nil || q.paused {
			return false
		}
		a := q.app(g)
		if a.view == nil || a.blocked || a.holding || a.leaving || len(a.view.Loading) > 0 || a.waits() > 0 {
			return false
		}
		if view == nil {
			view = a
		} else if a.view.ID != view.view.ID {
			return false
		}
	}
	members := view.view.Members
	survivors, oldest := 0, false
	for i, m := range members {
		if m.ID != p.id {
			survivors++
			oldest = oldest || i == 0
		}
	}
	return 2*survivors > len(members) || 2*survivors == len(members) && oldest
}

// disturb says that something begins to be wrong; the function returned says that it has ended.
func (c *Cluster) disturb() (end func()) {
	c.disturbed++
	ended := false
	return func() {
		if !ended {
			ended = true
			c.disturbed--
			c.calmSince = c.clock.now
		}
	}
}
