package lockstep

// Applies, queries and flushes behind a scripted machine: exact answers, what is uncertain, contexts that end.

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

func TestQueryIsExact(t *testing.T) {
	var asked *core.Submit
	n, s := scripted(t, func(s *script, ev core.Event) {
		if ev, ok := ev.(*core.Submit); ok {
			asked = ev
			// c is faster than our own delivery.
			s.up(core.Upcall{Kind: core.UpAnswer, Group: ev.Group, Call: callID(ev.Messages[0].Payload), Sender: s.others[1], Status: statusError, Payload: []byte("no")})
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
	wait[*core.Submit](t, s)
	s.on(t, n, func() {
		b, _ := n.cfg.Codec.Append(nil, "b3")
		s.up(core.Upcall{Kind: core.UpAnswer, Group: g.id, Call: callID(asked.Messages[0].Payload), Sender: s.others[0], Status: statusResult, Payload: b})
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

// TestQueryOfWhoWasPutOut: a query that all hold and one member has not answered, when the member that asked is cut off, or was out and is
// taken in anew: nobody answers it any more, and it does not wait for ever.
func TestQueryOfWhoWasPutOut(t *testing.T) {
	for _, blocks := range []bool{true, false} {
		n, s := scripted(t, func(s *script, ev core.Event) {
			alone(s, ev)
			if _, ok := ev.(*core.Submit); ok {
				s.report(ev)
			}
		}, "b", "c")
		g := joinScripted(t, n, GroupConfig{Stateless: true}, handleAll(make(chan string, 1)))
		type result struct {
			r   Replies[string]
			err error
		}
		answered := make(chan result, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		go func() {
			r, err := Query[string](ctx, g, All, ask1{3})
			answered <- result{r, err}
		}()
		wait[*core.Submit](t, s)
		s.on(t, n, func() {
			if blocks {
				s.up(core.Upcall{Kind: core.UpBlocked, Group: g.id})
				return
			}
			s.install(g.id, s.everyone(), membership.View{Joined: []membership.Member{s.self}, With: []membership.Member{s.self}})
		})
		x := <-answered
		if blocks && (!errors.Is(x.err, ErrUncertain) || ctx.Err() != nil || len(x.r.Answers) > 1) || !blocks && (x.err != nil || len(x.r.Answers)+len(x.r.Failed) != 3 || len(x.r.Failed) < 2) {
			t.Errorf("blocks %v: %+v, %v", blocks, x.r, x.err)
		}
	}
}

// TestUncertain: what was numbered and is cut off by the loss of the primary is uncertain, what was not is not.
func TestUncertain(t *testing.T) {
	var subs []*core.Submit
	n, s := scripted(t, func(s *script, ev core.Event) {
		if ev, ok := ev.(*core.Submit); ok {
			subs = append(subs, ev)
			if len(subs) <= 2 {
				s.up(core.Upcall{Kind: core.UpNumbered, Group: ev.Group, Tag: ev.Messages[0].Tag, Count: 1})
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
	wait[*core.Submit](t, s)
	if err := g.Send(ctx, note{"numbered"}); err != nil {
		t.Fatal(err)
	}
	wait[*core.Submit](t, s)
	if err := g.Send(ctx, note{"not"}); err != nil {
		t.Fatal(err)
	}
	wait[*core.Submit](t, s)
	go apply()
	wait[*core.Submit](t, s)
	s.on(t, n, func() {
		s.up(core.Upcall{Kind: core.UpBlocked, Group: g.id})
		for i, ev := range subs {
			s.up(core.Upcall{Kind: core.UpLost, Group: g.id, Tag: ev.Messages[0].Tag, Uncertain: i < 2})
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

func TestCloseEndsWhatWaits(t *testing.T) {
	quiet := false
	n, s := scripted(t, func(s *script, ev core.Event) {
		if ev, ok := ev.(*core.Submit); ok {
			if !quiet {
				s.up(core.Upcall{Kind: core.UpNumbered, Group: ev.Group, Tag: ev.Messages[0].Tag, Count: 1})
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
	wait[*core.Submit](t, s)
	s.on(t, n, func() { quiet = true })
	go apply()
	wait[*core.Submit](t, s)
	n.Close()
	a, b := <-errs, <-errs
	if errors.Is(b, ErrUncertain) {
		a, b = b, a
	}
	if !errors.Is(a, ErrUncertain) || !errors.Is(b, ErrClosed) || errors.Is(b, ErrUncertain) {
		t.Fatal(a, b)
	}
}
