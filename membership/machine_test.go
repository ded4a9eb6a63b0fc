package membership

// A twin for the ring half: machines on a network of queues and virtual time, with verbs that read like the scenario.

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/ordering"
)

var lan = Timing{
	TokenLoss: 900 * time.Millisecond, TokenRetransmit: 20 * time.Millisecond, Rest: 200 * time.Millisecond, Join: 30 * time.Millisecond,
	Consensus: 250 * time.Millisecond, CommitRetransmit: 25 * time.Millisecond, Probe: 200 * time.Millisecond,
	Silence: 900 * time.Millisecond, Beacon: 500 * time.Millisecond,
}

type testPacket struct {
	at   time.Time
	n    int
	from *testNode
	to   *testNode
	hdr  wire.Header
	body []byte
}

type packetHeap []testPacket

func (h packetHeap) Len() int { return len(h) }
func (h packetHeap) Less(i, j int) bool {
	return h[i].at.Before(h[j].at) || h[i].at.Equal(h[j].at) && h[i].n < h[j].n
}
func (h packetHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *packetHeap) Push(x any)   { *h = append(*h, x.(testPacket)) }
func (h *packetHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

type testNet struct {
	t     *testing.T
	now   time.Time
	rng   *rand.Rand
	nodes []*testNode
	queue packetHeap
	n     int
	loss  float64
	cut   map[[2]*testNode]bool
	shape func(*Config)
	lost  func(from, to *testNode, class wire.Class, body []byte) bool // nil: nothing besides
}

// A testNode is one machine, its source of messages, and what it delivered.
type testNode struct {
	net     *testNet
	info    wire.Info
	m       *Machine
	dead    bool
	paused  bool
	waiting []testPacket // while it is paused
	keys    map[uint64]bool
	pending [][]byte
	got     []string // ring changes and messages, in order
	rings   [][]wire.MemberID
	trace   []string
	asked   []Mark // marks that are to be stored; the test answers
	numbers []wire.Position
	answers func(got string) // nil: nobody answers what is delivered, or says that it has
}

func newTestNet(t *testing.T, seed uint64, names ...string) *testNet {
	return newShapedNet(t, seed, nil, names...)
}

// newShapedNet is newTestNet with machines whose configuration shape changes.
func newShapedNet(t *testing.T, seed uint64, shape func(*Config), names ...string) *testNet {
	n := &testNet{t: t, now: time.UnixMilli(1_700_000_000_000), rng: rand.New(rand.NewPCG(seed, 1)), cut: map[[2]*testNode]bool{}, shape: shape}
	var addrs []netip.AddrPort
	for i := range names {
		addrs = append(addrs, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 7946))
	}
	for i, name := range names {
		n.start(name, addrs[i], 1, addrs)
	}
	return n
}

func (n *testNet) start(name string, addr netip.AddrPort, incarnation uint64, seeds []netip.AddrPort) *testNode {
	node := &testNode{net: n, keys: map[uint64]bool{}, info: wire.Info{ID: wire.NewMemberID(name, incarnation), Name: name,
		Addrs: []wire.Addr{{Addr: addr}}}}
	cfg := Config{Self: node.info, Timing: lan, Limits: ordering.DefaultLimits(1300), MaxMessage: 1 << 20}
	cfg.Secret[0] = byte(len(n.nodes) + 1)
	if n.shape != nil {
		n.shape(&cfg)
	}
	node.m = NewMachine(cfg, node, node, n.now)
	node.m.Start()
	node.m.Input(n.now)
	node.m.SetSeeds(seeds)
	n.nodes = append(n.nodes, node)
	return node
}

func (x *testNode) Fill(chunks []wire.Chunk, room int) []wire.Chunk {
	for len(x.pending) > 0 && wire.ChunkOverhead(wire.OrderSafe, true, true)+len(x.pending[0]) <= room {
		c := wire.Chunk{Group: 1, Kind: wire.KindApp, Order: wire.OrderAgreed, Flags: wire.ChunkFirst | wire.ChunkLast, Payload: x.pending[0]}
		if x.pending[0][0] == 's' {
			c.Order = wire.OrderSafe
		}
		x.pending = x.pending[1:]
		room -= c.Size()
		chunks = append(chunks, c)
	}
	return chunks
}
func (x *testNode) Backlog() int              { return len(x.pending) }
func (x *testNode) Token(*wire.Token, uint16) {}
func (x *testNode) Persist(k Mark)            { x.asked = append(x.asked, k) }
func (x *testNode) Key(k RingKey)             { x.keys[k.Context] = !k.Remove }
func (x *testNode) Notice(n Notice) {
	x.trace = append(x.trace, fmt.Sprintf("%v %s %v %s", x.net.now.Sub(time.UnixMilli(1_700_000_000_000)), x.info.Name, n.Ring, n.Text))
}

