package lockstep_test

// The life of a member through the public interface: what is told when others come and go, and why; leaving and coming back at once; the
// end of a group at all its members; several nodes in one process.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// letters are the members' names, without separators.
func letters(members []lockstep.Member) string {
	s := ""
	for _, m := range members {
		s += m.Name
	}
	return s
}

// tellTale writes down what a member is told: watched names, and views.
func tellTale(g *lockstep.Group, told chan<- string, watch ...string) {
	for _, name := range watch {
		g.Watch(name, func(_ context.Context, m lockstep.Member, present bool) {
			told <- fmt.Sprintf("watch %s %v", m.Name, present)
		})
	}
	g.OnView(func(_ context.Context, v lockstep.View) {
		s := fmt.Sprintf("view %s joined:%s with:%s", letters(v.Members), letters(v.Joined), letters(v.With))
		for _, d := range v.Left {
			s += fmt.Sprintf(" %s:%v", d.Member.Name, d.Reason)
		}
		told <- fmt.Sprintf("%s rank:%d", s, v.Rank)
	})
}

// hear compares what was told since the last time.
func hear(t *testing.T, told <-chan string, want ...string) {
	t.Helper()
	synctest.Wait()
	var got []string
	for len(told) > 0 {
		got = append(got, <-told)
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %q\nwant %q", got, want)
	}
}

// views waits until those members have one view of just them.
func views(c *locksteptest.Cluster, g []*lockstep.Group, who ...int) {
	var groups []*lockstep.Group
	var names []string
	for _, i := range who {
		groups, names = append(groups, g[i]), append(names, c.Name(i))
	}
	c.WantViews(groups, 10*time.Second, names...)
}

// TestWhoComesAndGoes: the oldest is told of every coming and going, of watched names just before the view, with the reason of each
// departure; With names who came along; rank 0 is the leader and passes to the next oldest.
func TestWhoComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := locksteptest.New(t, 4)
		cfg := lockstep.GroupConfig{Stateless: true}
		told, g := make([]chan string, c.Len()), make([]*lockstep.Group, c.Len())
		join := func(i int, with ...int) {
			told[i] = make(chan string, 100)
			g[i] = c.JoinNode(i, "g", cfg, func(i int, g *lockstep.Group) { tellTale(g, told[i], "b", "d") })
			views(c, g, append(with, i)...)
		}
		join(0)
		hear(t, told[0], "view a joined:a with:a rank:0")
		join(1, 0)
		hear(t, told[0], "watch b true", "view ab joined:b with:a rank:0")
		hear(t, told[1], "watch b true", "view ab joined:b with:b rank:1")
		join(2, 0, 1)
		join(3, 0, 1, 2)
		hear(t, told[0], "view abc joined:c with:ab rank:0", "watch d true", "view abcd joined:d with:abc rank:0")
		hear(t, told[1], "view abc joined:c with:ab rank:1", "watch d true", "view abcd joined:d with:abc rank:1")

		if err := g[1].Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		views(c, g, 0, 2, 3)
		hear(t, told[0], "watch b false", "view acd joined: with:acd b:leave rank:0")
		if v := g[1].View(); v.Rank != -1 || v.Primary || !errors.Is(g[1].Err(), lockstep.ErrLeft) {
			t.Errorf("the leaver has %v, %v", v, g[1].Err())
		}
		c.Kill(3)
		views(c, g, 0, 2)
		hear(t, told[0], "watch d false", "view ac joined: with:ac d:crash rank:0")

		c.Restart(3)
		join(3, 0, 2)
		hear(t, told[0], "watch d true", "view acd joined:d with:ac rank:0")
		<-time.After(time.Second) // streams that the new ring made needless have closed: that would look like a crash
		c.Cut(3)
		views(c, g, 0, 2)
		hear(t, told[0], "watch d false", "view ac joined: with:ac d:partition rank:0")
		c.Heal()
		views(c, g, 0, 2, 3)
		hear(t, told[0], "watch d true", "view acd joined:d with:ac rank:0")

		for len(told[2]) > 0 {
			<-told[2]
		}
		c.Node(0).Close()
		views(c, g, 2, 3)
		hear(t, told[2], "view cd joined: with:cd a:leave rank:0")
	})
}

// TestLeaveAndBackAtOnce: again and again a member leaves and joins without waiting for anything, and one process dies and its
// successor joins before the others know. Each time it comes with the state, and nobody else's view is less than all others.
func TestLeaveAndBackAtOnce(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		all, g := tallies(c, lockstep.GroupConfig{Size: 3})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		n := 0
		add := func(i int) {
			t.Helper()
			n++
			if got, err := lockstep.Apply[int](ctx, g[i], entry{n}); err != nil || got != n {
				t.Fatalf("entry %d is number %d, %v", n, got, err)
			}
		}
		for range 10 {
			if err := g[2].Leave(ctx); err != nil {
				t.Fatal(err)
			}
			if n%2 == 0 {
				add(0)
			}
			if err := g[2].Join(ctx); err != nil {
				t.Fatal(err)
			}
			add(2)
		}
		c.WantViews(g, 5*time.Second, "a", "b", "c")
		for range 3 {
			c.Kill(2)
			all[2] = &tally{}
			g[2] = c.Restart(2).Group("tally", lockstep.GroupConfig{Size: 3})
			all[2].open(g[2])
			if err := g[2].Join(ctx); err != nil {
				t.Fatal(err)
			}
			add(2)
		}
		c.WantViews(g, 5*time.Second, "a", "b", "c")
		c.Want(5*time.Second, "all entries at all members", func() bool {
			return !slices.ContainsFunc(all, func(a *tally) bool { return len(strings.Fields(a.text())) != n })
		})
		views, _ := all[0].told()
		for _, v := range views[1:] {
			if len(v.Members) < 2 {
				t.Errorf("too few in %v", v)
			}
		}
	})
}

