package lockstep_test

// The operator's override: who is left goes on on somebody's word, and only on the word of somebody who knows what is lost.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// overrides asks at one member what would be lost, compares the names, and gives its word.
func overrides(t *testing.T, g *lockstep.Group, lost ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	l, err := g.Loss(ctx)
	if err != nil || !slices.Equal(l.Members, lost) || l.Founding == 0 {
		t.Fatalf("lost would be %v, %v; want what %v had", l, err, lost)
	}
	for _, other := range []lockstep.Loss{{}, {Founding: l.Founding}, {Founding: l.Founding - 1, Members: l.Members}, {Founding: l.Founding, Members: l.Members[1:]}} {
		if err := g.Override(ctx, other); !errors.Is(err, lockstep.ErrOtherLoss) || !strings.Contains(err.Error(), l.String()) {
			t.Fatalf("the word of somebody who names %v counts: %v", other, err)
		}
	}
	if err := g.Override(ctx, l); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Loss(ctx); !errors.Is(err, lockstep.ErrNothingLost) {
		t.Errorf("afterwards: %v", err)
	}
}

// adds enters n at a member, and wants its state to be text then.
func adds(t *testing.T, g *lockstep.Group, a *tally, n int, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := lockstep.Apply[int](ctx, g, entry{n}); err != nil || a.text() != text {
		t.Fatalf("with %d it has %q, %v; want %q", n, a.text(), err, text)
	}
}

// TestOverride: three of five are lost, one of the two that are left has missed something. On an operator's word they go on with the newest
// state they have; then others come under any name, and the votes are such that one more may be lost.
func TestOverride(t *testing.T) {
	locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
		cfg := lockstep.GroupConfig{Size: 5}
		all, g := tallies(c, cfg)
		adds(t, g[0], all[0], 1, "1")
		if _, err := g[0].Loss(t.Context()); !errors.Is(err, lockstep.ErrNothingLost) {
			t.Errorf("a group that goes on: %v", err)
		}
		c.Cut(4)
		c.WantBlocked(g[4], 5*time.Second)
		views(c, g, 0, 1, 2, 3)
		adds(t, g[0], all[0], 2, "1 2")
		for i := range 3 {
			c.Kill(i)
		}
		c.WantBlocked(g[3], 5*time.Second)
		c.Heal()
		<-time.After(5 * time.Second)
		c.WantBlocked(g[3], time.Second)
		overrides(t, g[4], "a", "b", "c")
		views(c, g, 3, 4)
		adds(t, g[4], all[4], 3, "1 2 3")
		// A process under an old name and one under a new name take the places of the lost.
		join := func(i int) {
			t.Helper()
			all[i] = &tally{}
			g[i] = c.JoinNode(i, "tally", cfg, func(_ int, g *lockstep.Group) { all[i].open(g) })
		}
		c.Restart(0)
		join(0)
		i := c.Add()
		all, g = append(all, nil), append(g, nil)
		join(i)
		views(c, g, 0, 3, 4, i)
		adds(t, g[0], all[0], 4, "1 2 3 4")
		c.Kill(4)
		views(c, g, 0, 3, i)
		adds(t, g[i], all[i], 5, "1 2 3 4 5")
		// Of three votes two are gone.
		c.Kill(3)
		c.WantBlocked(g[0], 5*time.Second)
		overrides(t, g[0], "d", "e")
		views(c, g, 0, i)
		adds(t, g[0], all[0], 6, "1 2 3 4 5 6")
	})
}

// TestOverrideOfTheLastOfTwo, in a group without a size.
func TestOverrideOfTheLastOfTwo(t *testing.T) {
	locksteptest.Run(t, 2, func(t *testing.T, c *locksteptest.Cluster) {
		all, g := tallies(c, lockstep.GroupConfig{})
		adds(t, g[0], all[0], 1, "1")
		oldest := int(g[0].View().Members[0].Name[0] - 'a')
		c.Kill(oldest)
		c.WantBlocked(g[1-oldest], 5*time.Second)
		overrides(t, g[1-oldest], c.Name(oldest))
		views(c, g, 1-oldest)
		adds(t, g[1-oldest], all[1-oldest], 2, "1 2")
	})
}

