package lockstep_test

// A side without a quorum: how soon it knows, what it says, what it refuses; and in a ReadOnly group, what it answers.

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

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// detection is how long a side may take to know that it was cut off, with the default timing; see docs/guarantees.md.
const detection = 1500 * time.Millisecond

// TestAMinorityKnowsIt: under each policy, a member that is cut off knows it within the detection time: the event, the callback or the
// view, View, and what its calls return.
func TestAMinorityKnowsIt(t *testing.T) {
	for _, policy := range []lockstep.PartitionPolicy{lockstep.Primary, lockstep.ReadOnly, lockstep.Partitionable} {
		for _, size := range []int{0, 3} {
			t.Run(fmt.Sprintf("%v, size %d", policy, size), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					events := make(chan string, 100)
					c := locksteptest.New(t, 3, locksteptest.WithConfig(func(i int, cfg *lockstep.Config) {
						if i == 2 {
							cfg.Events = &lockstep.EventListener{
								Blocked: func(group string) { events <- "blocked " + group },
								ViewInstalled: func(group string, v lockstep.View) {
									events <- fmt.Sprintf("view of %s: %d members, primary %v", group, len(v.Members), v.Primary)
								},
							}
						}
					}))
					all, g := tallies(c, lockstep.GroupConfig{Size: size, Partition: policy})
					for len(events) > 0 {
						<-events
					}
					all[2].told()
					c.Cut(2)
					cut := time.Now()
					if !g[2].View().Primary {
						t.Error("nobody can know yet")
					}
					want := "blocked tally"
					if policy == lockstep.Partitionable {
						want = "view of tally: 1 members, primary false"
					}
					if got := <-events; got != want {
						t.Errorf("the event is %q, want %q", got, want)
					}
					if took := time.Since(cut); took > detection {
						t.Errorf("it took %v", took)
					}
					if g[2].View().Primary {
						t.Error("its view is still primary")
					}
					synctest.Wait()
					views, blocked := all[2].told()
					if alone := policy == lockstep.Partitionable; (len(views) == 1 && views[0].Left != nil && len(views[0].Members) == 1) != alone || (blocked == 1) == alone {
						t.Errorf("it was told of views %v, and blocked %d times", views, blocked)
					}
					refused(t, g[2], policy != lockstep.Partitionable)
				})
			})
		}
	}
}

