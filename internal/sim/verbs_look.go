package sim

// The verbs that look: what a story may know of its members besides what their applications were told.

import (
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// Status is what a node's process would show its operator; false while none runs.
func (c *Cluster) Status(i int) (core.Status, bool) {
	p := c.nodes[i].p
	if p == nil {
		return core.Status{}, false
	}
	return p.core.Status(), true
}

// Member is the name of the process that runs on a node, or of the last that did.
func (c *Cluster) Member(i int) evs.Member { return c.nodes[i].member() }

// Stats are what the run consisted of so far.
func (c *Cluster) Stats() Stats { return c.stats }

// Counted is what all processes counted so far, the dead ones included.
func (c *Cluster) Counted() Coverage {
	sum := c.coverage
	for _, n := range c.nodes {
		if n.alive() {
			sum.Add(n.p.counted())
		}
	}
	return sum
}

// OnState has f told whenever a node's process comes to another state. What it does to the cluster it must do through After.
func (c *Cluster) OnState(f func(node int, s membership.State)) { c.onState = f }

// After has f called in d.
func (c *Cluster) After(d time.Duration, f func()) { c.clock.after(d, f) }

// Slow has the handlers on a node take their time for each message, or not any more.
func (c *Cluster) Slow(i int, on bool) { c.nodes[i].slow = on }

// Ask has the process on a node send an apply or a query, and reports whether it was accepted.
func (c *Cluster) Ask(i int, group string, kind wire.Kind, order wire.Order, size int) bool {
	a := c.app(i, group)
	return a != nil && a.send(kind, order, size)
}

// Settle checks that the cluster is whole: see settle.
func (c *Cluster) Settle() { c.settle() }