// TestOverrideThatWasWrong: those who were given up live, and are the primary. Where the two meet, the new founding goes before: the
// members of the old are out with ErrTwoFounders and still have their state; when they join again they load.
func TestOverrideThatWasWrong(t *testing.T) {
	for _, size := range []int{0, 5} {
		t.Run(fmt.Sprint("size ", size), func(t *testing.T) {
			locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
				all, g := tallies(c, lockstep.GroupConfig{Size: size})
				adds(t, g[0], all[0], 1, "1")
				c.Cut(3, 4)
				c.WantBlocked(g[3], 5*time.Second)
				views(c, g, 0, 1, 2)
				adds(t, g[0], all[0], 2, "1 2")
				overrides(t, g[3], "a", "b", "c")
				views(c, g, 3, 4)
				adds(t, g[4], all[4], 3, "1 3")
				c.Heal()
				for i := range 3 {
					if err := c.WantDone(g[i], 10*time.Second); !errors.Is(err, lockstep.ErrTwoFounders) || all[i].text() != "1 2" {
						t.Errorf("%d ended with %v and has %q", i, err, all[i].text())
					}
				}
				views(c, g, 3, 4)
				for i := range 3 {
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					if err := g[i].Join(ctx); err != nil || all[i].text() != "1 3" {
						t.Errorf("%d came back with %q, %v", i, all[i].text(), err)
					}
					cancel()
				}
				views(c, g, 0, 1, 2, 3, 4)
				adds(t, g[0], all[0], 4, "1 3 4")
			})
		})
	}
}

// TestOverrideOnTwoSides: two operators who do not know of each other. Each side goes on; when they meet, one of them is out, whole.
func TestOverrideOnTwoSides(t *testing.T) {
	locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
		all, g := tallies(c, lockstep.GroupConfig{Size: 5})
		adds(t, g[0], all[0], 1, "1")
		c.Kill(4)
		c.WantView(g[0], 5*time.Second, "a", "b", "c", "d")
		c.Split([]int{0, 1}, []int{2, 3})
		for i := range 4 {
			c.WantBlocked(g[i], 5*time.Second)
		}
		overrides(t, g[0], "c", "d", "e")
		overrides(t, g[2], "a", "b", "e")
		views(c, g, 0, 1)
		views(c, g, 2, 3)
		adds(t, g[0], all[0], 2, "1 2")
		adds(t, g[2], all[2], 3, "1 3")
		c.Heal()
		out := func(i int) bool { return errors.Is(g[i].Err(), lockstep.ErrTwoFounders) }
		c.Want(10*time.Second, "one side out", func() bool { return out(0) && out(1) || out(2) && out(3) })
		if out(0) == out(2) || out(0) != out(1) || out(2) != out(3) {
			t.Error("who is out?", out(0), out(1), out(2), out(3))
		}
	})
}

// TestNothingToOverride: where a group goes on by itself, or on each side, or is not joined.
func TestNothingToOverride(t *testing.T) {
	locksteptest.Run(t, 2, func(t *testing.T, c *locksteptest.Cluster) {
		_, g := tallies(c, lockstep.GroupConfig{Partition: lockstep.Partitionable})
		out := c.Node(0).Group("other", lockstep.GroupConfig{})
		if _, err := out.Loss(t.Context()); !errors.Is(err, lockstep.ErrNotMember) {
			t.Errorf("not joined: %v", err)
		}
		c.Cut(0)
		c.WantMembers(g[0], 5*time.Second, "a")
		if err := g[0].Override(t.Context(), lockstep.Loss{Founding: 1}); !errors.Is(err, lockstep.ErrNothingLost) {
			t.Errorf("partitionable: %v", err)
		}
	})
}
