package lockstep_test

// The only member with the state fails while another loads it: the group is founded again, and nobody waits for ever.

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// A poison makes its handler panic.
type poison struct{ Text string }

func TestAGroupWhoseStateIsLostIsFoundedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := locksteptest.New(t, 2)
		saving := make(chan struct{})
		founded := make(chan int, 10)
		group := func(i int) *lockstep.Group {
			g := c.Node(i).Group("g", lockstep.GroupConfig{})
			lockstep.Handle(g, func(context.Context, lockstep.Message, poison) {
				if i == 0 {
					panic("oh no")
				}
			})
			g.OnState(lockstep.State{
				New: func() error { founded <- i; return nil },
				Save: func(lockstep.View) (io.WriterTo, error) {
					if i == 0 {
						close(saving)
						return endless{t.Context()}, nil
					}
					return strings.NewReader("new"), nil
				},
				Load: func(_ context.Context, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err },
			})
			return g
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		first, second := group(0), group(1)
		if err := first.Join(ctx); err != nil {
			t.Fatal(err)
		}
		joined := make(chan error, 1)
		go func() { joined <- second.Join(ctx) }()
		<-saving
		if err := first.OrderedSend(ctx, poison{"x"}); err != nil {
			t.Fatal(err)
		}
		<-first.Done()
		if err := first.Err(); !errors.Is(err, lockstep.ErrHandlerPanic) {
			t.Fatal(err)
		}
		if err := <-joined; err != nil {
			t.Fatal("who loaded it waits for ever:", err)
		}
		if got := []int{<-founded, <-founded}; got[0] != 0 || got[1] != 1 {
			t.Errorf("the state was made by %v", got)
		}
		if v := second.View(); !v.Primary || len(v.Members) != 1 {
			t.Errorf("the group is %v", v)
		}
		// Who failed may come back, and loads.
		if err := first.Join(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
