package membership

// Networks that are not what rings take them for: packets pass one way only, two members meet through a third alone, one kind of
// packet is lost. Members must settle on a ring all of whose members hear all, and stay there.

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// deaf cuts what goes to the second from the first.
func (n *testNet) deaf(from, to int) { n.cut[[2]*testNode{n.nodes[from], n.nodes[to]}] = true }

// apart cuts two nodes, both ways.
func (n *testNet) apart(a, b int) { n.deaf(a, b); n.deaf(b, a) }

func (n *testNet) installed() (count int) {
	for _, x := range n.nodes {
		count += len(x.rings)
	}
	return count
}

// busy has every node send now and then for d, as far as its window lets it.
func (n *testNet) busy(d time.Duration) {
	for end := n.now.Add(d); n.now.Before(end); {
		for i, x := range n.nodes {
			if !x.dead && len(x.pending) < 10 {
				n.n++
				x.send(fmt.Sprintf("%c%s-%d", "as"[i%2], x.info.Name, n.n))
			}
		}
		n.run(30 * time.Millisecond)
	}
}

// settles runs for the given time and wants at most so many ring installations in it, none in its second half, and in the end
// every ring to be one whose members all hear all; largest is how many members the largest must have.
func (n *testNet) settles(d time.Duration, installations, largest int) {
	n.t.Helper()
	before := n.installed()
	n.busy(d / 2)
	half := n.installed()
	n.busy(d / 2)
	end := n.installed()
	for _, x := range n.nodes {
		for _, l := range x.trace {
			n.t.Log(l)
		}
	}
	if half-before > installations {
		n.t.Errorf("%d rings installed, at most %d wanted", half-before, installations)
	}
	if end != half {
		n.t.Errorf("%d rings were still installed after %v", end-half, d/2)
	}
	big := 0
	for _, x := range n.nodes {
		if x.m.State() != StateOperational {
			n.t.Errorf("%s is in %v", x.info.Name, x.m.State())
			continue
		}
		members := x.m.Members()
		big = max(big, len(members))
		for _, y := range n.nodes {
			for _, id := range members {
				if id == y.info.ID && (n.cut[[2]*testNode{x, y}] || n.cut[[2]*testNode{y, x}]) {
					n.t.Errorf("%s and %s are on one ring and do not hear each other", x.info.Name, y.info.Name)
				}
			}
		}
	}
	if big != largest {
		n.t.Errorf("the largest ring has %d members, want %d", big, largest)
	}
}

// operational returns a net whose nodes are on one ring.
func operational(t *testing.T, seed uint64, names ...string) *testNet {
	n := newTestNet(t, seed, names...)
	n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
	n.busy(500 * time.Millisecond)
	return n
}

// healed opens everything and wants one ring again, soon.
func (n *testNet) healed(limit time.Duration) {
	n.t.Helper()
	n.merged(limit)
	n.checkSameBetweenRings(0)
	n.checkSafe(0)
}

func (n *testNet) merged(limit time.Duration) {
	n.t.Helper()
	clear(n.cut)
	n.lost = nil
	took := n.until("one ring again", limit, func() bool { return n.together(n.nodes...) })
	n.t.Log("merged again in", took)
	ring := n.nodes[0].m.Ring()
	n.busy(2 * time.Second)
	if n.nodes[0].m.Ring() != ring {
		n.t.Error("the ring did not last")
	}
}

func TestOneWayCut(t *testing.T) {
	for from := range 3 {
		for to := range 3 {
			if from == to {
				continue
			}
			t.Run(fmt.Sprintf("%c-to-%c", 'a'+from, 'a'+to), func(t *testing.T) {
				n := operational(t, 1, "a", "b", "c")
				n.deaf(from, to)
				n.settles(20*time.Second, 8, 2)
				n.healed(3 * time.Second)
			})
		}
	}
}

func TestOneWayCutAmongFive(t *testing.T) {
	for from := range 5 {
		for to := range 5 {
			if from == to {
				continue
			}
			n := operational(t, uint64(from*5+to), "a", "b", "c", "d", "e")
			n.deaf(from, to)
			n.settles(10*time.Second, 10, 4)
			n.healed(3 * time.Second)
			if t.Failed() {
				t.Fatalf("from %d to %d", from, to)
			}
		}
	}
}

func TestBridge(t *testing.T) {
	for seed := range uint64(5) {
		n := operational(t, seed, "a", "b", "c")
		n.apart(0, 2)
		n.settles(20*time.Second, 8, 2)
		n.healed(3 * time.Second)
	}
}

func TestBridgeBetweenHalves(t *testing.T) {
	n := operational(t, 1, "a", "b", "c", "d", "e")
	for _, x := range []int{0, 1} {
		for _, y := range []int{3, 4} {
			n.apart(x, y)
		}
	}
	n.settles(20*time.Second, 16, 3)
	n.healed(3 * time.Second)
}

// TestOverlappingMajorities: each of five hears three others and not the fifth, all differently.
func TestOverlappingMajorities(t *testing.T) {
	n := operational(t, 1, "a", "b", "c", "d", "e")
	for i := range 5 {
		n.apart(i, (i+1)%5)
	}
	n.settles(20*time.Second, 20, 2)
	n.healed(5 * time.Second)
}

