package locksteptest

// Joining groups and waiting for views.

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep"
)

const (
	joinTime = 30 * time.Second
	// lookEvery is how often a view is looked at while one is waited for.
	lookEvery = time.Millisecond
)

// Join makes every node a member of the group, all at once, and returns their groups by node when each has a view of all of them.
// setup, unless nil, registers handlers and callbacks on the group of node i before it joins. Nodes that were killed must be
// started again before.
func (c *Cluster) Join(name string, cfg lockstep.GroupConfig, setup func(i int, g *lockstep.Group)) []*lockstep.Group {
	c.helper()
	groups := make([]*lockstep.Group, c.Len())
	names := make([]string, c.Len())
	for i := range groups {
		groups[i], names[i] = c.Node(i).Group(name, cfg), c.Name(i)
		if setup != nil {
			setup(i, groups[i])
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), joinTime)
	defer cancel()
	errs := make([]error, len(groups))
	var wait sync.WaitGroup
	for i, g := range groups {
		wait.Go(func() { errs[i] = g.Join(ctx) })
	}
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			c.fail("locksteptest: node %s: %v", names[i], err)
		}
	}
	for _, g := range groups {
		c.WantView(g, joinTime, names...)
	}
	return groups
}

// WantView waits until the group's view is primary and has exactly the named members, and returns it. If that is not so within the
// time, it fails the test and says what the view was. A member that has just joined may still be loading the state: its
// own view comes when it has.
func (c *Cluster) WantView(g *lockstep.Group, within time.Duration, names ...string) lockstep.View {
	c.helper()
	return c.want(g, within, "a primary view of "+list(names), func(v lockstep.View) bool {
		return v.Primary && slices.Equal(sorted(names), namesOf(v.Members))
	})
}

// WantBlocked waits until the group has no primary: its member is cut off from a quorum, and knows it.
func (c *Cluster) WantBlocked(g *lockstep.Group, within time.Duration) lockstep.View {
	c.helper()
	return c.want(g, within, "the loss of the primary", func(v lockstep.View) bool { return !v.Primary })
}

// want waits for a view that fits.
func (c *Cluster) want(g *lockstep.Group, within time.Duration, what string, fits func(lockstep.View) bool) lockstep.View {
	c.helper()
	late := time.NewTimer(within)
	defer late.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		if v := g.View(); fits(v) {
			return v
		}
		select {
		case <-look.C:
		case <-late.C:
			v := g.View()
			if fits(v) {
				return v
			}
			c.fail("locksteptest: node %s, group %s: want %s within %v; %v (left the group: %v)",
				g.Node().Self().Name, g.Name(), what, within, v, g.Err())
		}
	}
}

func sorted(names []string) []string {
	s := slices.Clone(names)
	slices.Sort(s)
	return s
}

func namesOf(members []lockstep.Member) []string {
	var names []string
	for _, m := range members {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names
}

func list(names []string) string {
	text := "nobody"
	for i, n := range names {
		if i == 0 {
			text = n
		} else {
			text += ", " + n
		}
	}
	return text
}
