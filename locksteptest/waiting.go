package locksteptest

// Waiting for what a test wants, with a deadline, and saying what was there instead.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep"
)

// lookEvery is how often one looks at what is waited for.
const lookEvery = time.Millisecond

// WantView waits until the group's view is primary and has exactly the named members, and returns it. If that is not so within the
// time, it fails the test and says what the view was. A member that has just joined may still be loading the state: its
// own view comes when it has.
func (c *Cluster) WantView(g *lockstep.Group, within time.Duration, names ...string) lockstep.View {
	c.helper()
	return c.want(g, within, "a primary view of "+list(names), func(v lockstep.View) bool {
		return v.Primary && slices.Equal(sorted(names), namesOf(v.Members))
	})
}

// WantViews waits until all the groups have one and the same view, which is primary and has exactly the named members, and returns
// it. If that is not so within the time, it fails the test and says what the views were.
func (c *Cluster) WantViews(groups []*lockstep.Group, within time.Duration, names ...string) lockstep.View {
	c.helper()
	if len(groups) == 0 {
		c.fail("locksteptest: want a view of no groups")
	}
	var first lockstep.View
	same := func() bool {
		first = groups[0].View()
		for _, g := range groups {
			v := g.View()
			if !v.Primary || v.ID != first.ID || !slices.Equal(sorted(names), namesOf(v.Members)) {
				return false
			}
		}
		return true
	}
	if !poll(within, same) {
		c.fail("locksteptest: group %s: want one primary view of %s at all within %v; %s", groups[0].Name(), list(names), within, describe(groups))
	}
	return first
}

// WantMembers is WantView for a side that need not be primary: every side of a partitionable group goes on.
func (c *Cluster) WantMembers(g *lockstep.Group, within time.Duration, names ...string) lockstep.View {
	c.helper()
	return c.want(g, within, "a view of "+list(names), func(v lockstep.View) bool {
		return slices.Equal(sorted(names), namesOf(v.Members))
	})
}

// WantBlocked waits until the group has no primary: its member is cut off from a quorum, and knows it.
func (c *Cluster) WantBlocked(g *lockstep.Group, within time.Duration) lockstep.View {
	c.helper()
	return c.want(g, within, "the loss of the primary", func(v lockstep.View) bool { return !v.Primary })
}

// WantDone waits until the group's membership has ended, asked to or not, and returns why: what Group.Err says.
func (c *Cluster) WantDone(g *lockstep.Group, within time.Duration) error {
	c.helper()
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-g.Done():
	case <-late.C:
		c.fail("locksteptest: want the end of a membership within %v; %s", within, describe([]*lockstep.Group{g}))
	}
	return g.Err()
}

// Want waits until ok says true, asking it every millisecond, and fails the test with what, which says what is wanted, if that is not
// so within the time.
func (c *Cluster) Want(within time.Duration, what string, ok func() bool) {
	c.helper()
	if !poll(within, ok) {
		c.fail("locksteptest: want %s within %v", what, within)
	}
}

// want waits for a view that fits.
func (c *Cluster) want(g *lockstep.Group, within time.Duration, what string, fits func(lockstep.View) bool) (v lockstep.View) {
	c.helper()
	if !poll(within, func() bool { v = g.View(); return fits(v) }) {
		c.fail("locksteptest: want %s within %v; %s", what, within, describe([]*lockstep.Group{g}))
	}
	return v
}

// poll asks until the answer is yes, or the time is over; then it asks once more.
func poll(within time.Duration, ok func() bool) bool {
	late := time.NewTimer(within)
	defer late.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for !ok() {
		select {
		case <-look.C:
		case <-late.C:
			return ok()
		}
	}
	return true
}

// describe says for each group what it is.
func describe(groups []*lockstep.Group) string {
	var parts []string
	for _, g := range groups {
		text := fmt.Sprintf("node %s, group %s: %v", g.Node().Self().Name, g.Name(), g.View())
		if err := g.Err(); err != nil {
			text += fmt.Sprintf(" (ended: %v)", err)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
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
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}
