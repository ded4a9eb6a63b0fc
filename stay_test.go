package lockstep

// A token that stays (core.Core.Stays) is settled by whoever left it here, when handlers have run.

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
)

// A stayScript founds a group of one, takes any packet for the token, and numbers as a core does: what waits when the token comes and,
// while it stays, what waits at Settled. It tells what happens.
type stayScript struct {
	waiting []*core.Submit
	told    chan string
	done    chan struct{} // closed: the token is gone
}

func (x *stayScript) act(s *script, ev core.Event) {
	switch ev := ev.(type) {
	case *core.Submit:
		x.told <- "sent"
		x.waiting = append(x.waiting, ev)
	case *core.Received, core.Settled:
		s.stays = len(x.waiting) > 0
		for _, m := range x.waiting {
			s.deliver(m)
		}
		x.waiting = nil
		if !s.stays {
			x.told <- "gone"
		}
	default:
		alone(s, ev)
	}
}

// newStay is a node's loop with a token that stays, and a group that handles notes.
func newStay(t *testing.T, handle func(x *stayScript, g *Group, text string)) (*loop, *Group, *stayScript) {
	x := &stayScript{told: make(chan string, 100), done: make(chan struct{})}
	n, _ := scripted(t, x.act)
	g := joinScripted(t, n, GroupConfig{Stateless: true}, func(g *Group) {
		Handle(g, func(_ context.Context, _ Message, v note) { handle(x, g, v.Text) })
	})
	l, err := ask(t.Context(), n, func(l *loop) *loop { return l })
	if err != nil {
		t.Fatal(err)
	}
	return l, g, x
}

// visit plays one visit of the token, with this goroutine as the reader, and returns what was told until it was gone; and whether the
// reader is to read on.
func (x *stayScript) visit(t *testing.T, l *loop, g *Group) (told []string, reads bool) {
	t.Helper()
	if err := g.TrySend(Ordered, note{"c"}); err != nil {
		t.Fatal(err)
	}
	back := make(chan bool, 1)
	for limit := time.After(10 * time.Second); ; {
		select {
		case s := <-x.told:
			if told = append(told, s); len(told) == 1 {
				go func() {
					for !l.turn.TryLock() { // the message is being taken in
						runtime.Gosched()
					}
					l.turn.Unlock()
					back <- l.received([]core.Received{{}})
				}()
			}
			if s == "gone" {
				close(x.done)
				return told, <-back
			}
		case <-limit:
			t.Fatalf("told %q, and the token is not gone", told)
		}
	}
}

// tries is how often a visit is played until the reader is lent to the group: it is not while the group's own goroutine still runs, or on a
// machine that is too busy.
const tries = 200

// TestTheReaderComesBackWithAnswers: what the handler sends is with the core before the token goes.
func TestTheReaderComesBackWithAnswers(t *testing.T) {
	want := []string{"sent", "c", "sent", "cc", "sent", "ccc", "gone"}
	var told []string
	for range tries {
		l, g, x := newStay(t, func(x *stayScript, g *Group, text string) {
			x.told <- text
			if text != "ccc" {
				_ = g.TrySend(Ordered, note{text + "c"})
			}
		})
		if told, _ = x.visit(t, l, g); slices.Equal(told, want) {
			return
		}
	}
	t.Errorf("told %q, want %q", told, want)
}

// TestTheTokenGoesWithoutABlockedHandler: a reader whose handler blocks is relieved, and so is the token that waits for it.
func TestTheTokenGoesWithoutABlockedHandler(t *testing.T) {
	for range tries {
		l, g, x := newStay(t, func(x *stayScript, _ *Group, _ string) { <-x.done })
		if told, reads := x.visit(t, l, g); !slices.Equal(told, []string{"sent", "gone"}) {
			t.Fatalf("told %q", told)
		} else if !reads {
			return
		}
	}
	t.Error("no reader was relieved")
}
