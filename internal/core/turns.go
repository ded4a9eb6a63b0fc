package core

// Which groups have something to do. A member may be in ten thousand groups of which few are busy, so what is done with every token and
// every packet looks only at these.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A groupSet is some of a core's groups, in the order of Core.order. A group is put in when it may have something to do, and left out by
// whoever looks and finds that it has not.
type groupSet []*group

// add puts a group in, once.
func (s *groupSet) add(g *group) {
	at, there := s.find(g.at)
	if !there {
		*s = slices.Insert(*s, at, g)
	}
}

// remove takes a group out.
func (s *groupSet) remove(g *group) {
	if at, there := s.find(g.at); there {
		*s = slices.Delete(*s, at, at+1)
	}
}

// keep takes out all but those for which f is true.
func (s *groupSet) keep(f func(*group) bool) {
	*s = slices.DeleteFunc(*s, func(g *group) bool { return !f(g) })
}

// find is where the group that is in this place among all is, or would be.
func (s groupSet) find(at int) (int, bool) {
	return slices.BinarySearchFunc(s, at, func(g *group, at int) int { return g.at - at })
}

// sends reports whether a group has messages without a number.
func (g *group) sends() bool { return g.queue.len() > 0 }

// asks reports whether a group has calls that wait to become stable.
func (g *group) asks() bool { return len(g.calls) > 0 }

// enlist gives a new group its turn, the last.
func (c *Core) enlist(g *group) {
	g.at = len(c.order)
	c.order = append(c.order, g)
	c.groups[g.id] = g
}

// strike takes a group's turn away.
func (c *Core) strike(g *group) {
	c.sending.remove(g)
	c.asking.remove(g)
	c.parting.remove(g)
	c.order = slices.Delete(c.order, g.at, g.at+1)
	for i, o := range c.order[g.at:] {
		o.at = g.at + i
	}
	delete(c.groups, g.id)
}

// nextSender is the next group, from the one on whose turn it is, whose first message may be numbered now: then it is that one's turn. Nil
// if there is none, and then each has had its turn.
func (c *Core) nextSender() *group {
	n := len(c.order)
	if n == 0 {
		return nil
	}
	c.sending.keep((*group).sends)
	turn := c.turn % n
	from, _ := c.sending.find(turn)
	for i := range c.sending {
		g := c.sending[(from+i)%len(c.sending)]
		if c.sendable(g) {
			c.turn += (g.at - turn + n) % n
			return g
		}
	}
	c.turn += n
	return nil
}

// A wish is what was put to the directory, and on which ring: once on each is enough.
type wish struct {
	kind wire.Kind
	ring wire.RingID
}

// asked reports whether a wish was put on this ring.
func (g *group) asked(kind wire.Kind, ring wire.RingID) bool {
	return slices.Contains(g.wishes, wish{kind, ring})
}

// ask notes that it is.
func (g *group) ask(kind wire.Kind, ring wire.RingID) {
	g.unask(kind)
	g.wishes = append(g.wishes, wish{kind, ring})
}

// unask makes it be put again.
func (g *group) unask(kind wire.Kind) {
	g.wishes = slices.DeleteFunc(g.wishes, func(w wish) bool { return w.kind == kind })
}