// refused wants every call that changes or asks all to be refused with ErrNotPrimary and no doubt, or none.
func refused(t *testing.T, g *lockstep.Group, want bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	calls := map[string]func() error{
		"Send":        func() error { return g.Send(ctx, entry{7}) },
		"CausalSend":  func() error { return g.CausalSend(ctx, entry{7}) },
		"OrderedSend": func() error { return g.OrderedSend(ctx, entry{7}) },
		"SafeSend":    func() error { return g.SafeSend(ctx, entry{7}) },
		"Flush":       func() error { return g.Flush(ctx) },
		"SendTo":      func() error { return g.SendTo(ctx, g.Node().Self(), entry{7}) },
		"Apply":       func() error { _, err := lockstep.Apply[int](ctx, g, entry{7}); return err },
	}
	if g.View().Primary || !want {
		calls["Query"] = func() error { _, err := lockstep.Query[string](ctx, g, lockstep.All, sumUp{}); return err }
	}
	for name, call := range calls {
		err := call()
		if want && (!errors.Is(err, lockstep.ErrNotPrimary) || errors.Is(err, lockstep.ErrUncertain)) || !want && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAPrimaryGroupAnswersNoQueries on a side without a quorum.
func TestAPrimaryGroupAnswersNoQueries(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		_, g := tallies(c, lockstep.GroupConfig{Size: 3})
		c.Cut(2)
		c.WantBlocked(g[2], 5*time.Second)
		r, err := lockstep.Query[string](t.Context(), g[2], lockstep.All, sumUp{})
		if !errors.Is(err, lockstep.ErrNotPrimary) || r.Stale || len(r.Answers) > 0 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// unheard is a query that no member has a handler for.
type unheard struct{}

// TestReadOnly: on a side without a quorum each member answers its own queries from the state it had, marked as stale; nothing else is
// answered, and when the network heals all is as under Primary.
func TestReadOnly(t *testing.T) {
	locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
		all, g := tallies(c, lockstep.GroupConfig{Size: 5, Partition: lockstep.ReadOnly})
		ctx := t.Context()
		var at lockstep.Position
		for i := range 3 {
			if _, err := lockstep.Apply[int](ctx, g[i], entry{i}, lockstep.WithPosition(&at)); err != nil {
				t.Fatal(err)
			}
		}
		fresh, err := lockstep.Query[string](ctx, g[4], lockstep.All, sumUp{})
		if err != nil || fresh.Stale || len(fresh.Answers) != 5 {
			t.Fatalf("together: %+v, %v", fresh, err)
		}
		before := g[4].View()
		c.Cut(3, 4)
		c.WantBlocked(g[3], 5*time.Second)
		c.WantBlocked(g[4], 5*time.Second)
		c.WantView(g[0], 5*time.Second, "a", "b", "c")
		if _, err := lockstep.Apply[int](ctx, g[0], entry{3}); err != nil {
			t.Fatal(err)
		}

		var from lockstep.Position
		old, err := lockstep.Query[string](ctx, g[4], lockstep.All, sumUp{}, lockstep.WithPosition(&from))
		self := c.Node(4).Self()
		if err != nil || !old.Stale || len(old.Answers) != 1 || old.Answers[0].Member != self || old.Answers[0].Value != "0 1 2" {
			t.Errorf("cut off: %+v, %v", old, err)
		}
		if len(old.Declined) != 4 || slices.Contains(old.Declined, self) || len(old.Failed) != 0 {
			t.Errorf("of the others: %+v", old)
		}
		if old.View != before.ID || old.Position.Compare(at) < 0 || from != old.Position {
			t.Errorf("from view %v at %v, want %v at %v or later", old.View, old.Position, before.ID, at)
		}
		for need, met := range map[lockstep.Need]bool{lockstep.AtLeast(1): true, lockstep.AtLeast(2): false, lockstep.Majority: false} {
			r, err := lockstep.Query[string](ctx, g[4], need, sumUp{})
			if !r.Stale || len(r.Answers) != 1 || (err == nil) != met || err != nil && !errors.Is(err, lockstep.ErrTooFewAnswers) {
				t.Errorf("need %d: %+v, %v", need, r, err)
			}
		}
		none, err := lockstep.Query[string](ctx, g[4], lockstep.All, unheard{})
		if err != nil || !none.Stale || len(none.Answers) != 0 || len(none.Declined) != 5 {
			t.Errorf("a query without a handler: %+v, %v", none, err)
		}
		refused(t, g[4], true)
		if v := g[4].View(); v.Primary || v.ID != before.ID || all[4].text() != "0 1 2" {
			t.Errorf("it reads %q in %v", all[4].text(), v)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := lockstep.Query[string](ended, g[4], lockstep.All, sumUp{}); !errors.Is(err, context.Canceled) {
			t.Error("with a context that has ended:", err)
		}

		c.Heal()
		c.WantViews(g, 10*time.Second, "a", "b", "c", "d", "e")
		c.Want(10*time.Second, "an answer of all that is not stale", func() bool {
			r, err := lockstep.Query[string](ctx, g[4], lockstep.All, sumUp{})
			return err == nil && !r.Stale && len(r.Answers) == 5 && r.Answers[4].Value == "0 1 2 3" && r.Position.Compare(old.Position) > 0
		})
	})
}

// TestReadOnlyThroughTheChange: somebody asks all the time while the network is cut and heals, again and again. Each answer is of all, or
// stale, or an error that says so; and what was answered as not stale is never forgotten by a later one.
func TestReadOnlyThroughTheChange(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		_, g := tallies(c, lockstep.GroupConfig{Size: 3, Partition: lockstep.ReadOnly})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		stop, asked := make(chan bool), make(chan bool)
		var stale, whole, refused int
		go func() {
			defer close(asked)
			longest := 0
			for {
				select {
				case <-stop:
					return
				case <-time.After(3 * time.Millisecond):
				}
				r, err := lockstep.Query[string](ctx, g[2], lockstep.All, sumUp{})
				switch {
				case err != nil:
					refused++
					if !errors.Is(err, lockstep.ErrNotPrimary) && !errors.Is(err, lockstep.ErrUncertain) {
						t.Error(err)
					}
				case r.Stale:
					stale++
					if len(r.Answers) != 1 || r.Answers[0].Member != c.Node(2).Self() {
						t.Errorf("stale: %+v", r)
					}
				case len(r.Answers) > 0:
					whole++
					for _, a := range r.Answers {
						n := len(strings.Fields(a.Value))
						if n < longest {
							t.Errorf("%d entries at %v, and there were %d", n, a.Member, longest)
						}
						longest = max(longest, n)
					}
				}
			}
		}()
		for i := range 8 {
			c.Cut(2)
			if i%2 == 0 {
				c.WantBlocked(g[2], 5*time.Second)
			}
			c.WantView(g[0], 5*time.Second, "a", "b")
			if _, err := lockstep.Apply[int](ctx, g[0], entry{i}); err != nil {
				t.Fatal(err)
			}
			c.Heal()
			c.WantViews(g, 10*time.Second, "a", "b", "c")
		}
		close(stop)
		<-asked
		if stale == 0 || whole == 0 {
			t.Errorf("%d stale, %d whole, %d refused", stale, whole, refused)
		}
	})
}

