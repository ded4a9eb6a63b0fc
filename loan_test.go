package lockstep_test

// A reader that is lent to a group is not missed, whatever the handler does.

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// Each handler waits for what only later packets bring, at every member, again and again: it ends because somebody reads on.
func TestAHandlerMayWaitForLaterPackets(t *testing.T) {
	const rounds = 20
	c := locksteptest.New(t, 3)
	go1 := make([]chan struct{}, 3)
	done := make(chan struct{}, 3*rounds)
	slow := c.Join("slow", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
		go1[i] = make(chan struct{}, rounds)
		lockstep.Handle(g, func(context.Context, lockstep.Message, put) {
			<-go1[i]
			done <- struct{}{}
		})
	})
	other := c.Join("other", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
		lockstep.Handle(g, func(context.Context, lockstep.Message, put) { go1[i] <- struct{}{} })
	})
	for range rounds {
		if err := slow[0].OrderedSend(t.Context(), put{}); err != nil {
			t.Fatal(err)
		}
		if err := other[1].OrderedSend(t.Context(), put{}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			select {
			case <-done:
			case <-time.After(10 * time.Second):
				t.Fatal("a handler still waits: nobody reads")
			}
		}
	}
}

// A handler that ends its goroutine stops its own group and nothing else.
func TestAHandlerMayEndItsGoroutine(t *testing.T) {
	c := locksteptest.New(t, 2)
	gone := make(chan struct{}, 2)
	slow := c.Join("slow", lockstep.GroupConfig{Stateless: true}, func(_ int, g *lockstep.Group) {
		lockstep.Handle(g, func(context.Context, lockstep.Message, put) {
			gone <- struct{}{}
			runtime.Goexit()
		})
	})
	got := make(chan struct{}, 2)
	other := c.Join("other", lockstep.GroupConfig{Stateless: true}, func(_ int, g *lockstep.Group) {
		lockstep.Handle(g, func(context.Context, lockstep.Message, put) { got <- struct{}{} })
	})
	if err := slow[0].OrderedSend(t.Context(), put{}); err != nil {
		t.Fatal(err)
	}
	<-gone
	<-gone
	if err := other[1].OrderedSend(t.Context(), put{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case <-got:
		case <-time.After(10 * time.Second):
			t.Fatal("the other group stands still")
		}
	}
}
