package lockstep_test

// The size of a group changed while it runs, through the public API: stories on virtual time. What each change means for each side of a cut is
// in package membership.

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// resize changes the size at one member and wants it to be known there.
func resize(t *testing.T, c *locksteptest.Cluster, g *lockstep.Group, size int, voters string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := g.Resize(ctx, size); err != nil {
		t.Fatalf("to %d: %v", size, err)
	}
	if got := votersAt(t, g); got != voters || size != sizeAt(t, g) {
		t.Fatalf("size %d with %s, want %d with %s", sizeAt(t, g), got, size, voters)
	}
}

// statusOf is the first group's part in a node's status.
func statusOf(t *testing.T, g *lockstep.Group) lockstep.StatusGroup {
	t.Helper()
	st, err := g.Node().Status(t.Context())
	if err != nil || len(st.Groups) != 1 {
		t.Fatal(st, err)
	}
	return st.Groups[0]
}

func sizeAt(t *testing.T, g *lockstep.Group) int { return statusOf(t, g).Size }

func votersAt(t *testing.T, g *lockstep.Group) string {
	voters := statusOf(t, g).Voters
	slices.Sort(voters)
	return strings.Join(voters, "")
}

// others are the members that a group shows besides some, by their places in the cluster.
func others(c *locksteptest.Cluster, but ...int) (list []int) {
	for i := range c.Len() {
		if c.Alive(i) && !slices.Contains(but, i) {
			list = append(list, i)
		}
	}
	return list
}

// goOn wants those named to have a primary view of them alone, and to answer.
func goOn(t *testing.T, c *locksteptest.Cluster, g []*lockstep.Group, all []*tally, n int, who ...int) {
	t.Helper()
	views(c, g, who...)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := lockstep.Apply[int](ctx, g[who[0]], entry{n}); err != nil {
		t.Fatal(err)
	}
	c.Want(10*time.Second, "the same at all", func() bool {
		return !slices.ContainsFunc(who, func(i int) bool { return !all[i].has(n) || all[i].text() != all[who[0]].text() })
	})
}

// TestResizeThreeToFiveAndBack: of three voters of five one is enough to lose, of five two. Then the two are given up, and three are a size
// again of which one may be lost.
func TestResizeThreeToFiveAndBack(t *testing.T) {
	locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
		all, g := tallies(c, lockstep.GroupConfig{Size: 3})
		first := votersAt(t, g[0])
		resize(t, c, g[4], 5, "abcde")
		resize(t, c, g[0], 5, "abcde") // it is harmless twice
		// Two of the former three are cut off: they have no majority, the others have one.
		x, y := int(first[0]-'a'), int(first[1]-'a')
		c.Cut(x)
		views(c, g, others(c, x)...)
		c.Split([]int{x, y})
		c.WantBlocked(g[x], 5*time.Second)
		c.WantBlocked(g[y], 5*time.Second)
		rest := others(c, x, y)
		goOn(t, c, g, all, 1, rest...)
		if err := g[x].Resize(t.Context(), 1); !errors.Is(err, lockstep.ErrNotPrimary) {
			t.Errorf("without a primary: %v", err)
		}
		// The two are given up as long as they are away. What they know counts for nothing when they come back.
		names := c.Name(rest[0]) + c.Name(rest[1]) + c.Name(rest[2])
		resize(t, c, g[rest[1]], 3, names)
		c.Kill(rest[2])
		goOn(t, c, g, all, 2, rest[:2]...)
		c.Heal()
		goOn(t, c, g, all, 3, others(c)...)
		for _, i := range others(c) {
			if got := votersAt(t, g[i]); got != names || sizeAt(t, g[i]) != 3 || all[i].text() != "1 2 3" {
				t.Errorf("%s has %s of %d, and %q", c.Name(i), got, sizeAt(t, g[i]), all[i].text())
			}
		}
	})
}

// TestResizeThreeToOneAndBack: the oldest voter alone decides, then three do again.
func TestResizeThreeToOneAndBack(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		all, g := tallies(c, lockstep.GroupConfig{Size: 3})
		oldest := int(g[0].View().Members[0].Name[0] - 'a')
		rest := others(c, oldest)
		resize(t, c, g[1], 1, c.Name(oldest))
		c.Cut(oldest)
		c.WantBlocked(g[rest[0]], 5*time.Second)
		goOn(t, c, g, all, 1, oldest)
		c.Heal()
		goOn(t, c, g, all, 2, 0, 1, 2)
		resize(t, c, g[2], 3, "abc")
		c.Cut(oldest)
		c.WantBlocked(g[oldest], 5*time.Second)
		goOn(t, c, g, all, 3, rest...)
		c.Heal()
		goOn(t, c, g, all, 4, 0, 1, 2)
		if all[oldest].text() != "1 2 3 4" {
			t.Errorf("%q", all[oldest].text())
		}
	})
}