// TestTerminate ends one group at all its members, and nothing else: the processes and their other groups go on, and the group can be
// founded anew.
func TestTerminate(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		all, g := tallies(c, lockstep.GroupConfig{Size: 3})
		other := c.Join("other", lockstep.GroupConfig{Stateless: true}, func(_ int, g *lockstep.Group) {
			lockstep.HandleApply(g, func(_ context.Context, _ lockstep.Message, e entry) (int, error) { return e.N, nil })
		})
		ctx := t.Context()
		if _, err := lockstep.Apply[int](ctx, g[0], entry{1}); err != nil {
			t.Fatal(err)
		}
		made := 0
		all[1].onNew = func() { made++ }
		all[0].onNew, all[2].onNew = all[1].onNew, all[1].onNew
		done := []<-chan struct{}{g[0].Done(), g[1].Done(), g[2].Done()}
		if err := g[1].Terminate(ctx); err != nil {
			t.Fatal(err)
		}
		for i := range g {
			c.WantDone(g[i], 5*time.Second)
			<-done[i]
			if err := g[i].Err(); !errors.Is(err, lockstep.ErrTerminated) {
				t.Errorf("%d ended with %v", i, err)
			}
			if err := g[i].Send(ctx, entry{2}); !errors.Is(err, lockstep.ErrNotMember) {
				t.Errorf("%d: a send afterwards: %v", i, err)
			}
			if v := g[i].View(); v.Rank != -1 {
				t.Errorf("%d is in %v", i, v)
			}
			if n, err := lockstep.Apply[int](ctx, other[i], entry{i}); err != nil || n != i || !c.Alive(i) {
				t.Errorf("%d: the other group: %d, %v", i, n, err)
			}
		}
		// It is gone: JoinExisting finds nothing, and Join founds it again, from State.New.
		if err := g[0].JoinExisting(ctx); !errors.Is(err, lockstep.ErrNoGroup) {
			t.Errorf("JoinExisting: %v", err)
		}
		for i := range all {
			all[i].mu.Lock()
			all[i].entries = nil
			all[i].mu.Unlock()
		}
		c.Each(func(ctx context.Context, i int, _ *lockstep.Node) error { return g[i].Join(ctx) })
		c.WantViews(g, 10*time.Second, "a", "b", "c")
		if n, err := lockstep.Apply[int](ctx, g[2], entry{7}); err != nil || n != 1 || made != 1 {
			t.Errorf("the first entry of the new group is number %d, %v; the state was made %d times", n, err, made)
		}
	})
}

// TestTerminateWithoutQuorum: who is cut off cannot end the group for the others; its Terminate ends when its context does, and when
// the network heals the group is as it was, or ended for all.
func TestTerminateWithoutQuorum(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		_, g := tallies(c, lockstep.GroupConfig{Size: 3})
		c.Cut(2)
		c.WantBlocked(g[2], 5*time.Second)
		c.WantView(g[0], 5*time.Second, "a", "b")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g[2].Terminate(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("terminate on a side without a quorum: %v", err)
		}
		if _, err := lockstep.Apply[int](t.Context(), g[0], entry{1}); err != nil {
			t.Errorf("the others: %v", err)
		}
	})
}

// TestSeveralNodesInOneProcess: nodes on real sockets beside each other, with groups in common and groups of their own; one ends and the
// others go on.
func TestSeveralNodesInOneProcess(t *testing.T) {
	key := newKey(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	at := closedPort(t)
	nodes := []*lockstep.Node{startLoopback(t, lockstep.Config{Name: "a", Listen: at, Key: key})}
	for _, name := range []string{"b", "c"} {
		nodes = append(nodes, startLoopback(t, lockstep.Config{Name: name, Key: key, Seeds: []string{at}}))
	}
	alone := make([]*lockstep.Group, 3)
	all := make([]*tally, 3)
	common := make([]*lockstep.Group, 3)
	for i, n := range nodes {
		alone[i] = n.Group("of-"+n.Self().Name, lockstep.GroupConfig{Stateless: true})
		lockstep.HandleApply(alone[i], func(_ context.Context, _ lockstep.Message, e entry) (int, error) { return e.N, nil })
		all[i], common[i] = &tally{}, n.Group("tally", lockstep.GroupConfig{})
		all[i].open(common[i])
		for _, g := range []*lockstep.Group{common[i], alone[i]} {
			if err := g.Join(ctx); err != nil {
				t.Fatal(n.Self(), err)
			}
		}
		if _, err := lockstep.Apply[int](ctx, common[i], entry{i}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := lockstep.Query[string](ctx, common[0], lockstep.All, sumUp{})
	if err != nil || len(r.Answers) != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, a := range r.Answers {
		if a.Value != "0 1 2" {
			t.Errorf("%v has %q", a.Member, a.Value)
		}
	}
	nodes[0].Close()
	for i := 1; i < 3; i++ {
		if n, err := lockstep.Apply[int](ctx, common[i], entry{10 + i}); err != nil || n != 3+i {
			t.Errorf("%v goes on with entry %d, %v", nodes[i].Self(), n, err)
		}
		if n, err := lockstep.Apply[int](ctx, alone[i], entry{i}); err != nil || n != i {
			t.Errorf("%v: its own group: %d, %v", nodes[i].Self(), n, err)
		}
	}
	if err := nodes[0].Err(); !errors.Is(err, lockstep.ErrClosed) {
		t.Error(err)
	}
}
