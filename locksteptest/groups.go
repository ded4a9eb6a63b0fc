package locksteptest

// Having the nodes join groups, all of them or one.

import (
	"context"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep"
)

// joinTime bounds what Each, Join and JoinNode wait for.
const joinTime = 30 * time.Second

// Each calls f for every node that runs, all at once, and returns when all calls have. It is how an application's own members are
// made and joined: a group with a size is founded by all together, so none of their joins ends before the others' have begun. ctx
// ends after 30 seconds. An error fails the test.
func (c *Cluster) Each(f func(ctx context.Context, i int, node *lockstep.Node) error) {
	c.helper()
	ctx, cancel := context.WithTimeout(context.Background(), joinTime)
	defer cancel()
	living := c.living()
	errs := make([]error, len(living))
	var wait sync.WaitGroup
	for k, i := range living {
		wait.Go(func() { errs[k] = f(ctx, i, c.Node(i)) })
	}
	wait.Wait()
	for k, err := range errs {
		if err != nil {
			c.fail("locksteptest: node %s: %v", c.Name(living[k]), err)
		}
	}
}

// Join makes every node a member of the group, all at once, and returns their groups by node when each has the same view of all of
// them. setup, unless nil, registers handlers and callbacks on the group of node i before it joins; it is called for one node
// after the other. All nodes must run: a group that nobody remembers waits for every seed, so a dead node would hold it up.
func (c *Cluster) Join(name string, cfg lockstep.GroupConfig, setup func(i int, g *lockstep.Group)) []*lockstep.Group {
	c.helper()
	groups := make([]*lockstep.Group, c.Len())
	names := make([]string, c.Len())
	for i := range groups {
		if !c.Alive(i) {
			c.fail("locksteptest: node %s is dead; Restart it before Join", c.Name(i))
		}
		groups[i], names[i] = c.Node(i).Group(name, cfg), c.Name(i)
		if setup != nil {
			setup(i, groups[i])
		}
	}
	c.Each(func(ctx context.Context, i int, _ *lockstep.Node) error { return groups[i].Join(ctx) })
	c.WantViews(groups, joinTime, names...)
	return groups
}

// JoinNode makes node i alone a member of the group, one that was added or started again, and returns its group when Join has. setup
// is as for Join.
func (c *Cluster) JoinNode(i int, name string, cfg lockstep.GroupConfig, setup func(i int, g *lockstep.Group)) *lockstep.Group {
	c.helper()
	g := c.Node(i).Group(name, cfg)
	if setup != nil {
		setup(i, g)
	}
	ctx, cancel := context.WithTimeout(context.Background(), joinTime)
	defer cancel()
	if err := g.Join(ctx); err != nil {
		c.fail("locksteptest: node %s: %v", c.Name(i), err)
	}
	return g
}
