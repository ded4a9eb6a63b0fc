package lockstep

// A group behind a scripted machine: what nil means, which error says what, what an upcall may do.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

func handleAll(got chan<- string) func(g *Group) {
	return func(g *Group) {
		Handle(g, func(_ context.Context, m Message, v note) { got <- v.Text })
		HandleApply(g, func(_ context.Context, m Message, v change) (int, error) {
			if v.N < 0 {
				return 0, io.ErrUnexpectedEOF
			}
			return v.N + 1, nil
		})
		HandleQuery(g, func(_ context.Context, m Message, v ask1) (string, error) { return fmt.Sprint("a", v.N), nil })
		g.OnState(State{
			Save: func(View) (io.WriterTo, error) { return strings.NewReader("state"), nil },
			Load: func(_ context.Context, r io.Reader) error { _, err := io.ReadAll(r); return err },
		})
	}
}

func TestAlone(t *testing.T) {
	n, _ := scripted(t, alone)
	got := make(chan string, 100)
	g := joinScripted(t, n, GroupConfig{}, handleAll(got))
	ctx := t.Context()
	if v := g.View(); v.Rank != 0 || !v.Primary || v.Members[0] != n.Self() {
		t.Fatal(v)
	}
	for i, send := range []func(context.Context, any) error{g.Send, g.CausalSend, g.OrderedSend, g.SafeSend} {
		text := fmt.Sprint(i)
		if err := send(ctx, note{text}); err != nil {
			t.Fatal(err)
		}
		if s := <-got; s != text {
			t.Fatal(s)
		}
	}
	if err := g.SendTo(ctx, n.Self(), &note{"me"}); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "me" {
		t.Fatal(s)
	}
	var at Position
	if r, err := Apply[int](ctx, g, change{41}, WithPosition(&at)); r != 42 || err != nil || at == 0 {
		t.Fatal(r, err, at)
	}
	if _, err := Apply[int](ctx, g, change{-1}); err != io.ErrUnexpectedEOF {
		t.Fatal("own handler's error:", err)
	}
	if _, err := Apply[string](ctx, g, change{1}); err == nil || !strings.Contains(err.Error(), "returns int, not string") {
		t.Fatal(err)
	}
	r, err := Query[string](ctx, g, All, ask1{7})
	if err != nil || len(r.Answers) != 1 || r.Answers[0].Value != "a7" || r.Answers[0].Member != n.Self() {
		t.Fatal(r, err)
	}
	if err := g.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if m, err := n.Members(ctx, "g"); err != nil || m[0] != n.Self() {
		t.Fatal(m, err)
	}
	if err := g.Join(ctx); !errors.Is(err, ErrAlreadyMember) {
		t.Fatal(err)
	}
	if err := g.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	<-g.Done()
	if !errors.Is(g.Err(), ErrLeft) || g.View().Rank != -1 {
		t.Fatal(g.Err(), g.View())
	}
	if err := g.Send(ctx, note{}); !errors.Is(err, ErrNotMember) {
		t.Fatal(err)
	}
	if err := g.Join(ctx); err != nil {
		t.Fatal("again:", err)
	}
	if g.Err() != nil {
		t.Fatal(g.Err())
	}
	if err := g.Terminate(ctx); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(g.Err(), ErrTerminated) {
		t.Fatal(g.Err())
	}
	n.Close()
	if err := g.Join(ctx); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	if n.Err() != ErrClosed || n.Close() != nil {
		t.Fatal(n.Err())
	}
}

