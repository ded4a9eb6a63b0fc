package locksteptest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

func openDiary(_ int, g *lockstep.Group) { new(diary).open(g) }

// TestSplitInThree: of five in three pieces none is a quorum; the next split gives one, and healing brings all back.
func TestSplitInThree(t *testing.T) {
	locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
		g := c.Join("diary", lockstep.GroupConfig{Size: 5}, openDiary)
		apply(t, g[0], "one", 1)
		c.Split([]int{0, 1}, []int{2, 3})
		for _, g := range g {
			c.WantBlocked(g, 5*time.Second)
		}
		c.Split([]int{0, 1, 4}, []int{2})
		c.WantViews(g[:2], 10*time.Second, "a", "b", "e")
		apply(t, g[4], "two", 2)
		c.WantBlocked(g[2], 5*time.Second)
		c.Heal()
		c.WantViews(g, 20*time.Second, "a", "b", "c", "d", "e")
		wantSaid(t, g[3], 5, "one two")
	})
}

// TestCutLink: a and b cannot hear each other; c hears both. One of them is left out, and the other goes on with c.
func TestCutLink(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		g := c.Join("diary", lockstep.GroupConfig{Size: 3}, openDiary)
		c.CutLink(0, 1)
		c.Want(10*time.Second, "c beside one of the others", func() bool {
			v := g[2].View()
			return v.Primary && len(v.Members) == 2
		})
		c.Heal()
		c.WantViews(g, 20*time.Second, "a", "b", "c")
	})
}

func TestCutOneWay(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		g := c.Join("diary", lockstep.GroupConfig{Size: 3}, openDiary)
		for i := range 2 {
			c.CutOneWay(2, i) // c is deaf to nobody, and nobody hears it
		}
		c.WantViews(g[:2], 10*time.Second, "a", "b")
		c.WantBlocked(g[2], 10*time.Second)
		c.Heal()
		c.WantViews(g, 20*time.Second, "a", "b", "c")
	})
}

// TestAddAndEach: a node that is added joins with the state; Each leaves out who is dead.
func TestAddAndEach(t *testing.T) {
	locksteptest.Run(t, 2, func(t *testing.T, c *locksteptest.Cluster) {
		g := c.Join("diary", lockstep.GroupConfig{}, openDiary)
		apply(t, g[1], "early", 1)
		i := c.Add()
		if i != 2 || c.Len() != 3 || c.Name(i) != "c" || !c.Alive(i) {
			t.Fatalf("added as %d of %d", i, c.Len())
		}
		g = append(g, c.JoinNode(i, "diary", lockstep.GroupConfig{}, openDiary))
		c.WantViews(g, 5*time.Second, "a", "b", "c")
		wantSaid(t, g[2], 3, "early")

		c.Kill(0)
		if c.Alive(0) || !c.Alive(1) {
			t.Error("who lives?")
		}
		c.WantViews(g[1:], 5*time.Second, "b", "c")
		called := make(chan string, 3)
		c.Each(func(ctx context.Context, i int, node *lockstep.Node) error {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("no deadline")
			}
			called <- fmt.Sprint(i, node.Self().Name)
			return nil
		})
		if len(called) != 2 {
			t.Errorf("%d were called", len(called))
		}
	})
}

// TestWantDone: a handler that panics ends its own membership and no other.
func TestWantDone(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		g := c.Join("fragile", lockstep.GroupConfig{Size: 3, Stateless: true}, func(i int, g *lockstep.Group) {
			lockstep.Handle(g, func(context.Context, lockstep.Message, Word) {
				if i == 2 {
					panic("a bad day")
				}
			})
		})
		if err := g[0].OrderedSend(t.Context(), Word{"x"}); err != nil {
			t.Fatal(err)
		}
		if err := c.WantDone(g[2], 5*time.Second); !errors.Is(err, lockstep.ErrHandlerPanic) || !strings.Contains(err.Error(), "a bad day") {
			t.Error(err)
		}
		c.WantViews(g[:2], 5*time.Second, "a", "b")
		if !c.Alive(2) {
			t.Error("the node ended with the membership")
		}
	})
}

// A logged keeps what a test would have logged.
type logged struct {
	testing.TB
	lines chan string
}

func (l *logged) Log(args ...any) {
	select {
	case l.lines <- fmt.Sprint(args...):
	default:
	}
}

func TestWithLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logged{t, make(chan string, 1000)}
		c := locksteptest.New(l, 2, locksteptest.WithLog())
		c.Join("diary", lockstep.GroupConfig{}, openDiary)
		seen := map[string]bool{}
		for len(l.lines) > 0 {
			fields := strings.Fields(<-l.lines) // 1.2ms info b text
			if _, err := time.ParseDuration(fields[0]); err != nil || len(fields) < 4 {
				t.Fatalf("%q", fields)
			}
			seen[fields[2]] = true
		}
		if !seen["a"] || !seen["b"] {
			t.Errorf("logged: %v", seen)
		}
	})
}
