package lockstep_test

// Every call that may block, in every protocol state, on whole nodes: it returns within 10 ms of its context's end. Time is
// virtual, so a busy host makes no difference.

import (
	"context"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// A stage is a node that was brought into some protocol state, and its group.
type stage struct {
	node  *lockstep.Node
	group *lockstep.Group
}

// prepare registers what the calls below need.
func prepare(g *lockstep.Group, hold <-chan struct{}) {
	lockstep.Handle(g, func(context.Context, lockstep.Message, item) {
		if hold != nil {
			<-hold
		}
	})
	lockstep.HandleApply(g, nothing[itemNow])
	lockstep.HandleQuery(g, nothing[total])
	g.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) { return strings.NewReader(""), nil },
		Load: func(ctx context.Context, r io.Reader) error { _, err := io.ReadAll(r); return err },
	})
}

// stages brings a node into each state; what holds it there is undone by the test's end.
var stages = map[string]func(t *testing.T) stage{
	"alone": func(t *testing.T) stage {
		c := locksteptest.New(t, 1)
		g := c.Join("g", lockstep.GroupConfig{}, func(_ int, g *lockstep.Group) { prepare(g, nil) })
		return stage{c.Node(0), g[0]}
	},
	"member": func(t *testing.T) stage {
		c := locksteptest.New(t, 3)
		g := c.Join("g", lockstep.GroupConfig{}, func(_ int, g *lockstep.Group) { prepare(g, nil) })
		return stage{c.Node(1), g[1]}
	},
	"gathering, peers not reachable": func(t *testing.T) stage {
		gathering := make(chan struct{}, 100)
		c := locksteptest.New(t, 3, locksteptest.WithConfig(func(i int, cfg *lockstep.Config) {
			if i == 0 {
				cfg.Events = &lockstep.EventListener{StateChanged: func(text string) {
					if strings.Contains(text, "gather") {
						select {
						case gathering <- struct{}{}:
						default:
						}
					}
				}}
			}
		}))
		g := c.Join("g", lockstep.GroupConfig{}, func(_ int, g *lockstep.Group) { prepare(g, nil) })
		for len(gathering) > 0 {
			<-gathering
		}
		c.Network().SetLoss(1)
		<-gathering
		return stage{c.Node(0), g[0]}
	},
	"waiting to found": func(t *testing.T) stage {
		c := locksteptest.New(t, 2)
		g := c.Node(0).Group("g", lockstep.GroupConfig{Size: 3})
		prepare(g, nil)
		<-time.After(3 * time.Second) // the two are one ring by now
		return stage{c.Node(0), g}
	},
	"seeds not reachable": func(t *testing.T) stage {
		network := memnet.New(memnet.Config{Delay: time.Millisecond})
		tr, err := network.Listen("10.0.0.1:7946")
		if err != nil {
			t.Fatal(err)
		}
		n, err := lockstep.Start(t.Context(), lockstep.Config{Name: "a", Transport: tr, Key: newKey(t), Resolve: noSuchHost,
			Seeds: []string{"10.0.0.2:7946", "nowhere.invalid:7946"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		g := n.Group("g", lockstep.GroupConfig{})
		prepare(g, nil)
		return stage{n, g}
	},
	"blocked minority": func(t *testing.T) stage {
		c := locksteptest.New(t, 3)
		g := c.Join("g", lockstep.GroupConfig{Size: 3}, func(_ int, g *lockstep.Group) { prepare(g, nil) })
		c.Cut(0)
		c.WantBlocked(g[0], 10*time.Second)
		return stage{c.Node(0), g[0]}
	},
	"loading state": func(t *testing.T) stage {
		c := locksteptest.New(t, 2)
		ga, gb := c.Node(0).Group("g", lockstep.GroupConfig{}), c.Node(1).Group("g", lockstep.GroupConfig{})
		prepare(gb, nil)
		prepare(ga, nil)
		ga.OnState(lockstep.State{ // in place of what prepare registered
			Save: func(lockstep.View) (io.WriterTo, error) { return endless{t.Context()}, nil },
			Load: func(context.Context, io.Reader) error { return nil },
		})
		if err := ga.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		return stage{c.Node(1), gb}
	},
	"handler blocked": func(t *testing.T) stage {
		c := locksteptest.New(t, 2)
		hold := make(chan struct{})
		t.Cleanup(func() { close(hold) })
		g := c.Join("g", lockstep.GroupConfig{}, func(i int, g *lockstep.Group) {
			if i == 0 {
				prepare(g, hold)
			} else {
				prepare(g, nil)
			}
		})
		if err := g[0].Send(t.Context(), item{}); err != nil {
			t.Fatal(err)
		}
		<-time.After(100 * time.Millisecond)
		return stage{c.Node(0), g[0]}
	},
	"closed": func(t *testing.T) stage {
		c := locksteptest.New(t, 1)
		g := c.Join("g", lockstep.GroupConfig{}, func(_ int, g *lockstep.Group) { prepare(g, nil) })
		c.Node(0).Close()
		return stage{c.Node(0), g[0]}
	},
}

// whileJoining is a stage in which another goroutine is in Join already.
func whileJoining(enter func(t *testing.T) stage) func(t *testing.T) stage {
	return func(t *testing.T) stage {
		s := enter(t)
		ctx, cancel := context.WithCancel(t.Context())
		t.Cleanup(cancel)
		go func() { _ = s.group.Join(ctx) }()
		<-time.After(100 * time.Millisecond)
		return s
	}
}

// endless is a state that is never written to its end.
type endless struct{ until context.Context }

func (e endless) WriteTo(io.Writer) (int64, error) {
	<-e.until.Done()
	return 0, e.until.Err()
}

// blocking are the calls that may block.
var blocking = map[string]func(ctx context.Context, s stage) error{
	"Join":         func(ctx context.Context, s stage) error { return s.group.Join(ctx) },
	"Create":       func(ctx context.Context, s stage) error { return s.group.Create(ctx) },
	"JoinExisting": func(ctx context.Context, s stage) error { return s.group.JoinExisting(ctx) },
	"Leave":        func(ctx context.Context, s stage) error { return s.group.Leave(ctx) },
	"Terminate":    func(ctx context.Context, s stage) error { return s.group.Terminate(ctx) },
	"Flush":        func(ctx context.Context, s stage) error { return s.group.Flush(ctx) },
	"Apply": func(ctx context.Context, s stage) error {
		_, err := lockstep.Apply[int](ctx, s.group, itemNow{})
		return err
	},
	"Query": func(ctx context.Context, s stage) error {
		_, err := lockstep.Query[int](ctx, s.group, lockstep.All, total{})
		return err
	},
	"Members":     func(ctx context.Context, s stage) error { _, err := s.node.Members(ctx, "g"); return err },
	"Status":      func(ctx context.Context, s stage) error { _, err := s.node.Status(ctx); return err },
	"Send":        sending((*lockstep.Group).Send),
	"CausalSend":  sending((*lockstep.Group).CausalSend),
	"OrderedSend": sending((*lockstep.Group).OrderedSend),
	"SafeSend":    sending((*lockstep.Group).SafeSend),
	"SendTo": sending(func(g *lockstep.Group, ctx context.Context, v any) error {
		to := g.Node().Self()
		for _, m := range g.View().Members {
			to = m // the youngest
		}
		return g.SendTo(ctx, to, v)
	}),
}

// sending sends until the queue is full and the call waits, or it fails; bounded, because a group that takes in as fast as it is
// sent to never makes anyone wait.
func sending(send func(g *lockstep.Group, ctx context.Context, v any) error) func(ctx context.Context, s stage) error {
	return func(ctx context.Context, s stage) error {
		for range 20_000 {
			if err := send(s.group, ctx, item{}); err != nil {
				return err
			}
		}
		return nil
	}
}

// TestCallsReturnWithTheirContext runs each call in each state with a context that ends, and with one that has ended.
func TestCallsReturnWithTheirContext(t *testing.T) {
	all := maps.Clone(stages)
	for _, state := range []string{"waiting to found", "seeds not reachable", "loading state"} {
		all[state+", in another Join"] = whileJoining(stages[state])
	}
	for state, enter := range all {
		for name, call := range blocking {
			t.Run(state+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := enter(t)
					for _, patience := range []time.Duration{20 * time.Millisecond, 0} {
						ctx, cancel := context.WithTimeout(t.Context(), patience)
						begun := time.Now()
						err := call(ctx, s)
						took := time.Since(begun)
						if took > patience+10*time.Millisecond {
							t.Errorf("returned %v after its context's end", took-patience)
						}
						if took >= patience && patience > 0 && !errors.Is(err, context.DeadlineExceeded) {
							t.Errorf("waited to its context's end and returned %v", err)
						}
						if patience == 0 && (err == nil || errors.Is(err, lockstep.ErrUncertain)) {
							t.Errorf("under a context that had ended: %v", err)
						}
						cancel()
					}
				})
			})
		}
	}
}