func (x *testNode) Send(s Send) {
	for _, to := range s.To {
		for _, y := range x.net.nodes {
			if y.dead || y.info.Addrs[0].Addr != to || x.net.cut[[2]*testNode{x, y}] || x.net.rng.Float64() < x.net.loss {
				continue
			}
			if x.net.lost != nil && x.net.lost(x, y, s.Class, s.Body) {
				continue
			}
			x.net.n++
			delay := 50*time.Microsecond + time.Duration(x.net.rng.IntN(100))*time.Microsecond
			heap.Push(&x.net.queue, testPacket{at: x.net.now.Add(delay), n: x.net.n, from: x, to: y,
				hdr: wire.Header{Context: s.Context, Class: s.Class, Sealer: x.info.ID}, body: append([]byte(nil), s.Body...)})
		}
	}
}

func (x *testNode) Deliver(d Delivery) {
	switch d.Kind {
	case DeliverMessages:
		for i := range d.Messages.Whole {
			x.got = append(x.got, string(d.Messages.Whole[i].Payload))
			x.numbers = append(x.numbers, d.Messages.Position+wire.Position(i))
			if x.answers != nil {
				x.answers(string(d.Messages.Whole[i].Payload))
			}
		}
	case DeliverTransitional:
		x.got = append(x.got, fmt.Sprintf("trans %d", len(d.Members)))
	case DeliverRing:
		x.got = append(x.got, fmt.Sprintf("ring %v", d.Ring))
		x.rings = append(x.rings, d.Members)
	}
}

// run lets time pass.
func (n *testNet) run(d time.Duration) {
	end := n.now.Add(d)
	for {
		at := end
		var node *testNode
		for _, x := range n.nodes {
			if x.dead || x.paused {
				continue
			}
			if t := x.m.Deadline(); !t.IsZero() && t.Before(at) {
				at, node = t, x
			}
		}
		if len(n.queue) > 0 && !n.queue[0].at.After(at) && n.queue[0].at.Before(end) {
			p := heap.Pop(&n.queue).(testPacket)
			n.now = p.at
			if p.to.paused {
				p.to.waiting = append(p.to.waiting, p)
				continue
			}
			if p.to.dead || p.hdr.Context != 0 && !p.to.keys[p.hdr.Context] {
				continue
			}
			pkt, err := wire.Parse(p.body)
			if err != nil {
				n.t.Fatalf("unparsable packet from %s: %v", p.from.info.Name, err)
			}
			p.to.m.Input(n.now)
			p.to.m.Receive(p.from.info.Addrs[0].Addr, p.hdr, pkt)
			p.to.after()
			continue
		}
		if node == nil {
			n.now = end
			return
		}
		if at.After(n.now) {
			n.now = at
		}
		node.m.Input(n.now)
		node.m.Tick()
		node.after()
	}
}

func (x *testNode) after() {
	x.m.Recycle() // Send copies
	for x.answers != nil && x.m.Stays() {
		x.m.Settled()
	}
	if len(x.pending) > 0 {
		x.m.Kick()
	}
	if err := x.m.Invariant(); err != nil {
		x.net.t.Fatalf("%s: %v", x.info.Name, err)
	}
}

// until runs until ok, at most d.
func (n *testNet) until(what string, d time.Duration, ok func() bool) time.Duration {
	n.t.Helper()
	start := n.now
	for n.now.Sub(start) < d {
		if ok() {
			return n.now.Sub(start)
		}
		n.run(time.Millisecond)
	}
	for _, x := range n.nodes {
		for _, l := range x.trace[max(0, len(x.trace)-30):] {
			n.t.Log(l)
		}
	}
	n.t.Fatalf("%s: not within %v", what, d)
	return 0
}

// together reports whether the given nodes are on one ring of just them.
func (n *testNet) together(nodes ...*testNode) bool {
	for _, x := range nodes {
		if x.m.State() != StateOperational || len(x.m.Members()) != len(nodes) || x.m.Ring() != nodes[0].m.Ring() {
			return false
		}
	}
	return true
}

