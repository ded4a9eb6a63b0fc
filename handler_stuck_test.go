package lockstep_test

// Handlers that do not return: they are told of, and past the limit their member leaves, for the others' sake.

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

type work struct{ N int }

// stuck runs two members; b's handler does not return from the message 0 until release.
func stuck(t *testing.T, cfg lockstep.GroupConfig, f func(t *testing.T, c *locksteptest.Cluster, groups []*lockstep.Group, told chan string, handled chan int, release func())) {
	var told chan string // made in the bubble
	cfg.Stateless = true
	locksteptest.Run(t, 2, func(t *testing.T, c *locksteptest.Cluster) {
		told = make(chan string, 10)
		handled, gate := make(chan int, 100), make(chan struct{})
		groups := c.Join("g", cfg, func(i int, g *lockstep.Group) {
			lockstep.Handle(g, func(_ context.Context, _ lockstep.Message, w work) {
				if i == 1 && w.N == 0 {
					<-gate
				}
				if i == 0 {
					handled <- w.N
				}
			})
		})
		f(t, c, groups, told, handled, func() { close(gate) })
	}, locksteptest.WithConfig(func(i int, cfg *lockstep.Config) {
		if i == 1 {
			cfg.Events = &lockstep.EventListener{HandlerBlocked: func(group, what string, lasted time.Duration) {
				told <- group + ": " + what + " for " + lasted.Round(time.Second).String()
			}}
		}
	}))
}

func send(t *testing.T, g *lockstep.Group, n int) {
	t.Helper()
	if err := g.OrderedSend(t.Context(), work{n}); err != nil {
		t.Fatal(err)
	}
}

func TestAHandlerThatDoesNotReturn(t *testing.T) {
	stuck(t, lockstep.GroupConfig{}, func(t *testing.T, c *locksteptest.Cluster, groups []*lockstep.Group, told chan string, handled chan int, release func()) {
		a, b := groups[0], groups[1]
		send(t, a, 0)
		began := time.Now()
		if got, want := <-told, "g: message work for 1s"; got != want {
			t.Errorf("the event says %q, want %q", got, want)
		}
		err := c.WantDone(b, 40*time.Second)
		if lasted := time.Since(began); lasted < 29*time.Second || lasted > 32*time.Second {
			t.Errorf("the membership ended after %v", lasted)
		}
		var e *lockstep.Error
		if !errors.Is(err, lockstep.ErrHandlerStuck) || !errors.As(err, &e) || e.Group != "g" {
			t.Errorf("the membership ended with %v", err)
		}
		v := c.WantView(a, time.Second, "a")
		if len(v.Left) != 1 || v.Left[0].Reason != lockstep.Left {
			t.Errorf("a sees %v", v)
		}
		send(t, a, 1)
		for want := range 2 {
			if got := <-handled; got != want {
				t.Errorf("a handled %d, want %d", got, want)
			}
		}
		// It may come back when its handler has.
		release()
		if err := b.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.WantView(a, time.Second, "a", "b")
	})
}

func TestAGroupThatWaitsForItsHandlers(t *testing.T) {
	stuck(t, lockstep.GroupConfig{HandlerWarn: 5 * time.Second, HandlerLimit: -1}, func(t *testing.T, c *locksteptest.Cluster, groups []*lockstep.Group, told chan string, handled chan int, release func()) {
		send(t, groups[0], 0)
		if got, want := <-told, "g: message work for 5s"; got != want {
			t.Errorf("the event says %q, want %q", got, want)
		}
		<-time.After(time.Hour) // of the bubble
		if v := groups[1].View(); v.Rank < 0 || len(told) > 0 {
			t.Errorf("after an hour the view is %v, and %d events more were given", v, len(told))
		}
		release()
		send(t, groups[0], 1)
		if err := groups[0].Flush(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
