package lockstep_test

// Nothing that was accepted is lost without a word: each message is handled here, or told to OnLost, or its call has an error.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

type item struct{ N int }
type itemNow struct{ N int }

// ledger is what became of one member's own messages.
type ledger struct {
	self lockstep.Member
	hold chan struct{} // if not nil, the handler waits for it

	mu      sync.Mutex
	handled []int
	lost    []int
	certain int               // of the lost, how many nobody delivers
	to      []lockstep.Member // of the lost, those of SendTo
}

func (l *ledger) open(g *lockstep.Group) {
	l.self = g.Node().Self()
	lockstep.Handle(g, func(_ context.Context, m lockstep.Message, v item) {
		if l.hold != nil {
			<-l.hold
		}
		if m.Sender != l.self {
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.handled = append(l.handled, v.N)
	})
	lockstep.HandleApply(g, func(context.Context, lockstep.Message, itemNow) (int, error) { return 0, nil })
	g.OnLost(func(_ context.Context, x lockstep.Lost) {
		l.mu.Lock()
		defer l.mu.Unlock()
		v, ok := x.Value.(item)
		if !ok {
			v.N = -1
		}
		l.lost = append(l.lost, v.N)
		if !x.Uncertain {
			l.certain++
		}
		if !x.To.IsZero() {
			l.to = append(l.to, x.To)
		}
	})
}

// account wants every number below n exactly once, the handled ones first and all in the order of sending.
func (l *ledger) account(t *testing.T, n int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Concat(l.handled, l.lost)
	if len(all) != n || !slices.IsSorted(all) || len(slices.Compact(all)) != n {
		t.Errorf("%d sent; handled %v, lost %v", n, l.handled, l.lost)
	}
}

// ledgers makes n members of group "g" without state.
func ledgers(t *testing.T, n int, opts ...locksteptest.Option) (*locksteptest.Cluster, []*ledger, []*lockstep.Group) {
	t.Helper()
	c := locksteptest.New(t, n, opts...)
	all := make([]*ledger, n)
	g := c.Join("g", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
		all[i] = &ledger{}
		if i == 1 {
			all[i].hold = make(chan struct{})
		}
		all[i].open(g)
	})
	return c, all, g
}

const sentHere = 300

// sendAll sends the items from 0 up and starts as many applies.
func sendAll(t *testing.T, g *lockstep.Group, applies chan<- error) {
	t.Helper()
	for i := range sentHere {
		if err := g.SendIn(t.Context(), lockstep.Order(i%4), item{i}); err != nil {
			t.Fatal(i, err)
		}
	}
	for i := range cap(applies) {
		go func() {
			_, err := lockstep.Apply[int](context.Background(), g, itemNow{i})
			applies <- err
		}()
	}
	synctest.Wait()
}

// TestCloseInGoodTimes: what was flushed is handled; what was queued at the leave is told.
func TestCloseInGoodTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, all, g := ledgers(t, 3)
		close(all[1].hold)
		applies := make(chan error, 20)
		sendAll(t, g[0], applies)
		if err := g[0].Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range sentHere {
			if err := g[0].OrderedSend(t.Context(), item{sentHere + i}); err != nil {
				t.Fatal(err)
			}
		}
		c.Node(0).Close()
		all[0].account(t, 2*sentHere)
		if len(all[0].handled) < sentHere {
			t.Errorf("only %d were handled", len(all[0].handled))
		}
		for range cap(applies) {
			if err := <-applies; err != nil && !errors.Is(err, lockstep.ErrClosed) && !errors.Is(err, lockstep.ErrUncertain) {
				t.Error(err)
			}
		}
	})
}

// TestCloseWhenCutOff: nothing goes out any more, and no leave is ordered; all of it is told.
func TestCloseWhenCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, all, g := ledgers(t, 3)
		close(all[1].hold)
		c.Cut(0)
		applies := make(chan error, 20)
		sendAll(t, g[0], applies)
		c.Node(0).Close()
		all[0].account(t, sentHere)
		if all[0].certain == 0 {
			t.Error("nothing was certainly lost")
		}
		for range cap(applies) {
			if err := <-applies; !errors.Is(err, lockstep.ErrClosed) && !errors.Is(err, lockstep.ErrUncertain) && !errors.Is(err, lockstep.ErrNotPrimary) {
				t.Error("apply:", err)
			}
		}
		if err := g[0].Err(); !errors.Is(err, lockstep.ErrClosed) {
			t.Error(err)
		}
	})
}