func (n *testNet) partition(a, b []*testNode) {
	for _, x := range a {
		for _, y := range b {
			n.cut[[2]*testNode{x, y}], n.cut[[2]*testNode{y, x}] = true, true
		}
	}
}

func (x *testNode) send(s string) {
	x.pending = append(x.pending, []byte(s))
	x.m.Input(x.net.now)
	x.m.Kick()
}

// messages strips ring changes from what was delivered.
func (x *testNode) messages() (m []string) {
	for _, s := range x.got {
		if s[0] == 'a' || s[0] == 's' {
			m = append(m, s)
		}
	}
	return m
}

func TestThreeFormOneRing(t *testing.T) {
	n := newTestNet(t, 1, "a", "b", "c")
	took := n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
	t.Log("formed in", took)
}

func TestOneOrderUnderLoss(t *testing.T) {
	n := newTestNet(t, 2, "a", "b", "c")
	n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
	n.loss = 0.05
	for i := range 500 {
		for _, x := range n.nodes {
			x.send(fmt.Sprintf("%c%s-%d", "as"[i%2], x.info.Name, i))
		}
		n.run(time.Millisecond)
	}
	n.until("all delivered", 20*time.Second, func() bool {
		for _, x := range n.nodes {
			if len(x.messages()) < 1500 {
				return false
			}
		}
		return true
	})
	n.wantSameOrder(1500)
}

func (n *testNet) wantSameOrder(count int) {
	n.t.Helper()
	first := n.nodes[0].messages()
	if len(first) != count {
		n.t.Fatalf("%d messages delivered, want %d", len(first), count)
	}
	for _, x := range n.nodes[1:] {
		m := x.messages()
		for i := range first {
			if m[i] != first[i] {
				n.t.Fatalf("message %d: %s at %s, %s at %s", i, first[i], n.nodes[0].info.Name, m[i], x.info.Name)
			}
		}
	}
}

func TestIdleTokenRests(t *testing.T) {
	n := newTestNet(t, 3, "a", "b", "c")
	n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
	n.run(time.Second)
	before := n.n
	n.run(10 * time.Second)
	perSecond := (n.n - before) / 10
	if perSecond > 20 {
		t.Errorf("%d packets a second on an idle ring", perSecond)
	}
	t.Log(perSecond, "packets a second, idle")
	n.nodes[1].send("a1")
	took := n.until("delivered", time.Second, func() bool { return len(n.nodes[2].messages()) == 1 })
	t.Log("after rest, delivered in", took)
	if took > 10*time.Millisecond {
		t.Errorf("a resting token took %v to wake", took)
	}
}

func TestKilledMemberIsGoneSoon(t *testing.T) {
	n := newTestNet(t, 4, "a", "b", "c")
	n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
	n.run(time.Second)
	n.nodes[2].dead = true
	for _, x := range n.nodes[:2] {
		x.m.Input(n.now)
		x.m.Hint(n.nodes[2].info.ID)
	}
	took := n.until("two on a ring", 5*time.Second, func() bool { return n.together(n.nodes[0], n.nodes[1]) })
	t.Log("hinted crash:", took)
	if took > 200*time.Millisecond {
		t.Errorf("a crash with a hint took %v", took)
	}
}

func TestCutMemberIsGoneAndComesBack(t *testing.T) {
	n := newTestNet(t, 5, "a", "b", "c")
	n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
	n.run(time.Second)
	n.partition(n.nodes[:1], n.nodes[1:])
	took := n.until("two on a ring", 5*time.Second, func() bool { return n.together(n.nodes[1], n.nodes[2]) })
	t.Log("cut:", took)
	if took > 1200*time.Millisecond {
		t.Errorf("a cut took %v", took)
	}
	n.until("one alone", 5*time.Second, func() bool { return n.together(n.nodes[0]) })
	clear(n.cut)
	took = n.until("one ring again", 10*time.Second, func() bool { return n.together(n.nodes...) })
	t.Log("merged:", took)
}

func TestHalfASecondsPauseCostsNothing(t *testing.T) {
	n := newTestNet(t, 6, "a", "b", "c")
	n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
	n.run(time.Second)
	ring := n.nodes[0].m.Ring()
	for range 5 {
		n.pause(n.nodes[1], 500*time.Millisecond)
		n.run(2 * time.Second)
	}
	if !n.together(n.nodes...) || n.nodes[0].m.Ring() != ring {
		for _, x := range n.nodes {
			t.Log(x.trace)
		}
		t.Fatal("the pause cost a ring change")
	}
}

