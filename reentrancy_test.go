package lockstep_test

// Handlers that do what handlers may not, or only so: they panic, or call the group that waits for them.

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

type (
	addend   struct{ N uint64 }
	question struct{}
	call     struct{}
)

// sumState is a state of one number.
func sumState(sum *uint64) lockstep.State {
	return lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) {
			return strings.NewReader(string(binary.BigEndian.AppendUint64(nil, *sum))), nil
		},
		Load: func(_ context.Context, r io.Reader) error {
			b, err := io.ReadAll(r)
			if err == nil {
				*sum = binary.BigEndian.Uint64(b)
			}
			return err
		},
	}
}

// One of five members panics in the handler of a message that all handle. It is out, with the panic in its error and in the reason why; the
// others go on; and when it joins again it has what they have.
func TestAPanicAtOneMember(t *testing.T) {
	locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
		sums := make([]uint64, 5)
		bad := true
		groups := c.Join("g", lockstep.GroupConfig{Size: 5}, func(i int, g *lockstep.Group) {
			g.OnState(sumState(&sums[i]))
			lockstep.HandleApply(g, func(_ context.Context, _ lockstep.Message, a addend) (uint64, error) {
				if i == 3 && a.N == 7 && bad {
					sums[i]++ // half done
					panic("seven")
				}
				sums[i] += a.N
				return sums[i], nil
			})
			lockstep.HandleQuery(g, func(context.Context, lockstep.Message, question) (uint64, error) { return sums[i], nil })
		})
		ctx := t.Context()
		want := uint64(0)
		for n := range uint64(20) {
			want += n
			if got, err := lockstep.Apply[uint64](ctx, groups[int(n)%3], addend{n}); err != nil || got != want {
				t.Fatalf("the apply of %d: %d, %v, want %d", n, got, err, want)
			}
		}
		err := c.WantDone(groups[3], time.Second)
		if !errors.Is(err, lockstep.ErrHandlerPanic) || !strings.Contains(err.Error(), "seven") || !strings.Contains(err.Error(), "reentrancy_test.go") {
			t.Errorf("it ended with %v", err)
		}
		v := c.WantView(groups[0], time.Second, "a", "b", "c", "e")
		if len(v.Left) != 1 || v.Left[0].Reason != lockstep.Left {
			t.Errorf("the others see %v", v.Left)
		}
		if !c.Alive(3) {
			t.Error("its node has ended")
		}
		bad = false
		if err := groups[3].Join(ctx); err != nil {
			t.Fatal(err)
		}
		c.WantViews(groups, time.Second, "a", "b", "c", "d", "e")
		replies, err := lockstep.Query[uint64](ctx, groups[4], lockstep.All, question{})
		if err != nil || len(replies.Answers) != 5 {
			t.Fatal(replies, err)
		}
		for _, r := range replies.Answers {
			if r.Value != want {
				t.Errorf("%v has %d, want %d", r.Member, r.Value, want)
			}
		}
	})
}