// TestResizeRefused: what cannot be changed is refused with the reason, and calls in an upcall are refused at once.
func TestResizeRefused(t *testing.T) {
	for name, cfg := range map[string]lockstep.GroupConfig{
		"the group was founded without a Size":                                {},
		"the group is Partitionable: each side of a cut could change it":      {Size: 3, Partition: lockstep.Partitionable},
		"3 members that could vote have the state, which is no majority of 9": {Size: 3},
	} {
		locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
			_, g := tallies(c, cfg)
			before := sizeAt(t, g[0])
			if err := g[0].Resize(t.Context(), 9); !errors.Is(err, lockstep.ErrNotResized) || !strings.Contains(err.Error(), name) {
				t.Errorf("%v, want %s", err, name)
			}
			if got := sizeAt(t, g[0]); got != before {
				t.Errorf("the size is %d, it was %d", got, before)
			}
			x := c.Node(0).Group("other", cfg)
			if err := x.Resize(t.Context(), 3); !errors.Is(err, lockstep.ErrNotMember) {
				t.Error(err)
			}
		})
	}
}

// TestResizeOfTwoAtOnce: of calls for different sizes at one moment each is told what became of it, and all members agree.
func TestResizeOfTwoAtOnce(t *testing.T) {
	locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
		_, g := tallies(c, lockstep.GroupConfig{Size: 3})
		errs := make([]chan error, 3)
		for i, size := range []int{5, 1, 4} {
			errs[i] = make(chan error, 1)
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				errs[i] <- g[i].Resize(ctx, size)
			}()
		}
		done := 0
		for _, e := range errs {
			switch err := <-e; {
			case err == nil:
				done++
			case !errors.Is(err, lockstep.ErrNotResized):
				t.Error(err)
			}
		}
		if done == 0 {
			t.Error("nobody's call counted")
		}
		for i := range g {
			if sizeAt(t, g[i]) == 3 || sizeAt(t, g[i]) != sizeAt(t, g[0]) || votersAt(t, g[i]) != votersAt(t, g[0]) {
				t.Errorf("%s: %d %s", c.Name(i), sizeAt(t, g[i]), votersAt(t, g[i]))
			}
		}
	})
}

// TestResizerDiesInTheMiddle, at many moments: the group goes on with the one size or with the other, all with the same, and a size that was
// reported holds.
func TestResizerDiesInTheMiddle(t *testing.T) {
	seen := map[int]int{}
	for i := range 8 {
		locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
			all, g := tallies(c, lockstep.GroupConfig{Size: 3})
			ended := make(chan error, 1)
			go func() { ended <- g[0].Resize(context.Background(), 5) }()
			<-time.After(time.Duration(i) * 300 * time.Microsecond)
			var err error
			told := false
			select {
			case err = <-ended:
				told = err == nil
			default:
			}
			c.Kill(0)
			goOn(t, c, g, all, 1, 1, 2, 3, 4)
			size := sizeAt(t, g[1])
			seen[size]++
			for j := 1; j < 5; j++ {
				if sizeAt(t, g[j]) != size || votersAt(t, g[j]) != votersAt(t, g[1]) || told && size != 5 {
					t.Errorf("%s: %d %s; told %v", c.Name(j), sizeAt(t, g[j]), votersAt(t, g[j]), told)
				}
			}
		})
	}
	if seen[3] == 0 || seen[5] == 0 || len(seen) != 2 {
		t.Errorf("sizes afterwards: %v", seen)
	}
}

// TestColdStartAfterAResize: two of five that hold a size of five are left, three begin anew, some with the former Size configured and some
// with the new one: all names are there, and the size stays. When all have died, those that begin must be configured alike.
func TestColdStartAfterAResize(t *testing.T) {
	locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
		all, g := tallies(c, lockstep.GroupConfig{Size: 3})
		resize(t, c, g[0], 5, "abcde")
		goOn(t, c, g, all, 1, 0, 1, 2, 3, 4)
		for i := range 3 {
			c.Kill(i)
		}
		c.WantBlocked(g[3], 5*time.Second)
		start := func(i, size int) {
			c.Restart(i)
			all[i] = &tally{}
			g[i] = c.Node(i).Group("tally", lockstep.GroupConfig{Size: size})
			all[i].open(g[i])
		}
		joined := make(chan error, 3)
		for i, size := range []int{3, 5, 3} {
			start(i, size)
			go func() { joined <- g[i].Join(context.Background()) }()
			if i < 2 {
				<-time.After(3 * time.Second)
				c.WantBlocked(g[4], time.Second)
			}
		}
		for range 3 {
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
		}
		goOn(t, c, g, all, 2, 0, 1, 2, 3, 4)
		for i := range g {
			if got := all[i].text(); got != "1 2" || sizeAt(t, g[i]) != 5 || votersAt(t, g[i]) != "abcde" {
				t.Errorf("%s has %q, %d %s", c.Name(i), got, sizeAt(t, g[i]), votersAt(t, g[i]))
			}
		}
		for i := range 5 {
			c.Kill(i)
		}
		for i := range 5 {
			start(i, 5)
			go func() { joined <- g[i].Join(context.Background()) }()
		}
		for range 5 {
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
		}
		goOn(t, c, g, all, 3, 0, 1, 2, 3, 4)
		if got := all[4].text(); got != "3" || sizeAt(t, g[4]) != 5 {
			t.Errorf("%q, %d", got, sizeAt(t, g[4]))
		}
	})
}
