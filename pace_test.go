package lockstep_test

// RateLimit and TrySend, in virtual time.

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// paced runs f with a group of one under the limit; inHandler, unless nil, is called in the handler of the value 0.
func paced(t *testing.T, limit lockstep.RateLimit, inHandler func(ctx context.Context, g *lockstep.Group), f func(t *testing.T, c *locksteptest.Cluster, g *lockstep.Group)) {
	locksteptest.Run(t, 1, func(t *testing.T, c *locksteptest.Cluster) {
		groups := c.Join("g", lockstep.GroupConfig{Stateless: true, RateLimit: limit}, func(_ int, g *lockstep.Group) {
			lockstep.Handle(g, func(ctx context.Context, _ lockstep.Message, w work) {
				if w.N == 0 && inHandler != nil {
					inHandler(ctx, g)
				}
			})
			lockstep.Handle(g, func(context.Context, lockstep.Message, []byte) {})
		})
		f(t, c, groups[0])
	})
}

// near fails the test unless got is within a tenth of a second above want.
func near(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if got < want-5*time.Millisecond || got > want+100*time.Millisecond {
		t.Errorf("%s took %v, want %v", what, got, want)
	}
}

func TestRateLimitOfMessages(t *testing.T) {
	paced(t, lockstep.RateLimit{Messages: 100}, nil, func(t *testing.T, c *locksteptest.Cluster, g *lockstep.Group) {
		for _, round := range []string{"at first", "after a minute's rest"} {
			began := time.Now()
			for n := range 10 {
				send(t, g, n+1)
			}
			if took := time.Since(began); took > 0 {
				t.Errorf("%s, a tenth of a second's messages took %v", round, took)
			}
			for n := range 300 {
				send(t, g, n+1)
			}
			near(t, round+", 310 messages at 100 a second", time.Since(began), 2990*time.Millisecond)
			<-time.After(time.Minute)
		}
	})
}

func TestRateLimitOfBytes(t *testing.T) {
	paced(t, lockstep.RateLimit{Messages: 10_000, Bytes: 1 << 20}, nil, func(t *testing.T, c *locksteptest.Cluster, g *lockstep.Group) {
		ctx := t.Context()
		began := time.Now()
		for range 100 { // two senders of 2 MiB in all
			errs := make(chan error, 2)
			for range 2 {
				go func() { errs <- g.Send(ctx, make([]byte, 10<<10)) }()
			}
			for range 2 {
				if err := <-errs; err != nil {
					t.Fatal(err)
				}
			}
		}
		near(t, "2000 KiB at 1 MiB a second", time.Since(began), 1840*time.Millisecond)
		// A message is sent whole, and the next pays for it.
		<-time.After(time.Second)
		began = time.Now()
		if err := g.Send(ctx, make([]byte, 5<<20)); err != nil || time.Since(began) > 0 {
			t.Errorf("a large message: %v after %v", err, time.Since(began))
		}
		if err := g.Flush(ctx); err != nil || time.Since(began) > time.Second {
			t.Errorf("a Flush: %v after %v", err, time.Since(began))
		}
		if err := g.Send(ctx, []byte("x")); err != nil {
			t.Error(err)
		}
		near(t, "a message behind 5 MiB", time.Since(began), 4900*time.Millisecond)
	})
}

func TestRateLimitWaitsEnd(t *testing.T) {
	paced(t, lockstep.RateLimit{Messages: 1}, nil, func(t *testing.T, c *locksteptest.Cluster, g *lockstep.Group) {
		send(t, g, 1)
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := g.Send(ctx, work{2})
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, lockstep.ErrUncertain) || !strings.Contains(err.Error(), "RateLimit") {
			t.Errorf("a send whose context ended: %v", err)
		}
		near(t, "it", time.Since(began), 50*time.Millisecond)
		// What was not sent costs nothing.
		send(t, g, 3)
		near(t, "the second message", time.Since(began), 900*time.Millisecond)
		left := make(chan error, 1)
		go func() { left <- g.Send(t.Context(), work{4}) }()
		<-time.After(10 * time.Millisecond)
		if err := g.Leave(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-left; !errors.Is(err, lockstep.ErrNotMember) {
			t.Errorf("a send that waited when its member left: %v", err)
		}
	})
}

// A handler may be one bound ahead of others and gets ErrFull then, at once.
func TestRateLimitInUpcall(t *testing.T) {
	result := make(chan error, 1)
	count := 0
	paced(t, lockstep.RateLimit{Messages: 100}, func(ctx context.Context, g *lockstep.Group) {
		began := time.Now()
		var err error
		for count = 0; err == nil && count < 100; count++ {
			err = g.Send(ctx, work{1})
		}
		if time.Since(began) > 0 {
			err = errors.New("a send in a handler waited")
		}
		result <- err
	}, func(t *testing.T, c *locksteptest.Cluster, g *lockstep.Group) {
		send(t, g, 0)
		err := <-result
		if !errors.Is(err, lockstep.ErrFull) || !strings.Contains(err.Error(), "RateLimit") {
			t.Error(err)
		}
		if count != 20 { // with the one that the handler is for, two tenths of a second's, and the one that was refused
			t.Errorf("a handler sent %d messages", count-1)
		}
		began := time.Now()
		send(t, g, 1)
		near(t, "the next of the others'", time.Since(began), 100*time.Millisecond)
	})
}

func TestTrySend(t *testing.T) {
	paced(t, lockstep.RateLimit{Messages: 100}, nil, func(t *testing.T, c *locksteptest.Cluster, g *lockstep.Group) {
		for _, o := range []lockstep.Order{lockstep.FIFO, lockstep.Causal, lockstep.Ordered, lockstep.Safe, lockstep.SafeQuorum, lockstep.SafeAt(2)} {
			if err := g.TrySend(o, work{1}); err != nil {
				t.Errorf("%v: %v", o, err)
			}
		}
		if err := g.TrySend(lockstep.Order(200), work{1}); err == nil || errors.Is(err, lockstep.ErrFull) {
			t.Errorf("an order that is none: %v", err)
		}
		n := 6
		for ; g.TrySend(lockstep.FIFO, work{1}) == nil; n++ {
		}
		if n != 10 {
			t.Errorf("%d messages at once, the limit allows 10", n)
		}
		if err := g.TrySend(lockstep.FIFO, work{1}); !errors.Is(err, lockstep.ErrFull) || !strings.Contains(err.Error(), "RateLimit") {
			t.Error(err)
		}
		// Nobody is passed by: behind a send that waits there is no room, though the limit would allow one.
		<-time.After(time.Second)
		sent := make(chan error, 1)
		for range 10 {
			send(t, g, 1)
		}
		go func() { sent <- g.Send(t.Context(), work{1}) }()
		<-time.After(time.Millisecond)
		if err := g.TrySend(lockstep.FIFO, work{1}); !errors.Is(err, lockstep.ErrFull) {
			t.Errorf("it passed a send that waits: %v", err)
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}