func TestErrorsBeforeAnythingIsSent(t *testing.T) {
	n, s := scripted(t, alone, "b")
	n.cfg.MaxMessage = 1000
	g := n.Group("g", GroupConfig{})
	handleAll(make(chan string, 10))(g)
	ctx := t.Context()
	if err := g.Send(ctx, note{}); !errors.Is(err, ErrNotMember) {
		t.Fatal(err)
	}
	if err := g.Join(ctx); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err  error
		want error
		text string
	}{
		{g.Send(ctx, note{strings.Repeat("x", 2000)}), ErrTooLarge, "bytes, at most 1000"},
		{g.Send(ctx, struct{ A int }{}), ErrNotHandled, "no name"},
		{g.Send(ctx, change{}), ErrNotHandled, "no member registered message change"},
		{g.Send(ctx, nil), ErrNotHandled, "nil"},
		{g.Send(ctx, (*note)(nil)), ErrNotHandled, "nil"},
		{g.SendTo(ctx, Member{Name: "z", Incarnation: 1}, note{}), ErrGone, "z/1"},
		{canceled(func(ctx context.Context) error { return g.Send(ctx, note{}) }), context.Canceled, "send g"},
		{canceled(func(ctx context.Context) error { return g.Flush(ctx) }), context.Canceled, "flush g"},
	} {
		if !errors.Is(c.err, c.want) || !strings.Contains(c.err.Error(), c.text) || errors.Is(c.err, ErrUncertain) {
			t.Errorf("got %v, want %v with %q", c.err, c.want, c.text)
		}
	}
	// A type that b does not handle is refused here, by b's name.
	s.on(t, n, func() {
		table := slices.Clone(s.tables[g.id])
		for i := range table {
			table[i].Missing = []wire.MemberID{s.others[0].ID}
		}
		s.tables[g.id] = table
		s.install(g.id, s.everyone(), membership.View{})
	})
	waitView(t, g, 2)
	if err := g.Send(ctx, note{}); !errors.Is(err, ErrNotHandled) || !strings.Contains(err.Error(), "message note is not handled by b/1") {
		t.Fatal(err)
	}
	r, err := Query[string](ctx, g, All, ask1{})
	if err != nil || len(r.Declined) != 1 || r.Declined[0].Name != "b" || len(r.Answers) != 1 {
		t.Fatal(r, err)
	}
}

func canceled(f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return f(ctx)
}

