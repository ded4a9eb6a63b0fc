package sim

import (
	"slices"
	"testing"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/linear"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// TestCallsAreJudged: where one member misses a write now and then, what the group's registers and locks say fits no order.
func TestCallsAreJudged(t *testing.T) {
	found, answered := 0, 0
	for seed := uint64(1); seed <= 6; seed++ {
		n := 0
		s := draw(Options{Seed: seed, spoil: func(u core.Upcall) bool {
			if u.Kind != core.UpDeliver || u.Own || u.Message != wire.KindApply {
				return false
			}
			n++
			return n%3 == 0
		}})
		s.play()
		c := s.cluster()
		answered += c.stats.Answered
		if slices.ContainsFunc(c.judgeCalls(nil), func(v evs.Violation) bool { return v.Property == Linearizability }) {
			found++
		}
	}
	if found < 4 || answered < 100 {
		t.Errorf("found in %d of 6 seeds, with %d calls answered", found, answered)
	}
}

// TestDeeds: a message says what it does by who sent it and as which one, and everything there is to do is done.
func TestDeeds(t *testing.T) {
	seen := map[linear.Kind]int{}
	for seq := uint64(1); seq <= 400; seq++ {
		for _, kind := range []wire.Kind{wire.KindApply, wire.KindQuery} {
			d, ok := deedOf(kind, wire.OrderSafe, evs.UID{Sender: "a/1", Seq: seq})
			if again, _ := deedOf(kind, wire.OrderSafe, evs.UID{Sender: "a/1", Seq: seq}); !ok || again != d {
				t.Fatalf("%v, then %v", d, again)
			}
			seen[d.kind]++
		}
	}
	for _, k := range []linear.Kind{linear.Write, linear.Read, linear.Acquire, linear.Release, linear.Break, linear.Holder} {
		if seen[k] < 20 {
			t.Errorf("%v came %d times", k, seen[k])
		}
	}
	if _, ok := deedOf(wire.KindApply, wire.OrderFIFO, evs.UID{Sender: "a/1", Seq: 1}); ok {
		t.Error("a call without a place in the order does something")
	}
}
