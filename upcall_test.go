package lockstep

// What an upcall may do, and what becomes of one that panics.

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
)

func TestInUpcall(t *testing.T) {
	n, _ := scripted(t, alone)
	errs := make(chan []error, 1)
	full := make(chan error, 1)
	g := joinScripted(t, n, GroupConfig{}, func(g *Group) {
		handleAll(make(chan string, 1000))(g)
		first := true
		g.OnView(func(ctx context.Context, v View) {
			if !first {
				return
			}
			first = false
			_, e1 := Apply[int](ctx, g, change{})
			_, e2 := Query[string](ctx, g, All, ask1{})
			errs <- []error{e1, e2, g.Flush(ctx), g.Join(ctx), g.Leave(ctx), g.Terminate(ctx)}
			for range 1000 {
				if err := g.Send(ctx, note{"x"}); err != nil {
					full <- err
					return
				}
			}
			full <- nil
		})
	})
	_ = g
	for i, err := range <-errs {
		if !errors.Is(err, ErrInUpcall) || !strings.Contains(err.Error(), "goroutine") {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if err := <-full; err != nil && !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
}

// TestFullInUpcall: nothing is numbered, so the queue fills; a handler gets ErrFull where others wait.
func TestFullInUpcall(t *testing.T) {
	n, _ := scripted(t, func(s *script, ev core.Event) {
		if _, ok := ev.(*core.Submit); !ok {
			alone(s, ev)
		}
	})
	full := make(chan error, 1)
	g := joinScripted(t, n, GroupConfig{}, func(g *Group) {
		handleAll(make(chan string, 1000))(g)
		g.OnView(func(ctx context.Context, v View) {
			for v.Rank >= 0 {
				if err := g.Send(ctx, note{"x"}); err != nil {
					full <- err
					return
				}
			}
		})
	})
	if err := <-full; !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	if err := g.TrySend(Ordered, note{"y"}); !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "messages") {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := within(t, "send", ctx, func() error { return g.Send(ctx, note{"y"}) })
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUncertain) {
		t.Fatal(err)
	}
}

func TestHandlerPanicEndsTheMembershipOnly(t *testing.T) {
	n, _ := scripted(t, alone)
	g := n.Group("g", GroupConfig{})
	Handle(g, func(context.Context, Message, note) { panic("oh no") })
	ctx := t.Context()
	if err := g.Join(ctx); err != nil {
		t.Fatal(err)
	}
	if err := g.Send(ctx, note{}); err != nil {
		t.Fatal(err)
	}
	<-g.Done()
	if err := g.Err(); !errors.Is(err, ErrHandlerPanic) || !strings.Contains(err.Error(), "oh no") {
		t.Fatal(err)
	}
	if err := g.Join(ctx); err != nil {
		t.Fatal("the node does not go on:", err)
	}
}