// pause stops a node for d: packets wait for it, its timers do not fire.
func (n *testNet) pause(x *testNode, d time.Duration) {
	x.paused = true
	n.run(d)
	x.paused = false
	for _, p := range x.waiting {
		p.at = n.now
		heap.Push(&n.queue, p)
	}
	x.waiting = nil
}

// TestRingsUnderFaults: whatever is lost, cut, paused or restarted, members that stay together deliver the same, and when it is
// over everybody is on one ring.
func TestRingsUnderFaults(t *testing.T) {
	for seed := range uint64(60) {
		n := newTestNet(t, seed, "a", "b", "c", "d")
		n.run(2 * time.Second)
		count := 0
		for round := range 12 {
			n.loss = []float64{0, 0.01, 0.1, 0.3}[n.rng.IntN(4)]
			switch n.rng.IntN(4) {
			case 0:
				k := 1 + n.rng.IntN(3)
				order := n.rng.Perm(4)
				var a, b []*testNode
				for i, j := range order {
					if i < k {
						a = append(a, n.nodes[j])
					} else {
						b = append(b, n.nodes[j])
					}
				}
				n.partition(a, b)
			case 1:
				clear(n.cut)
			case 2:
				n.pause(n.nodes[n.rng.IntN(4)], time.Duration(n.rng.IntN(3000))*time.Millisecond)
			case 3:
				n.cut[[2]*testNode{n.nodes[n.rng.IntN(4)], n.nodes[n.rng.IntN(4)]}] = true
			}
			for range 20 {
				for _, x := range n.nodes {
					count++
					x.send(fmt.Sprintf("%c%s-%d-%d", "as"[n.rng.IntN(2)], x.info.Name, round, count))
				}
				n.run(time.Duration(n.rng.IntN(40)) * time.Millisecond)
			}
		}
		clear(n.cut)
		n.loss = 0
		n.until(fmt.Sprintf("seed %d: one ring", seed), 30*time.Second, func() bool { return n.together(n.nodes...) })
		n.run(time.Second)
		n.checkSameBetweenRings(seed)
		n.checkSafe(seed)
	}
}

// checkSafe: a safe message delivered in a regular configuration is delivered by every member of that configuration; nobody
// fails here.
func (n *testNet) checkSafe(seed uint64) {
	n.t.Helper()
	delivered := map[wire.MemberID]map[string]bool{}
	for _, x := range n.nodes {
		delivered[x.info.ID] = map[string]bool{}
		for _, s := range x.got {
			delivered[x.info.ID][s] = true
		}
	}
	for _, x := range n.nodes {
		ring, regular := -1, false
		for _, s := range x.got {
			switch {
			case s[:4] == "ring":
				ring, regular = ring+1, true
			case len(s) > 5 && s[:5] == "trans":
				regular = false
			case s[0] == 's' && regular:
				for _, id := range x.rings[ring] {
					if !delivered[id][s] {
						n.t.Fatalf("seed %d: %s delivered safe %s on ring %v, %v never did", seed, x.info.Name, s, x.rings[ring], id)
					}
				}
			}
		}
	}
}

// checkSameBetweenRings: two members that went from one ring to the same next one delivered the same in between, in the same
// order, with the transitional configuration at the same place.
func (n *testNet) checkSameBetweenRings(seed uint64) {
	n.t.Helper()
	type step struct{ from, to string }
	seen := map[step][]string{}
	who := map[step]string{}
	for _, x := range n.nodes {
		own := map[string]int{}
		var from string
		var between []string
		for _, s := range x.got {
			if s[0] == 'a' || s[0] == 's' {
				if own[s]++; own[s] > 1 {
					n.t.Fatalf("seed %d: %s delivered %s twice", seed, x.info.Name, s)
				}
			}
			if len(s) < 4 || s[:4] != "ring" {
				between = append(between, s)
				continue
			}
			k := step{from, s}
			if old, ok := seen[k]; ok {
				if fmt.Sprint(old) != fmt.Sprint(between) {
					n.t.Fatalf("seed %d: from %s to %s\n%s: %v\n%s: %v", seed, from, s, who[k], old, x.info.Name, between)
				}
			} else {
				seen[k], who[k] = between, x.info.Name
			}
			from, between = s, nil
		}
	}
}
