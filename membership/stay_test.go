package membership

// Who alone sends keeps the token until its handlers have answered.

import (
	"fmt"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// newStayNet is a ring of three whose first member answers each message of its own with the next, up to the last.
func newStayNet(t *testing.T, last int) (n *testNet, a *testNode) {
	n = newTestNet(t, 11, "a", "b", "c")
	n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
	a = n.nodes[0]
	a.answers = func(got string) {
		var i int
		if _, err := fmt.Sscanf(got, "a%d", &i); err == nil && i < last {
			a.pending = append(a.pending, fmt.Appendf(nil, "a%d", i+1))
		}
	}
	return n, a
}

// everywhere waits until all have delivered so many messages, in one order.
func (n *testNet) everywhere(count int) (took time.Duration) {
	n.t.Helper()
	took = n.until("delivered", 5*time.Second, func() bool {
		for _, x := range n.nodes {
			if len(x.messages()) < count {
				return false
			}
		}
		return true
	})
	n.wantSameOrder(count)
	return took
}

// rotations counts those of all rings.
func (n *testNet) rotations() (count uint64) {
	for _, x := range n.nodes {
		count += x.m.Ordering().Counters.Rotations
	}
	return count
}

// TestAnswersGoInTheSameVisit: a chain of messages, each sent by the handler of the one before, goes by several in a rotation: goesMost and
// one, unless the token overtook the last of them on its way, which is random here.
func TestAnswersGoInTheSameVisit(t *testing.T) {
	const chain = 200
	n, a := newStayNet(t, chain)
	before := n.rotations()
	a.send("a1")
	n.everywhere(chain)
	took := n.rotations() - before
	t.Log(took, "rotations")
	if took > chain/2 || a.m.Coverage.StayedOn < chain/2 {
		t.Errorf("%d messages took %d rotations; the token stayed on %d times", chain, took, a.m.Coverage.StayedOn)
	}
}

// TestTheTokenGoesOnByItself: when nobody says that the handlers have run, a message costs the others a millisecond, and soon not even that.
func TestTheTokenGoesOnByItself(t *testing.T) {
	n, a := newStayNet(t, 0)
	a.answers = nil
	const messages = 300
	for i := range messages {
		a.send(fmt.Sprintf("a%d", i))
		n.run(5 * time.Millisecond)
	}
	n.everywhere(messages)
	// A stay, one visit without, a stay, two without, and so on up to vainMost.
	if most := 12 + messages/vainMost; a.m.Coverage.Stayed == 0 || a.m.Coverage.Stayed > most {
		t.Errorf("the token stayed %d times in vain in %d visits; a few, and at most %d, were expected", a.m.Coverage.Stayed, messages, most)
	}
}

// TestTheTokenStaysForNobodyElse: who is not the only one that sends keeps nobody waiting.
func TestTheTokenStaysForNobodyElse(t *testing.T) {
	n, a := newStayNet(t, 1<<20)
	a.send("a1")
	n.run(20 * time.Millisecond)
	stayed := a.m.Coverage.Stayed
	if stayed == 0 {
		t.Fatal("the token has not stayed with the only sender")
	}
	b := n.nodes[1]
	b.answers = func(string) { b.pending = append(b.pending, []byte("ab")) }
	b.send("ab")
	n.run(5 * time.Millisecond)
	stayed = a.m.Coverage.Stayed
	n.run(50 * time.Millisecond)
	if a.m.Coverage.Stayed != stayed || b.m.Coverage.Stayed != 0 {
		t.Errorf("with two senders the token stayed %d and %d times", a.m.Coverage.Stayed-stayed, b.m.Coverage.Stayed)
	}
}

// TestASafeMessageIsNotStayedFor: what is not delivered at once has no answer yet.
func TestASafeMessageIsNotStayedFor(t *testing.T) {
	n, a := newStayNet(t, 0)
	for i := range 20 {
		a.send(fmt.Sprintf("safe %d", i))
		n.run(5 * time.Millisecond)
	}
	n.everywhere(20)
	if a.m.Coverage.Stayed != 0 {
		t.Errorf("the token stayed %d times for messages that waited to become safe", a.m.Coverage.Stayed)
	}
}

// stayed plays until the token stays with a, whose first message is out and delivered.
func (n *testNet) stayed(a *testNode) {
	n.t.Helper()
	a.answers = nil
	a.send("a0")
	n.everywhere(1)
	a.send("a1")
	if !a.m.Stays() {
		n.until("the token stays", 20*time.Millisecond, a.m.Stays)
	}
}

// TestWhoHasTheTokenDies: what was numbered while it stayed is delivered by the others, as it was by its sender.
func TestWhoHasTheTokenDies(t *testing.T) {
	n, a := newStayNet(t, 0)
	n.stayed(a)
	a.pending = append(a.pending, []byte("a2"))
	a.m.Input(n.now)
	a.m.Settled()
	if got := a.messages(); len(got) != 3 || !a.m.Stays() {
		t.Fatalf("delivered %v; the token stays: %v", got, a.m.Stays())
	}
	a.m.Recycle()
	a.dead = true
	n.nodes = n.nodes[1:]
	n.everywhere(3)
}

// TestTheRingBreaksWhileTheTokenStays: the token is forgotten with its ring, and the next one's does not wait for its handlers.
func TestTheRingBreaksWhileTheTokenStays(t *testing.T) {
	n, a := newStayNet(t, 0)
	n.stayed(a)
	n.partition(n.nodes[:1], n.nodes[1:])
	a.m.startGather("the test wants it", nil, wire.MemberID{}, 0)
	a.m.Recycle()
	if a.m.Stays() {
		t.Fatal("the token of a ring that broke stays")
	}
	a.m.Settled()
	clear(n.cut)
	n.until("one ring again", 10*time.Second, func() bool { return n.together(n.nodes...) })
	a.send("a2")
	n.everywhere(3)
}

// TestWhoLeavesKeepsNothing: Settled does nothing for one that has left, and nothing for one where no token stays.
func TestWhoLeavesKeepsNothing(t *testing.T) {
	n, a := newStayNet(t, 0)
	a.m.Settled()
	n.stayed(a)
	a.pending = append(a.pending, []byte("a2"))
	a.m.Leave()
	a.m.Settled()
	if got := a.messages(); len(got) != 2 {
		t.Errorf("delivered %v after it had left", got)
	}
	a.dead = true
	n.nodes = n.nodes[1:]
	n.everywhere(2)
}
