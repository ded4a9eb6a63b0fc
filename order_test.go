package lockstep

// Orders with a threshold behind a scripted machine: when their calls are answered, and which orders there are not.

import (
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// An Apply that is safe at k answers at its delivery, unless that is in a transitional configuration; a safe one when all have it.
func TestApplySafeAtK(t *testing.T) {
	for _, c := range []struct {
		order        Order
		transitional bool
		atOnce       bool
	}{
		{SafeAt(2), false, true}, {SafeQuorum, false, true}, {SafeAt(2), true, false}, {SafeQuorum, true, false}, {Ordered, false, false}, {Safe, false, false},
	} {
		n, s := scripted(t, alone, "b", "c")
		g := joinScripted(t, n, GroupConfig{}, handleAll(make(chan string, 1)))
		var at wire.Position
		s.on(t, n, func() {
			s.act = func(s *script, ev core.Event) {
				sub, ok := ev.(*core.Submit)
				if !ok {
					alone(s, ev)
					return
				}
				if want := wire.Order(c.order); sub.Messages[0].Order != want {
					t.Errorf("submitted as %v, want %v", sub.Messages[0].Order, want)
				}
				at = s.deliver(sub)
				s.eff.Upcalls[len(s.eff.Upcalls)-1].Transitional = c.transitional
				s.report(ev)
			}
		})
		answered := make(chan error, 1)
		go func() {
			_, err := Apply[int](t.Context(), g, change{1}, WithOrder(c.order))
			answered <- err
		}()
		wait[*core.Submit](t, s)
		if !c.atOnce {
			s.on(t, n, func() {})
			select {
			case err := <-answered:
				t.Errorf("%v, transitional %v: answered (%v) before it was stable", c.order, c.transitional, err)
			default:
			}
			s.on(t, n, func() { s.up(core.Upcall{Kind: core.UpStable, Group: g.id, Position: at}) })
		}
		if err := <-answered; err != nil {
			t.Errorf("%v: %v", c.order, err)
		}
	}
}

func TestThereIsNoSuchOrder(t *testing.T) {
	n, _ := scripted(t, alone)
	g := joinScripted(t, n, GroupConfig{}, handleAll(make(chan string, 100)))
	ctx := t.Context()
	for name, call := range map[string]func(o Order) error{
		"send":  func(o Order) error { return g.SendIn(ctx, o, note{}) },
		"apply": func(o Order) error { _, err := Apply[int](ctx, g, change{}, WithOrder(o)); return err },
		"query": func(o Order) error { _, err := Query[string](ctx, g, All, ask1{}, WithOrder(o)); return err },
	} {
		for _, o := range []Order{SafeAt(0), SafeAt(-1), SafeAt(MaxSafeAt + 1), 5, 1<<8 | Safe} {
			if err := call(o); err == nil || !strings.Contains(err.Error(), "k from 1 to 255") {
				t.Errorf("%s in order %d: %v", name, o, err)
			}
		}
		for _, o := range []Order{SafeAt(1), SafeAt(MaxSafeAt), SafeQuorum} {
			if err := call(o); err != nil {
				t.Errorf("%s, %v: %v", name, o, err)
			}
		}
	}
	if _, err := Apply[int](ctx, g, change{}, WithOrder(Causal)); err == nil || !strings.Contains(err.Error(), "not causal") {
		t.Errorf("a causal apply: %v", err)
	}
}
