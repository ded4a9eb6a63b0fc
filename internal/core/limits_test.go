package core

// View numbers and packet counters at their ends.

import (
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// Views are numbered up to the last; who gave that one ends.
func TestViewNumbersEnd(t *testing.T) {
	f := newFew(t)
	f.numbers.Views = membership.LastView - 3
	for range 3 {
		f.start()
		f.run(3 * time.Second)
	}
	last := uint64(0)
	for i := range f.cores {
		ended := false
		for _, u := range f.ups[i] {
			if u.Kind == UpView {
				last = max(last, u.View.ID.Num)
			}
			ended = ended || u.Kind == UpExhausted && strings.Contains(u.Text, "view numbers")
		}
		if !ended {
			t.Errorf("core %d goes on", i)
		}
	}
	if last != membership.LastView {
		t.Errorf("the last view was %d, want %d", last, membership.LastView)
	}
}

// A counter near the end of its word is taken once, late packets before it as well, and none above the last that is ever used.
func TestReplayWindowAtTheEnd(t *testing.T) {
	w := &window{}
	for _, n := range []uint64{wire.LastCounter - 10, wire.LastCounter - 12, wire.LastCounter, wire.LastCounter - 9} {
		if !w.accept(n) || w.accept(n) {
			t.Errorf("counter %d was not taken just once", n)
		}
	}
	for _, n := range []uint64{wire.LastCounter + 1, 1<<64 - 1, 0, wire.LastCounter - windowSize - 64} {
		if w.accept(n) {
			t.Errorf("counter %d was taken", n)
		}
	}
}
