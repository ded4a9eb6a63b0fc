package lockstep_test

// Joining and leaving again and again leaves nothing behind.

import (
	"context"
	"runtime"
	"testing"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// Ten thousand times one of three members joins a group of the two others and leaves it; every fiftieth time another group too, whose state it
// loads, and in which it sends and asks. From the thousandth time to the last neither goroutines nor what lives on the heap grow.
func TestTenThousandJoinsAndLeaves(t *testing.T) {
	const most, first, visit = joinsTested, joinsTested / 10, 50
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		ctx := t.Context()
		setup := func(_ int, g *lockstep.Group) {
			if g.Name() == "with-state" {
				g.OnState(sumState(new(uint64)))
			}
			lockstep.Handle(g, func(context.Context, lockstep.Message, addend) {})
			lockstep.HandleQuery(g, func(context.Context, lockstep.Message, question) (uint64, error) { return 1, nil })
		}
		plain, full := lockstep.GroupConfig{Stateless: true}, lockstep.GroupConfig{}
		for i := range 2 {
			c.JoinNode(i, "plain", plain, setup)
			c.JoinNode(i, "with-state", full, setup)
		}
		g, s := c.Node(2).Group("plain", plain), c.Node(2).Group("with-state", full)
		setup(2, g)
		setup(2, s)
		come := func(n int, g *lockstep.Group) {
			if err := g.Join(ctx); err != nil {
				t.Fatal(n, err)
			}
		}
		part := func(n int, g *lockstep.Group) {
			if err := g.Leave(ctx); err != nil {
				t.Fatal(n, err)
			}
		}
		var goroutines int
		var heap uint64
		for n := range most {
			if n == first {
				goroutines, heap = runtime.NumGoroutine(), liveBytes()
			}
			come(n, g)
			if n%visit == 0 {
				come(n, s)
				if err := s.OrderedSend(ctx, addend{1}); err != nil {
					t.Fatal(n, err)
				}
				if r, err := lockstep.Query[uint64](ctx, s, lockstep.All, question{}); err != nil || len(r.Answers) != 3 {
					t.Fatal(n, r, err)
				}
				part(n, s)
			}
			part(n, g)
		}
		more, live := runtime.NumGoroutine()-goroutines, int(liveBytes())-int(heap)
		t.Logf("%d goroutines and %d bytes more after %d further joins and leaves", more, live, most-first)
		if more > 5 {
			t.Errorf("%d goroutines more", more)
		}
		if live > 256<<10+(most-first)*20 {
			t.Errorf("%d bytes more live on the heap, %d for each join", live, live/(most-first))
		}
		if n := c.Node(0).Stats().RingsInstalled; n > 10 {
			t.Errorf("%d rings", n)
		}
	})
}