// TestNoAnswerFromHalfAState: a member that was taken in again has given up its state; cut off before it has the new one, it has none to
// answer from.
func TestNoAnswerFromHalfAState(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		loading, hold := make(chan struct{}, 10), make(chan struct{})
		all := make([]*tally, 3)
		slow := false // the test's goroutine sets it while nothing loads
		g := c.Join("tally", lockstep.GroupConfig{Size: 3, Partition: lockstep.ReadOnly}, func(i int, g *lockstep.Group) {
			all[i] = &tally{}
			all[i].open(g)
			g.OnState(lockstep.State{
				Save: func(lockstep.View) (io.WriterTo, error) { return strings.NewReader(all[i].text()), nil },
				Load: func(_ context.Context, r io.Reader) error {
					if i == 2 && slow {
						loading <- struct{}{}
						<-hold
					}
					_, err := io.Copy(io.Discard, r)
					return err
				},
			})
		})
		c.Cut(2)
		c.WantBlocked(g[2], 5*time.Second)
		c.WantView(g[0], 5*time.Second, "a", "b")
		slow = true
		c.Heal()
		<-loading
		c.Cut(2)
		c.WantView(g[0], 5*time.Second, "a", "b")
		<-time.After(3 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r, err := lockstep.Query[string](ctx, g[2], lockstep.All, sumUp{})
		if !errors.Is(err, lockstep.ErrNotPrimary) || len(r.Answers) != 0 {
			t.Errorf("half a state answers: %+v, %v", r, err)
		}
		close(hold)
		c.Heal()
		c.WantViews(g, 20*time.Second, "a", "b", "c")
	})
}

// TestAskedAloneWhileTakenInAgain: two queries are at a member that was cut off, one with its handler and one behind it, when the primary
// takes the member in again; it never called anything before. The first is answered from the state its handler read; the second has no
// state any more and says so.
func TestAskedAloneWhileTakenInAgain(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		running, hold := make(chan struct{}), make(chan struct{})
		all := make([]*tally, 3)
		g := c.Join("tally", lockstep.GroupConfig{Size: 3, Partition: lockstep.ReadOnly}, func(i int, g *lockstep.Group) {
			all[i] = &tally{}
			all[i].open(g)
			lockstep.HandleQuery(g, func(context.Context, lockstep.Message, sumUpSlowly) (string, error) {
				close(running)
				<-hold
				return all[i].text(), nil
			})
		})
		if _, err := lockstep.Apply[int](t.Context(), g[0], entry{7}); err != nil {
			t.Fatal(err)
		}
		c.Want(time.Second, "the entry at c", func() bool { return all[2].text() == "7" })
		c.Cut(2)
		c.WantBlocked(g[2], 5*time.Second)
		c.WantView(g[0], 5*time.Second, "a", "b")
		type told struct {
			r   lockstep.Replies[string]
			err error
		}
		ask := func(v any) chan told {
			done := make(chan told, 1)
			go func() {
				r, err := lockstep.Query[string](t.Context(), g[2], lockstep.All, v)
				done <- told{r, err}
			}()
			return done
		}
		first := ask(sumUpSlowly{})
		<-running
		second := ask(sumUp{})
		synctest.Wait()
		c.Heal()
		if x := <-second; !errors.Is(x.err, lockstep.ErrNotPrimary) || len(x.r.Answers) != 0 {
			t.Errorf("the second: %+v, %v", x.r, x.err)
		}
		select {
		case x := <-first:
			t.Errorf("the first before its handler was through: %+v, %v", x.r, x.err)
		default:
			close(hold)
			if x := <-first; x.err != nil || !x.r.Stale || len(x.r.Answers) != 1 || x.r.Answers[0].Value != "7" {
				t.Errorf("the first: %+v, %v", x.r, x.err)
			}
		}
		c.WantViews(g, 20*time.Second, "a", "b", "c")
	})
}

// sumUpSlowly asks for the sum with a handler that takes its time.
type sumUpSlowly struct{}