// TestCloseBehindASlowHandler: what is queued for a handler that does not return within Close's time is told when it does.
func TestCloseBehindASlowHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, all, g := ledgers(t, 2)
		sendAll(t, g[1], make(chan error))
		<-time.After(100 * time.Millisecond) // they are ordered, and the first is being handled
		closed := make(chan struct{})
		go func() { defer close(closed); c.Node(1).Close() }()
		<-time.After(1200 * time.Millisecond) // the leave is given up after a second, the handler after half a second more
		close(all[1].hold)
		<-closed
		all[1].account(t, sentHere)
		if len(all[1].handled) != 1 {
			t.Errorf("handled %v", all[1].handled)
		}
	})
}

// TestLossesAfterAPanic: a handler's panic ends the membership, and what was queued behind it is told all the same, before
// the group can be joined again.
func TestLossesAfterAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := locksteptest.New(t, 2)
		hold := make(chan struct{})
		lost := make(chan lockstep.Lost, 20)
		g := c.Join("g", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
			lockstep.Handle(g, func(context.Context, lockstep.Message, item) {
				if <-hold; i == 0 {
					panic("oh no")
				}
			})
			g.OnLost(func(_ context.Context, l lockstep.Lost) { lost <- l })
		})
		send := func(from, to int) {
			t.Helper()
			for i := from; i < to; i++ {
				if err := g[0].OrderedSend(t.Context(), item{i}); err != nil {
					t.Fatal(err)
				}
			}
		}
		send(0, 5)
		<-time.After(time.Second) // these wait for the handler
		c.Cut(0)
		send(5, 10) // and these for the token
		synctest.Wait()
		close(hold)
		<-g[0].Done()
		if err := g[0].Err(); !errors.Is(err, lockstep.ErrHandlerPanic) {
			t.Fatal(err)
		}
		c.Heal()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if err := g[0].Join(ctx); err != nil {
			t.Fatal("the node does not go on:", err)
		}
		var got []int
		for len(lost) > 0 {
			got = append(got, (<-lost).Value.(item).N)
		}
		if fmt.Sprint(got) != "[1 2 3 4 5 6 7 8 9]" {
			t.Errorf("lost: %v", got)
		}
	})
}

// TestSendToLost: what was for one member and has no acknowledgement is told, with whom it was for.
func TestSendToLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, all, g := ledgers(t, 3)
		close(all[1].hold)
		b := c.Node(1).Self()
		c.Cut(1)
		for i := range 3 {
			if err := g[0].SendTo(t.Context(), b, item{i}); err != nil {
				t.Fatal(err)
			}
		}
		c.WantView(g[0], 10*time.Second, "a", "c")
		synctest.Wait()
		all[0].account(t, 3)
		if fmt.Sprint(all[0].to) != fmt.Sprint([]lockstep.Member{b, b, b}) || all[0].certain != 0 {
			t.Errorf("to %v, %d certain", all[0].to, all[0].certain)
		}
		if err := g[0].Flush(t.Context()); err != nil {
			t.Error("a SendTo concerns no Flush:", err)
		}
	})
}

// TestFlushAfterARealLoss: a member that lost the primary with messages under way says so at its next Flush, once.
func TestFlushAfterARealLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, all, g := ledgers(t, 3)
		close(all[1].hold)
		c.Cut(0)
		for i := range 5 {
			if err := g[0].OrderedSend(t.Context(), item{i}); err != nil {
				t.Fatal(err)
			}
		}
		c.WantBlocked(g[0], 10*time.Second)
		c.Heal()
		c.WantView(g[0], 20*time.Second, "a", "b", "c")
		all[0].account(t, 5)
		err := g[0].Flush(t.Context())
		if want := "flush g: outcome uncertain: 5 earlier messages were lost; OnLost was told which"; !errors.Is(err, lockstep.ErrUncertain) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if err := g[0].Flush(t.Context()); err != nil {
			t.Error("the second:", err)
		}
	})
}