// In each kind of upcall: sends go through at once; calls that wait are refused, with what to do instead; and from another goroutine, which
// is what to do, they work.
func TestReentrancy(t *testing.T) {
	type outcome struct {
		at           int
		where        string
		sends, waits []error
		outside      chan error
		outsideQuery chan int
	}
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		told := make(chan *outcome, 100)
		armed := false // from the main test on, under nobody's feet: set before the first message
		reenter := func(ctx context.Context, where string, at int, g *lockstep.Group) {
			began := time.Now()
			o := &outcome{at: at, where: where, outside: make(chan error, 2), outsideQuery: make(chan int, 1)}
			n := addend{1}
			o.sends = []error{
				g.Send(ctx, n), g.CausalSend(ctx, n), g.OrderedSend(ctx, n), g.SafeSend(ctx, n), g.SendIn(ctx, lockstep.SafeQuorum, n),
				g.TrySend(lockstep.FIFO, n), g.SendTo(ctx, g.Node().Self(), n),
			}
			_, e1 := lockstep.Query[uint64](ctx, g, lockstep.All, question{})
			_, e2 := lockstep.Apply[uint64](ctx, g, call{})
			o.waits = []error{e1, e2, g.Flush(ctx), g.Leave(ctx), g.Join(ctx), g.Terminate(ctx), g.Create(ctx), g.JoinExisting(ctx)}
			if time.Since(began) > 0 {
				o.waits = append(o.waits, errors.New("a call in an upcall waited"))
			}
			go func() {
				out := context.Background()
				o.outside <- g.Flush(out)
				r, err := lockstep.Query[uint64](out, g, lockstep.All, question{})
				o.outside <- err
				o.outsideQuery <- len(r.Answers)
			}()
			told <- o
		}
		groups := c.Join("g", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
			g.OnView(func(ctx context.Context, v lockstep.View) {
				if armed && v.Rank >= 0 {
					reenter(ctx, "OnView", i, g)
				}
			})
			lockstep.Handle(g, func(ctx context.Context, _ lockstep.Message, a addend) {
				if a.N == 0 {
					reenter(ctx, "a handler", i, g)
				}
			})
			lockstep.HandleApply(g, func(ctx context.Context, _ lockstep.Message, _ call) (uint64, error) {
				reenter(ctx, "an apply's handler", i, g)
				return 0, nil
			})
			lockstep.HandleQuery(g, func(ctx context.Context, _ lockstep.Message, _ question) (uint64, error) { return 0, nil })
		})
		judge := func(count int) {
			t.Helper()
			for range count {
				o := <-told
				for _, err := range o.sends {
					if err != nil {
						t.Errorf("a send in %s at %s: %v", o.where, c.Name(o.at), err)
					}
				}
				for _, err := range o.waits {
					if !errors.Is(err, lockstep.ErrInUpcall) || !strings.Contains(err.Error(), "goroutine") {
						t.Errorf("a call that waits in %s at %s: %v", o.where, c.Name(o.at), err)
					}
				}
				for range 2 {
					if err := <-o.outside; err != nil {
						t.Errorf("from another goroutine, begun in %s at %s: %v", o.where, c.Name(o.at), err)
					}
				}
				if n := <-o.outsideQuery; n < 2 {
					t.Errorf("%d answered", n)
				}
			}
		}
		ctx := t.Context()
		if err := groups[0].OrderedSend(ctx, addend{0}); err != nil {
			t.Fatal(err)
		}
		judge(3)
		if _, err := lockstep.Apply[uint64](ctx, groups[1], call{}); err != nil {
			t.Fatal(err)
		}
		judge(3)
		if err := groups[0].Flush(ctx); err != nil {
			t.Fatal(err)
		}
		armed = true
		if err := groups[2].Leave(ctx); err != nil {
			t.Fatal(err)
		}
		judge(2)
		c.WantViews(groups[:2], time.Second, "a", "b")
	})
}

// A handler has its own member leave: from another goroutine, as ErrInUpcall says. The leave waits for the handler, not the other way round.
func TestAHandlerHasItsMemberLeave(t *testing.T) {
	locksteptest.Run(t, 2, func(t *testing.T, c *locksteptest.Cluster) {
		left := make(chan error, 1)
		groups := c.Join("g", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
			lockstep.Handle(g, func(context.Context, lockstep.Message, addend) {
				if i == 1 {
					go func() { left <- g.Leave(context.Background()) }()
					<-time.After(100 * time.Millisecond)
				}
			})
		})
		began := time.Now()
		if err := groups[0].Send(t.Context(), addend{1}); err != nil {
			t.Fatal(err)
		}
		if err := <-left; err != nil || time.Since(began) < 100*time.Millisecond {
			t.Errorf("the leave: %v after %v", err, time.Since(began))
		}
		c.WantView(groups[0], time.Second, "a")
	})
}
