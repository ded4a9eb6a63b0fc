package lockstep_test

// Several groups joined and left as one event.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

func TestJoinAndLeaveTogether(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		const many = 20
		plain := lockstep.GroupConfig{Stateless: true}
		all := make([][]*lockstep.Group, 3)
		sums := make([]uint64, many)
		for i := range all {
			for k := range many {
				cfg := plain
				if k == 0 {
					cfg = lockstep.GroupConfig{} // one has a state to load
				}
				g := c.Node(i).Group(fmt.Sprint("g", k), cfg)
				if k == 0 {
					g.OnState(sumState(&sums[i]))
				}
				lockstep.Handle(g, func(context.Context, lockstep.Message, addend) {})
				all[i] = append(all[i], g)
			}
		}
		ctx := t.Context()
		sums[0] = 7
		if err := c.Node(0).JoinTogether(ctx, all[0]...); err != nil {
			t.Fatal(err)
		}
		floods := make(chan error, 2)
		stop, end := context.WithCancel(ctx)
		for _, k := range []int{3, 11} {
			go func() {
				for {
					if err := all[0][k].OrderedSend(stop, addend{1}); err != nil {
						floods <- err
						return
					}
					<-time.After(50 * time.Microsecond)
				}
			}()
		}
		for range 3 {
			for i := 1; i < 3; i++ {
				if err := c.Node(i).JoinTogether(ctx, all[i]...); err != nil {
					t.Fatal(err)
				}
			}
			for k := range many {
				c.WantViews([]*lockstep.Group{all[0][k], all[1][k], all[2][k]}, time.Second, "a", "b", "c")
			}
			if sums[2] != 7 {
				t.Errorf("the state is %d", sums[2])
			}
			for i := 1; i < 3; i++ {
				if err := c.Node(i).LeaveTogether(ctx, all[i]...); err != nil {
					t.Fatal(err)
				}
			}
			for k := range many {
				c.WantView(all[0][k], time.Second, "a")
			}
			sums[1], sums[2] = 0, 0
		}
		end()
		for range 2 {
			if err := <-floods; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	})
}

func TestTogetherErrors(t *testing.T) {
	locksteptest.Run(t, 2, func(t *testing.T, c *locksteptest.Cluster) {
		plain := lockstep.GroupConfig{Stateless: true}
		ctx := t.Context()
		x, y := c.Node(0).Group("x", plain), c.Node(0).Group("y", plain)
		if err := c.Node(0).JoinTogether(ctx, x, y); err != nil {
			t.Fatal(err)
		}
		b := c.Node(1)
		bx, by, bz := b.Group("x", plain), b.Group("y", lockstep.GroupConfig{Stateless: true, Size: 5}), b.Group("z", plain)
		for _, bad := range []struct {
			err  error
			want string
		}{
			{b.JoinTogether(ctx, bx, x), "another node"}, {b.JoinTogether(ctx, bx, bx), "twice"}, {b.LeaveTogether(ctx, bx), "not a member"},
			{b.JoinTogether(ctx, make([]*lockstep.Group, 1025)...), "at most 1024"}, {c.Node(0).JoinTogether(ctx, c.Node(0).Group("w", plain), x), "already a member"},
		} {
			if bad.err == nil || !strings.Contains(bad.err.Error(), bad.want) {
				t.Errorf("got %v, want %q", bad.err, bad.want)
			}
		}
		if v := c.Node(0).Group("w", plain).View(); v.Rank >= 0 {
			t.Error("it was joined all the same")
		}
		// One is refused, the others are joined, and the error says which.
		err := b.JoinTogether(ctx, bx, by, bz)
		if !errors.Is(err, lockstep.ErrMismatch) || !strings.Contains(err.Error(), "join y") || strings.Contains(err.Error(), "join x") {
			t.Errorf("got %v", err)
		}
		c.WantView(x, time.Second, "a", "b")
		c.WantView(bz, time.Second, "b")
		if err := b.LeaveTogether(ctx, bx, by); !errors.Is(err, lockstep.ErrNotMember) {
			t.Errorf("got %v", err)
		}
		c.WantView(x, time.Second, "a", "b")
		if err := b.LeaveTogether(ctx, bx, bz); err != nil {
			t.Error(err)
		}
		c.WantView(x, time.Second, "a")
		// A context that ends gives up what is still waited for.
		late, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		waits := b.Group("waits", lockstep.GroupConfig{Stateless: true, Size: 2})
		err = b.JoinTogether(late, bx, waits)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "join waits") || !strings.Contains(err.Error(), "1 of 2") {
			t.Errorf("got %v", err)
		}
		c.WantView(x, time.Second, "a", "b")
		if err := b.JoinTogether(ctx); err != nil {
			t.Error(err)
		}
	})
}
