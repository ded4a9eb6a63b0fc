package membership

import (
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// TestNothingComesBehindAPromise: a, c and d have exchanged all of the old ring and promised to deliver it when the new ring's token is lost.
// b, which they gave up, was paused with the old token and numbers another message, which only a and c get. Nothing is exchanged any more
// among those who have all, so that message is none of theirs.
func TestNothingComesBehindAPromise(t *testing.T) {
	n := newTestNet(t, 8, "a", "b", "c", "d")
	n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
	a, b, c, d := n.nodes[0], n.nodes[1], n.nodes[2], n.nodes[3]
	others := []*testNode{a, c, d}
	b.send("agreed 1")
	n.until("the token rests with b", time.Second, func() bool { return b.m.token.held != nil && len(d.messages()) == 1 })
	b.paused = true
	b.pending = append(b.pending, []byte("agreed 2"))
	promised := func() bool {
		for _, x := range others {
			if !x.m.recovery.received {
				return false
			}
		}
		return true
	}
	n.lost = func(_, _ *testNode, class wire.Class, _ []byte) bool { return class == wire.ClassToken && promised() }
	n.until("gather, all promised", 5*time.Second, func() bool {
		return promised() && a.m.State() == StateGather && c.m.State() == StateGather && d.m.State() == StateGather
	})
	b.paused, b.waiting = false, nil
	n.deaf(1, 3)
	b.m.Input(n.now)
	b.m.Tick()
	if len(b.pending) != 0 {
		t.Fatal("b was to number another message")
	}
	n.run(2 * time.Millisecond)
	n.partition([]*testNode{b}, others)
	n.lost = nil
	n.until("a ring of the three", 5*time.Second, func() bool { return n.together(others...) })
	n.checkSameBetweenRings(8)
}