// waitView waits until the application was shown the view with this number.
func waitView(t *testing.T, g *Group, num uint64) {
	t.Helper()
	limit := time.After(5 * time.Second)
	for g.View().ID.Num != num {
		select {
		case <-time.After(time.Millisecond):
		case <-limit:
			t.Fatalf("view %d did not come; at %v", num, g.View())
		}
	}
}

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
		if _, ok := ev.(core.Submit); !ok {
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

func TestQueryIsExact(t *testing.T) {
	var asked core.Submit
	n, s := scripted(t, func(s *script, ev core.Event) {
		if ev, ok := ev.(core.Submit); ok {
			asked = ev
			// c is faster than our own delivery.
			s.up(core.Upcall{Kind: core.UpAnswer, Group: ev.Group, Call: callID(ev.Payload), Sender: s.others[1], Status: statusError, Payload: []byte("no")})
			s.deliver(ev)
			s.report(ev)
			return
		}
		alone(s, ev)
	}, "b", "c", "d", "e")
	g := joinScripted(t, n, GroupConfig{}, handleAll(make(chan string, 1)))
	// e still loads.
	s.on(t, n, func() { s.install(g.id, s.everyone(), membership.View{Loading: s.others[3:]}) })
	type result struct {
		r   Replies[string]
		err error
	}
	answered := make(chan result, 1)
	go func() {
		r, err := Query[string](t.Context(), g, All, ask1{3})
		answered <- result{r, err}
	}()
	wait[core.Submit](t, s)
	s.on(t, n, func() {
		b, _ := n.cfg.Codec.Append(nil, "b3")
		s.up(core.Upcall{Kind: core.UpAnswer, Group: g.id, Call: callID(asked.Payload), Sender: s.others[0], Status: statusResult, Payload: b})
		s.install(g.id, s.everyone()[:3], membership.View{Left: []membership.Departure{{Member: s.others[2], Reason: wire.ReasonCrash}}})
		s.up(core.Upcall{Kind: core.UpStable, Group: g.id, Position: s.next})
	})
	x := <-answered
	if x.err != nil || len(x.r.Answers) != 3 || len(x.r.Failed) != 1 || len(x.r.Declined) != 1 {
		t.Fatalf("%+v", x)
	}
	var remote *RemoteError
	if x.r.Answers[0].Value != "a3" || x.r.Answers[1].Value != "b3" || !errors.As(x.r.Answers[2].Err, &remote) || remote.Text != "no" || remote.Member.Name != "c" {
		t.Fatalf("%+v", x.r.Answers)
	}
	if x.r.Failed[0].Member.Name != "d" || x.r.Failed[0].Reason != Crashed || x.r.Declined[0].Name != "e" {
		t.Fatalf("%+v", x.r)
	}
}

// TestUncertain: what was numbered and is cut off by the loss of the primary is uncertain, what was not is not.
func TestUncertain(t *testing.T) {
	var subs []core.Submit
	n, s := scripted(t, func(s *script, ev core.Event) {
		if ev, ok := ev.(core.Submit); ok {
			subs = append(subs, ev)
			if len(subs) <= 2 {
				s.up(core.Upcall{Kind: core.UpNumbered, Group: ev.Group, Tag: ev.Tag})
			}
			s.report(ev)
			return
		}
		alone(s, ev)
	})
	lost := make(chan Lost, 10)
	blocked := make(chan bool, 1)
	g := joinScripted(t, n, GroupConfig{}, func(g *Group) {
		handleAll(make(chan string, 1))(g)
		g.OnLost(func(_ context.Context, l Lost) { lost <- l })
		g.OnBlocked(func(context.Context) { blocked <- true })
	})
	ctx := t.Context()
	errs := make(chan error, 2)
	apply := func() { _, err := Apply[int](ctx, g, change{1}); errs <- err }
	go apply()
	wait[core.Submit](t, s)
	if err := g.Send(ctx, note{"numbered"}); err != nil {
		t.Fatal(err)
	}
	wait[core.Submit](t, s)
	if err := g.Send(ctx, note{"not"}); err != nil {
		t.Fatal(err)
	}
	wait[core.Submit](t, s)
	go apply()
	wait[core.Submit](t, s)
	s.on(t, n, func() {
		s.up(core.Upcall{Kind: core.UpBlocked, Group: g.id})
		for i, ev := range subs {
			s.up(core.Upcall{Kind: core.UpLost, Group: g.id, Tag: ev.Tag, Uncertain: i < 2})
		}
	})
	<-blocked
	e1, e2 := <-errs, <-errs
	if !errors.Is(e1, ErrUncertain) {
		e1, e2 = e2, e1
	}
	if !errors.Is(e1, ErrUncertain) || errors.Is(e1, ErrNotPrimary) || !errors.Is(e2, ErrNotPrimary) || errors.Is(e2, ErrUncertain) {
		t.Fatal(e1, e2)
	}
	if l := <-lost; l.Value != (note{"numbered"}) || !l.Uncertain {
		t.Fatal(l)
	}
	if l := <-lost; l.Value != (note{"not"}) || l.Uncertain {
		t.Fatal(l)
	}
	if err := g.Send(ctx, note{}); !errors.Is(err, ErrNotPrimary) {
		t.Fatal(err)
	}
	if g.View().Primary {
		t.Fatal("primary while blocked")
	}
	s.on(t, n, func() {
		s.act = alone
		s.install(g.id, s.everyone(), membership.View{})
	})
	waitView(t, g, 2)
	if err := g.Flush(ctx); !errors.Is(err, ErrUncertain) {
		t.Fatal("the first flush after a loss:", err)
	}
	if err := g.Flush(ctx); err != nil {
		t.Fatal("the second:", err)
	}
}

// TestContextEndsInEveryState: whatever the machine does or does not do, a call returns with its context. Time is virtual, so a
// busy host makes no difference.
func TestContextEndsInEveryState(t *testing.T) {
	calls := map[string]func(ctx context.Context, n *Node, g *Group) error{
		"join":         func(ctx context.Context, _ *Node, g *Group) error { return g.Join(ctx) },
		"create":       func(ctx context.Context, _ *Node, g *Group) error { return g.Create(ctx) },
		"joinexisting": func(ctx context.Context, _ *Node, g *Group) error { return g.JoinExisting(ctx) },
		"leave":        func(ctx context.Context, _ *Node, g *Group) error { return g.Leave(ctx) },
		"terminate":    func(ctx context.Context, _ *Node, g *Group) error { return g.Terminate(ctx) },
		"flush":        func(ctx context.Context, _ *Node, g *Group) error { return g.Flush(ctx) },
		"apply":        func(ctx context.Context, _ *Node, g *Group) error { _, err := Apply[int](ctx, g, change{}); return err },
		"query": func(ctx context.Context, _ *Node, g *Group) error {
			_, err := Query[string](ctx, g, All, ask1{})
			return err
		},
		"members": func(ctx context.Context, n *Node, _ *Group) error { _, err := n.Members(ctx, "g"); return err },
		"status":  func(ctx context.Context, n *Node, _ *Group) error { _, err := n.Status(ctx); return err },
		"send": func(ctx context.Context, _ *Node, g *Group) error {
			for {
				if err := g.Send(ctx, note{}); err != nil {
					return err
				}
			}
		},
	}
	waits := map[string][]string{
		"out":        {"join", "create", "joinexisting"},
		"member":     {"leave", "terminate", "flush", "apply", "query", "send"},
		"loop stuck": {"leave", "terminate", "flush", "apply", "query", "send", "members", "status"},
	}
	for state, names := range waits {
		for _, name := range names {
			t.Run(state+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					quiet := state == "out"
					free := make(chan struct{})
					n, s := scripted(t, func(s *script, ev core.Event) {
						if !quiet {
							alone(s, ev)
						}
					})
					g := n.Group("g", GroupConfig{})
					handleAll(make(chan string, 1))(g)
					if state != "out" {
						if err := g.Join(t.Context()); err != nil {
							t.Fatal(err)
						}
						s.on(t, n, func() { quiet = true })
					}
					if state == "loop stuck" {
						n.in.run(func(*loop) { <-free })
					}
					ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
					defer cancel()
					var late time.Duration
					err := within(t, name, ctx, func() error {
						err := calls[name](ctx, n, g)
						end, _ := ctx.Deadline()
						late = time.Since(end)
						return err
					})
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%v", err)
					}
					accepted := name == "flush" || name == "apply" || name == "query"
					if errors.Is(err, ErrUncertain) != accepted {
						t.Errorf("uncertain: %v", err)
					}
					if late > 10*time.Millisecond {
						t.Errorf("returned %v after its context's end", late)
					}
					close(free)
					s.on(t, n, func() { quiet = false })
				})
			})
		}
	}
}

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

func TestCloseEndsWhatWaits(t *testing.T) {
	quiet := false
	n, s := scripted(t, func(s *script, ev core.Event) {
		if ev, ok := ev.(core.Submit); ok {
			if !quiet {
				s.up(core.Upcall{Kind: core.UpNumbered, Group: ev.Group, Tag: ev.Tag})
			}
			s.report(ev)
			return
		}
		alone(s, ev)
	})
	g := joinScripted(t, n, GroupConfig{}, handleAll(make(chan string, 1)))
	errs := make(chan error, 2)
	apply := func() { _, err := Apply[int](context.Background(), g, change{}); errs <- err }
	go apply()
	wait[core.Submit](t, s)
	s.on(t, n, func() { quiet = true })
	go apply()
	wait[core.Submit](t, s)
	n.Close()
	a, b := <-errs, <-errs
	if errors.Is(b, ErrUncertain) {
		a, b = b, a
	}
	if !errors.Is(a, ErrUncertain) || !errors.Is(b, ErrClosed) || errors.Is(b, ErrUncertain) {
		t.Fatal(a, b)
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
