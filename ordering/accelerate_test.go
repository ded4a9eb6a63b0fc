package ordering

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// TestNothingComesAfterTheTokenWhenThereIsLittle: how many packets the token overtakes, by how full the rotation is.
func TestNothingComesAfterTheTokenWhenThereIsLittle(t *testing.T) {
	members := []wire.MemberID{wire.NewMemberID("a", 1), wire.NewMemberID("b", 1), wire.NewMemberID("c", 1)}
	for _, c := range []struct {
		members, full, packets int // full: thirds of the window that were sent, all told
		want                   func(after int) bool
		say                    string
	}{
		{3, 0, 100, func(n int) bool { return n == 0 }, "none"},
		{3, 3, 7, func(n int) bool { return n == 0 }, "none"},
		{3, 1, 100, func(n int) bool { return n > 0 && n < 25 }, "a few"},
		{3, 2, 100, func(n int) bool { return n > 40 && n < 90 }, "more"},
		{3, 3, 100, func(n int) bool { return n > 85 && n < 95 }, "nearly all"},
		{3, 6, 100, func(n int) bool { return n > 85 && n < 95 }, "nearly all"},
		{1, 3, 100, func(n int) bool { return n == 0 }, "none"},
	} {
		tok := &wire.Token{Members: make([]wire.MemberState, c.members)}
		for i := range tok.Members {
			tok.Members[i].Load = wire.Load(0).WithSent(wire.LoadWhole * c.full / 3 / c.members)
		}
		r := NewRing(wire.RingID{Seq: 4, Rep: members[0]}, members[:c.members], 0, DefaultLimits(1400), 0)
		if n := r.after(tok, c.packets); !c.want(n) {
			t.Errorf("%d members, %d thirds of a window, %d packets: %d come after the token, want %s", c.members, c.full, c.packets, n, c.say)
		}
	}
}
