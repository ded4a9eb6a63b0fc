package sim

// The verbs with which a test, or a drawn scenario, tells a cluster what happens to it. Nodes are named by index.

import (
	"fmt"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// Run lets the given time pass.
func (c *Cluster) Run(d time.Duration) { c.clock.run(c.clock.now + d) }

// Start starts a process on each node that has none, and has it join its groups.
func (c *Cluster) Start(nodes ...int) {
	for _, i := range nodes {
		c.Restart(i)
	}
}

// Restart starts a process on a node, as a new incarnation if there was one before, and has it join its groups.
func (c *Cluster) Restart(i int) {
	n := c.nodes[i]
	if n.alive() {
		return
	}
	n.start()
	c.Join(i)
}

// Join has the process on a node join all its groups.
func (c *Cluster) Join(i int) {
	if p := c.nodes[i].p; p != nil {
		for _, a := range p.apps {
			if a != nil {
				a.join()
			}
		}
	}
}

// Leave has the process on a node leave the named group.
func (c *Cluster) Leave(i int, group string) {
	if a := c.app(i, group); a != nil {
		a.leave()
	}
}

// Send has the process on a node send one message, and reports whether it was accepted.
func (c *Cluster) Send(i int, group string, order wire.Order, size int) bool {
	a := c.app(i, group)
	return a != nil && a.send(wire.KindApp, order, size)
}

func (c *Cluster) app(i int, name string) *app {
	p := c.nodes[i].p
	if p == nil || p.paused {
		return nil
	}
	for _, a := range p.apps {
		if a != nil && a.g.Name == name {
			return a
		}
	}
	return nil
}

// Crash ends the process on a node as kill -9 does.
func (c *Cluster) Crash(i int) {
	if p := c.nodes[i].p; p != nil {
		c.judgeCrash(p)
		c.nodes[i].crash()
	}
}

// Close ends the process on a node in an orderly way: it says good-bye to its ring. What it has not left, it leaves like a crash.
func (c *Cluster) Close(i int) {
	p := c.nodes[i].p
	if p == nil {
		return
	}
	for _, a := range p.apps {
		if a != nil && (a.view != nil || a.asked) {
			c.judgeCrash(p)
			break
		}
	}
	p.step(core.Close{})
	c.nodes[i].crash()
}

// Pause stops the process on a node for d, as SIGSTOP and SIGCONT do.
func (c *Cluster) Pause(i int, d time.Duration) {
	if p := c.nodes[i].p; p != nil {
		p.pause(d)
	}
}

// CutOneWay stops what goes from one node to another; it returns what undoes just this.
func (c *Cluster) CutOneWay(from, to int) (undo func()) {
	return c.disturbPaths(&disturbance{kind: faultOneWay, cut: true}, []arc{{from, to}})
}

// Cut stops what goes between two nodes, both ways.
func (c *Cluster) Cut(a, b int) (undo func()) {
	return c.disturbPaths(&disturbance{kind: faultPartition, cut: true}, []arc{{a, b}, {b, a}})
}

// Partition cuts every node of one side from every node of another.
func (c *Cluster) Partition(sides ...[]int) (undo func()) {
	return c.disturbPaths(&disturbance{kind: faultPartition, cut: true}, between(sides))
}

// An arc is a path by its ends.
type arc struct{ from, to int }

// between lists the paths between any two sides, both ways.
func between(sides [][]int) (arcs []arc) {
	for i, s := range sides {
		for _, t := range sides[i+1:] {
			for _, a := range s {
				for _, b := range t {
					arcs = append(arcs, arc{a, b}, arc{b, a})
				}
			}
		}
	}
	return arcs
}

// disturbPaths lays a disturbance on paths; it returns what lifts it.
func (c *Cluster) disturbPaths(d *disturbance, arcs []arc) (undo func()) {
	say := func(what string) {
		if c.opts.Trace == nil {
			return
		}
		for _, a := range arcs {
			c.tracef("%s %s: %s -> %s", what, d.kind, c.nodes[a.from].name, c.nodes[a.to].name)
		}
	}
	for _, a := range arcs {
		c.net.paths[a.from][a.to].lay(d)
	}
	say("begin")
	return func() {
		for _, a := range arcs {
			c.net.paths[a.from][a.to].lift(d)
		}
		say("end")
	}
}

// Heal opens every path and ends every disturbance of the network.
func (c *Cluster) Heal() {
	c.tracef("heal")
	for i := range c.net.paths {
		for j := range c.net.paths[i] {
			p := &c.net.paths[i][j]
			*p = path{last: p.last}
		}
	}
	for _, n := range c.nodes {
		n.slow = false
	}
}

// WantView runs until every named node (and nobody else) is in one primary view of the group with nobody loading, and returns
// an error that says what is missing when that takes longer than limit.
func (c *Cluster) WantView(limit time.Duration, group string, nodes ...int) error {
	end := c.clock.now + limit
	for {
		why := c.viewMissing(group, nodes)
		if why == "" {
			return nil
		}
		if c.clock.now >= end {
			return fmt.Errorf("no view of %s with %v after %v: %s", group, nodes, limit, why)
		}
		c.Run(time.Millisecond)
	}
}

func (c *Cluster) viewMissing(group string, nodes []int) string {
	var first *app
	for _, i := range nodes {
		a := c.app(i, group)
		switch {
		case a == nil:
			return c.nodes[i].name + " does not run"
		case a.view == nil:
			return string(a.p.member) + " is in no view"
		case a.blocked || !a.view.Primary:
			return string(a.p.member) + " has no primary"
		case a.holding:
			return string(a.p.member) + " loads"
		case len(a.view.Members) != len(nodes):
			return fmt.Sprintf("%s sees %s", a.p.member, strings.Join(stringsOf(a.names(a.view.Members)), " "))
		}
		if first == nil {
			first = a
		} else if a.view.ID != first.view.ID {
			return fmt.Sprintf("%s is in %v, %s in %v", a.p.member, a.view.ID, first.p.member, first.view.ID)
		}
	}
	return ""
}

func stringsOf[T ~string](list []T) []string {
	var s []string
	for _, v := range list {
		s = append(s, string(v))
	}
	return s
}
