package locksteptest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// Word is what the test's groups say.
type Word struct{ Text string }

// Said asks for all that was said.
type Said struct{}

// A diary is a replicated list of words.
type diary struct {
	mu    sync.Mutex
	words []string
}

func (d *diary) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.words, " ")
}

// open registers a diary on a group.
func (d *diary) open(g *lockstep.Group) {
	lockstep.HandleApply(g, func(_ context.Context, _ lockstep.Message, w Word) (int, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.words = append(d.words, w.Text)
		return len(d.words), nil
	})
	lockstep.HandleQuery(g, func(context.Context, lockstep.Message, Said) (string, error) { return d.text(), nil })
	g.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) { return strings.NewReader(d.text()), nil },
		Load: func(_ context.Context, r io.Reader) error {
			b, err := io.ReadAll(r)
			d.mu.Lock()
			defer d.mu.Unlock()
			d.words = strings.Fields(string(b))
			return err
		},
	})
}

// inBothTimes runs a test in virtual time and in real time.
func inBothTimes(t *testing.T, f func(t *testing.T)) {
	t.Run("virtual", func(t *testing.T) { synctest.Test(t, f) })
	t.Run("real", f)
}

// apply says a word and fails the test if it is not the n-th.
func apply(t *testing.T, g *lockstep.Group, word string, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if got, err := lockstep.Apply[int](ctx, g, Word{word}); err != nil || got != n {
		t.Fatalf("%q is word %d, %v; want %d", word, got, err, n)
	}
}

// wantSaid asks all members of a group what was said.
func wantSaid(t *testing.T, g *lockstep.Group, members int, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	replies, err := lockstep.Query[string](ctx, g, lockstep.All, Said{})
	if err != nil || len(replies.Answers) != members {
		t.Fatalf("query: %+v, %v", replies, err)
	}
	for _, a := range replies.Answers {
		if a.Value != want || a.Err != nil {
			t.Errorf("%v says %q, %v; want %q", a.Member, a.Value, a.Err, want)
		}
	}
}

// join makes a cluster of three, all in the group "diary".
func join(t *testing.T, opts ...locksteptest.Option) (*locksteptest.Cluster, []*lockstep.Group) {
	c := locksteptest.New(t, 3, opts...)
	return c, c.Join("diary", lockstep.GroupConfig{Size: 3}, func(_ int, g *lockstep.Group) { new(diary).open(g) })
}

func TestCutMinorityBlocksAndRejoinsWithState(t *testing.T) {
	inBothTimes(t, func(t *testing.T) {
		c, g := join(t)
		apply(t, g[2], "together", 1)
		c.Cut(2)
		c.WantView(g[0], 5*time.Second, "a", "b")
		c.WantView(g[1], 5*time.Second, "a", "b")
		c.WantBlocked(g[2], 5*time.Second)
		apply(t, g[0], "apart", 2)
		_, err := lockstep.Apply[int](t.Context(), g[2], Word{"alone"})
		if !errors.Is(err, lockstep.ErrNotPrimary) || errors.Is(err, lockstep.ErrUncertain) {
			t.Errorf("an apply in the minority: %v", err)
		}
		c.Heal()
		for i := range 3 {
			c.WantView(g[i], 10*time.Second, "a", "b", "c")
		}
		wantSaid(t, g[2], 3, "together apart")
		apply(t, g[2], "again", 3)
		wantSaid(t, g[0], 3, "together apart again")
	})
}

func TestKillAndRestart(t *testing.T) {
	inBothTimes(t, func(t *testing.T) {
		c, g := join(t)
		apply(t, g[0], "one", 1)
		before := c.Node(0).Self()
		c.Kill(0)
		v := c.WantView(g[1], 5*time.Second, "b", "c")
		if len(v.Left) != 1 || v.Left[0] != (lockstep.Departure{Member: before, Reason: lockstep.Crashed}) {
			t.Errorf("left: %v", v.Left)
		}
		apply(t, g[1], "two", 2)
		node := c.Restart(0)
		if after := node.Self(); after.Name != before.Name || after.Incarnation <= before.Incarnation {
			t.Errorf("%v was started again as %v", before, after)
		}
		again := node.Group("diary", lockstep.GroupConfig{Size: 3})
		d := &diary{}
		d.open(again)
		if err := again.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d.text() != "one two" {
			t.Errorf("it came back with %q", d.text())
		}
		c.WantView(again, 5*time.Second, "a", "b", "c")
		apply(t, again, "three", 3)
		wantSaid(t, g[2], 3, "one two three")
	})
}

