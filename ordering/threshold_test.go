package ordering

// Safe at k, by hand: who waits for whom, and what recovery makes of it.

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// Numbered at 0, the message is at everybody before the token moves. Who sees the token knows of all who saw it since.
func TestSafeAtTwoNeedsTwo(t *testing.T) {
	w := newTwin(t, 4)
	w.src[0].order = wire.SafeAt(2)
	w.src[0].messages = []string{"x"}
	w.pass() // 0 knows of itself
	for i := range 4 {
		w.want(i)
		if !w.rings[i].WaitsSafe() {
			t.Error("the packet is here and waits")
		}
	}
	w.pass()
	w.want(1, "x") // 1 knows of 0 and itself
	w.want(0)
	w.pass()
	w.want(2, "x")
	w.pass()
	w.want(3, "x")
	w.want(0)
	w.pass()
	w.want(0, "x")
}

// Safe at k does not wait for one that misses the message, and safe does.
func TestSafeAtKPassesOverWhoeverMissesIt(t *testing.T) {
	for _, c := range []struct {
		order wire.Order
		waits bool
	}{{wire.SafeAt(1), false}, {wire.SafeAt(3), false}, {wire.OrderSafeAt, false}, {wire.SafeAt(4), true}, {wire.SafeAt(200), true}, {wire.OrderSafe, true}} {
		w := newTwin(t, 4)
		w.src[0].order = c.order
		w.src[0].messages = []string{"x"}
		w.lose = func(to int, d *wire.Data) bool { return to == 2 }
		w.rotate(4)
		for _, i := range []int{0, 1, 3} {
			if c.waits {
				w.want(i)
			} else {
				w.want(i, "x")
			}
		}
		w.want(2)
		w.lose = func(int, *wire.Data) bool { return false }
		w.rotate(6)
		for i := range 4 {
			w.want(i, "x")
		}
	}
}

// Safe at 1 is agreed: whoever has it delivers it.
func TestSafeAtOneIsAgreed(t *testing.T) {
	w := newTwin(t, 3)
	w.src[1].order = wire.SafeAt(1)
	w.src[1].messages = []string{"x"}
	w.pass()
	w.pass()
	for i := range 3 {
		w.want(i, "x")
	}
}

// What comes behind waits too, whatever it asks for: there is one stream.
func TestAgreedWaitsBehindSafeAtK(t *testing.T) {
	w := newTwin(t, 3)
	w.src[0].order = wire.SafeAt(3)
	w.src[0].messages = []string{"x"}
	w.src[1].messages = []string{"y"}
	w.pass()
	w.pass()
	for i := range 3 {
		w.want(i)
	}
	w.pass()
	w.want(2, "x", "y")
	w.rotate(1)
	w.want(0, "x", "y")
	w.want(1, "x", "y")
}

// Who counts is the group's affair: ring members outside it hold what they hold for nothing.
func TestTheGroupDecidesWhoCounts(t *testing.T) {
	w := newTwin(t, 4)
	w.enough = func(g wire.GroupID, k uint8, holds func(wire.MemberID) bool) bool {
		if g != 1 || k != 2 || holds(wire.MemberID{9}) {
			t.Errorf("asked for group %v, k %d, a stranger holding %v", g, k, holds(wire.MemberID{9}))
		}
		return holds(wire.MemberID{1}) && holds(wire.MemberID{4})
	}
	w.src[0].order = wire.SafeAt(2)
	w.src[0].messages = []string{"x"}
	w.lose = func(to int, d *wire.Data) bool { return to == 3 }
	w.rotate(1)
	for i := range 4 {
		w.want(i)
	}
	w.lose = func(int, *wire.Data) bool { return false }
	w.rotate(3)
	for i := range 4 {
		w.want(i, "x")
	}
}

// A hole before it: the packet alone is not enough.
func TestSafeAtKCountsWhatComesBefore(t *testing.T) {
	w := newTwin(t, 3)
	w.src[0].messages = []string{"hole"}
	w.src[1].order = wire.SafeAt(3)
	w.src[1].messages = []string{"x"}
	w.lose = func(to int, d *wire.Data) bool { return to == 2 && d.Seq == 1 }
	w.rotate(1)
	w.pass()
	w.want(0, "hole")
	w.want(1, "hole")
	w.want(2)
	w.lose = func(int, *wire.Data) bool { return false }
	w.rotate(4)
	for i := range 3 {
		w.want(i, "hole", "x")
	}
}

// Whoever numbers packets puts the others behind: an entry written before must not seem to cover what came after.
func TestEntriesFallBack(t *testing.T) {
	w := newTwin(t, 3)
	w.src[0].order = wire.SafeAt(3)
	w.rotate(1)
	w.src[0].messages = []string{"x", "y"}
	w.lose = func(int, *wire.Data) bool { return true }
	w.pass()
	if m := w.token.Members; m[0].Aru != 0 || m[1].Aru != 2 || m[2].Aru != 2 {
		t.Errorf("entries %v after 0 numbered two that nobody got, want 0 2 2", m)
	}
	w.want(0)
	m := wire.MemberState{Aru: wire.FarBehind - 1}
	if m.Fall(5); m.Aru != wire.FarBehind {
		t.Errorf("an entry of the last but one falls by five to %d", m.Aru)
	}
	r := w.rings[1]
	before := r.holders.upTo[2]
	r.learn(&wire.Token{Seq: 1 << 40, Members: []wire.MemberState{{}, {}, m}})
	if r.holders.upTo[2] != before {
		t.Error("an entry that is too far behind to say was believed")
	}
}

// At the end of a ring a message that is to be safe at k counts as safe: in the regular configuration only if one that moves along
// delivered it there, else in the transitional one.
func TestSafeAtKAtTheEndOfARing(t *testing.T) {
	for _, delivered := range []uint64{0, 1} {
		w := newTwin(t, 3)
		w.src[0].order = wire.SafeAt(2)
		w.src[0].messages = []string{"x"}
		w.pass()
		r := w.rings[2]
		regular, transitional := 0, 0
		r.Regular(delivered, func(*wire.Data) { regular++ })
		r.Transitional(func(wire.MemberID) bool { return true }, func(*wire.Data, bool) { transitional++ })
		if regular != int(delivered) || transitional != 1-int(delivered) {
			t.Errorf("delivered by another up to %d: %d in the regular, %d in the transitional configuration", delivered, regular, transitional)
		}
	}
}