// TestBridgeFromTheStart: members that never formed one ring settle, too.
func TestBridgeFromTheStart(t *testing.T) {
	n := newTestNet(t, 1, "a", "b", "c")
	n.apart(0, 2)
	n.settles(20*time.Second, 16, 2)
	n.healed(3 * time.Second)
}

// TestKeptOut: an operator is told who is not let in, and for want of what.
func TestKeptOut(t *testing.T) {
	n := operational(t, 1, "a", "b", "c")
	n.apart(0, 2)
	n.busy(5 * time.Second)
	out := map[string]string{}
	for _, x := range n.nodes {
		for _, k := range x.m.KeptOut() {
			out[x.info.Name+" keeps out "+x.m.Info(k.Member).Name] = k.Why
		}
	}
	alone := "c"
	if n.nodes[2].m.Ring() == n.nodes[1].m.Ring() {
		alone = "a"
	}
	if len(out) != 2 || out["b keeps out "+alone] == "" || out[alone+" keeps out b"] == "" {
		t.Fatalf("%s is alone; kept out: %v", alone, out)
	}
	for pair, why := range out {
		if !strings.Contains(why, "are not known to hear each other") && !strings.Contains(why, "of its ring are not known") {
			t.Errorf("%s: %s", pair, why)
		}
	}
	n.healed(3 * time.Second)
	for _, x := range n.nodes {
		if k := x.m.KeptOut(); len(k) > 0 {
			t.Errorf("%s still keeps out %v", x.info.Name, k)
		}
	}
}

// TestKeptOutForAWhile: who fails again and again though single packets pass waits, longer each time, and an operator sees for how long.
func TestKeptOutForAWhile(t *testing.T) {
	n := operational(t, 1, "a", "b")
	bad := n.now.Add(20 * time.Second)
	n.lost = func(from, to *testNode, class wire.Class, body []byte) bool {
		// On a ring nothing passes; between rings all does.
		return n.now.Before(bad) && from.m.Ring() == to.m.Ring()
	}
	var longest time.Duration
	for n.now.Before(bad) {
		n.run(7 * time.Millisecond) // short enough to ask in every state
		for _, k := range n.nodes[0].m.KeptOut() {
			if !k.Until.IsZero() {
				longest = max(longest, k.Until.Sub(n.now))
				if !strings.Contains(k.Why, "times though it was heard") {
					t.Errorf("%s", k.Why)
				}
			}
		}
	}
	if longest < 2*time.Second || longest > 32*time.Second {
		t.Errorf("the longest wait was %v", longest)
	}
	n.merged(longest + 3*time.Second)
}

// TestNewcomerOnABridge: somebody new joins one side, hears both, and does not make them try again for ever.
func TestNewcomerOnABridge(t *testing.T) {
	n := operational(t, 1, "a", "b", "c", "d")
	n.nodes[3].dead = true
	n.apart(0, 2)
	n.busy(20 * time.Second)
	addr := n.nodes[3].info.Addrs[0].Addr
	n.nodes = n.nodes[:3]
	n.start("d", addr, 2, n.nodes[0].m.seeds)
	n.settles(20*time.Second, 16, 3)
	n.merged(3 * time.Second)
}

// TestHalfPlane: one kind of packet is lost, for one member or for all.
func TestHalfPlane(t *testing.T) {
	large := func(body []byte) bool { return len(body) > 1000 }
	for _, what := range []wire.Class{wire.ClassData, wire.ClassToken} {
		for _, from := range []bool{true, false} {
			t.Run(fmt.Sprintf("class %d, from e %v", what, from), func(t *testing.T) {
				n := operational(t, 1, "a", "b", "c", "d", "e")
				n.lost = func(x, y *testNode, class wire.Class, _ []byte) bool {
					return class == what && (from && x == n.nodes[4] || !from && y == n.nodes[4])
				}
				n.busy(8 * time.Second) // who gets no token, and who gets none through, is found out one by one
				n.settles(10*time.Second, 0, 4)
				n.healed(5 * time.Second)
			})
		}
	}
	for _, c := range []struct {
		name    string
		lost    func(from, to *testNode, class wire.Class, body []byte) bool
		largest int
	}{
		{"no data to c", func(_, to *testNode, class wire.Class, _ []byte) bool {
			return class == wire.ClassData && to.info.Name == "c"
		}, 2},
		{"no data from c", func(from, _ *testNode, class wire.Class, _ []byte) bool {
			return class == wire.ClassData && from.info.Name == "c"
		}, 2},
		{"no data at all", func(_, _ *testNode, class wire.Class, _ []byte) bool { return class == wire.ClassData }, 1},
		{"no token to c", func(_, to *testNode, class wire.Class, _ []byte) bool {
			return class == wire.ClassToken && to.info.Name == "c"
		}, 2},
		{"no token at all", func(_, _ *testNode, class wire.Class, _ []byte) bool { return class == wire.ClassToken }, 1},
		{"nothing large", func(_, _ *testNode, class wire.Class, body []byte) bool {
			return class == wire.ClassData && large(body)
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := operational(t, 1, "a", "b", "c")
			n.lost = c.lost
			if c.name == "nothing large" {
				n.nodes[0].send("a" + string(make([]byte, 1200)))
			}
			n.busy(20 * time.Second) // a ring breaks, and what is left of it breaks again
			n.settles(20*time.Second, 4, c.largest)
			n.healed(5 * time.Second)
		})
	}
}
