package lockstep

// Joining behind a scripted machine: what it waits for, what it loads, why it is refused.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

func TestJoinSaysWhatItWaitsFor(t *testing.T) {
	n, s := scripted(t, func(*script, core.Event) {})
	s.on(t, n, func() { s.explain = "have 1 of 3 needed to found" })
	g := n.Group("quotes", GroupConfig{Size: 3})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := g.Join(ctx)
	if err == nil || err.Error() != "join quotes: context deadline exceeded: have 1 of 3 needed to found" {
		t.Fatal(err)
	}
}

// TestLoadVoidsWhatWaits: at an UpLoad what was queued is passed over, own messages are reported, and what follows waits.
func TestLoadVoidsWhatWaits(t *testing.T) {
	n, s := scripted(t, func(s *script, ev core.Event) {
		if _, ok := ev.(core.LoadFailed); ok {
			s.report(ev)
			return
		}
		alone(s, ev)
	}, "b")
	got := make(chan string, 10)
	lost := make(chan Lost, 10)
	hold := make(chan bool)
	held := make(chan bool, 1)
	g := joinScripted(t, n, GroupConfig{}, func(g *Group) {
		handleAll(got)(g)
		g.OnLost(func(_ context.Context, l Lost) { lost <- l })
		g.OnTransitional(func(context.Context, []Member) { held <- true; <-hold })
	})
	ctx := t.Context()
	s.on(t, n, func() { s.up(core.Upcall{Kind: core.UpTransitional, Group: g.id}) })
	<-held // the group's goroutine is in a callback; what comes now is queued
	if err := g.Send(ctx, note{"void"}); err != nil {
		t.Fatal(err)
	}
	if err := g.Flush(ctx); err != nil { // the loop has delivered it
		t.Fatal(err)
	}
	s.on(t, n, func() {
		s.up(core.Upcall{Kind: core.UpLoad, Group: g.id, Cut: s.position(), Donor: s.others[0]})
		s.install(g.id, s.everyone(), membership.View{Joined: []membership.Member{s.self}, With: []membership.Member{s.self}})
	})
	close(hold)
	// The donor has no address, so the load fails, and another cut is asked for.
	wait[core.LoadFailed](t, s)
	if v := g.View(); v.ID.Num != 1 {
		t.Fatal("a view was shown before the state was there:", v)
	}
	s.on(t, n, func() { s.up(core.Upcall{Kind: core.UpLoaded, Group: g.id, Members: []membership.Member{s.self}}) })
	waitView(t, g, 2)
	if l := <-lost; l.Value != (note{"void"}) || !l.Uncertain {
		t.Fatal(l)
	}
	select {
	case s := <-got:
		t.Fatal("delivered:", s)
	default:
	}
}

// TestAnotherLoadVoidsViews: the views behind a load that another replaces are never shown, for the state that then comes is that
// of a later place. The soak found a joiner that showed them with it.
func TestAnotherLoadVoidsViews(t *testing.T) {
	n, s := scripted(t, func(s *script, ev core.Event) {
		if _, ok := ev.(core.LoadFailed); ok {
			s.report(ev)
			return
		}
		alone(s, ev)
	}, "b")
	shown := make(chan uint64, 10)
	g := joinScripted(t, n, GroupConfig{}, func(g *Group) {
		handleAll(make(chan string, 10))(g)
		g.OnView(func(_ context.Context, v View) { shown <- v.ID.Num })
	})
	reload := func() {
		s.up(core.Upcall{Kind: core.UpLoad, Group: g.id, Cut: s.position(), Donor: s.others[0]})
		s.install(g.id, s.everyone(), membership.View{Joined: []membership.Member{s.self}, With: []membership.Member{s.self}})
	}
	s.on(t, n, reload)
	wait[core.LoadFailed](t, s) // the donor has no address
	s.on(t, n, reload)
	s.on(t, n, func() { s.up(core.Upcall{Kind: core.UpLoaded, Group: g.id, Members: []membership.Member{s.self}}) })
	for _, want := range []uint64{1, 3} {
		if got := <-shown; got != want {
			t.Fatalf("view %d was shown, want %d", got, want)
		}
	}
}

func TestJoinWithoutOnState(t *testing.T) {
	n, _ := scripted(t, func(s *script, ev core.Event) {
		if j, ok := ev.(core.JoinGroup); ok {
			s.up(core.Upcall{Kind: core.UpLoad, Group: wire.NewGroupID(j.Name), Cut: 5, Donor: s.others[0]})
			return
		}
		alone(s, ev)
	}, "b")
	if err := n.Group("g", GroupConfig{}).Join(t.Context()); !errors.Is(err, ErrNoState) || !strings.Contains(err.Error(), "join g") {
		t.Fatal(err)
	}
}

func TestJoinRefused(t *testing.T) {
	n, _ := scripted(t, func(s *script, ev core.Event) {
		if j, ok := ev.(core.JoinGroup); ok {
			s.up(core.Upcall{Kind: core.UpRefused, Group: wire.NewGroupID(j.Name), Refusal: membership.RefusalConfig, Text: "Size: 3 here, 5 in the group"})
		}
	})
	err := n.Group("g", GroupConfig{Size: 3}).Create(t.Context())
	if !errors.Is(err, ErrMismatch) || !strings.HasPrefix(err.Error(), "create g: ") || !strings.HasSuffix(err.Error(), "Size: 3 here, 5 in the group") {
		t.Fatal(err)
	}
	if err := n.Group("h", GroupConfig{Size: -1}).Join(t.Context()); err == nil || !strings.Contains(err.Error(), "GroupConfig.Size") {
		t.Fatal(err)
	}
	if err := n.Group("p", GroupConfig{Partition: Partitionable}).Join(t.Context()); err == nil || !strings.Contains(err.Error(), "Merge") {
		t.Fatal(err)
	}
}

func TestNameTaken(t *testing.T) {
	n, s := scripted(t, alone)
	n.in.run(func(*loop) { s.up(core.Upcall{Kind: core.UpNode, Text: "10.0.0.9:7946"}) })
	<-n.Done()
	if err := n.Err(); !errors.Is(err, ErrNameTaken) || !strings.Contains(err.Error(), "10.0.0.9:7946") {
		t.Fatal(err)
	}
}

func TestRegistrationIsFrozenByJoin(t *testing.T) {
	n, _ := scripted(t, alone)
	g := joinScripted(t, n, GroupConfig{}, nil)
	for name, f := range map[string]func(){
		"OnView": func() { g.OnView(nil) },
		"OnState": func() {
			g.OnState(State{Save: func(View) (io.WriterTo, error) { return nil, nil }, Load: func(context.Context, io.Reader) error { return nil }})
		},
		"OnLost":         func() { g.OnLost(nil) },
		"OnTransitional": func() { g.OnTransitional(nil) },
		"Watch":          func() { g.Watch("b", nil) },
		"Handle":         func() { Handle(g, func(context.Context, Message, note) {}) },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "Join") {
					t.Errorf("%s after Join: %v", name, r)
				}
			}()
			f()
		}()
	}
}