func TestVirtualTimeIsFast(t *testing.T) {
	start := time.Now()
	synctest.Test(t, func(t *testing.T) {
		_, g := join(t)
		<-time.After(10 * time.Minute)
		apply(t, g[0], "late", 1)
	})
	if took := time.Since(start); took > 2*time.Minute {
		t.Errorf("ten idle minutes took %v", took)
	}
}

func TestLossyNetwork(t *testing.T) {
	inBothTimes(t, func(t *testing.T) {
		_, g := join(t, locksteptest.WithNetwork(memnet.Config{Seed: 7, Loss: 0.05, Duplicate: 0.05, Reorder: 0.05, Jitter: time.Millisecond}))
		var want []string
		for i := range 50 {
			want = append(want, fmt.Sprint("w", i))
			apply(t, g[i%3], want[i], i+1)
		}
		wantSaid(t, g[1], 3, strings.Join(want, " "))
	})
}

func TestOptionsReachTheNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		timing := lockstep.Timing{}
		c := locksteptest.New(t, 2, locksteptest.WithTiming(lockstep.Local()), locksteptest.WithConfig(func(i int, cfg *lockstep.Config) {
			seen = append(seen, fmt.Sprint(i, cfg.Name, cfg.Seeds))
			timing = cfg.Timing
		}))
		c.Kill(1)
		c.Restart(1)
		want := "[0a[10.0.0.2:7946] 1b[10.0.0.1:7946] 1b[10.0.0.1:7946]]"
		if fmt.Sprint(seen) != want || timing != lockstep.Local() {
			t.Errorf("%v, want %v; timing %+v", seen, want, timing)
		}
		if c.Len() != 2 || c.Name(1) != "b" || c.Addr(1).String() != "10.0.0.2:7946" || c.Node(1).Addr() != c.Addr(1) || c.Network() == nil {
			t.Errorf("%d %s %v %v", c.Len(), c.Name(1), c.Addr(1), c.Node(1).Addr())
		}
	})
}

func TestWhatGoesWrongIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := locksteptest.Open(1)
		defer c.Close()
		g := c.Join("alone", lockstep.GroupConfig{}, nil)
		for what, f := range map[string]func(){
			"group alone: want one primary view of a, b at all within 1s": func() { c.WantViews(g, time.Second, "a", "b") },
			"a view of no groups":               func() { c.WantViews(nil, time.Second, "a") },
			"the end of a membership within 1s": func() { c.WantDone(g[0], time.Second) },
			"want rain within 1s":               func() { c.Want(time.Second, "rain", func() bool { return false }) },
			"node a is on two sides":            func() { c.Split([]int{0}, []int{0}) },
			"node a: no luck":                   func() { c.Each(func(context.Context, int, *lockstep.Node) error { return errors.New("no luck") }) },
			"node b is dead; Restart it": func() {
				two := locksteptest.Open(2)
				defer two.Close()
				two.Kill(1)
				two.Join("g", lockstep.GroupConfig{}, nil)
			},
			"there are 26 nodes already":            func() { full := locksteptest.Open(26); defer full.Close(); full.Add() },
			"want a primary view of b, a within 1s": func() { c.WantView(g[0], time.Second, "b", "a") },
			"want a view of b within 1s":            func() { c.WantMembers(g[0], time.Second, "b") },
			"want the loss of the primary":          func() { c.WantBlocked(g[0], time.Second) },
			"there is no node 1 of 1":               func() { c.Kill(1) },
			"10.0.0.1:7946":                         func() { c.Restart(0) }, // it lives
			"1 to 26 nodes":                         func() { locksteptest.Open(0) },
		} {
			func() {
				defer func() {
					if got := fmt.Sprint(recover()); !strings.Contains(got, what) || !strings.HasPrefix(got, "locksteptest: ") {
						t.Errorf("%q: %s", what, got)
					}
				}()
				f()
			}()
		}
	})
}
