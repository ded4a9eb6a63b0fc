package sim

// Flow control in whole clusters: who gets how much of the ring, and what a slow member does to it. Every node takes some time for each
// packet and its socket holds only so many, so there is a fastest pace, and going beyond it loses packets.

import (
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A flow is a cluster whose members send as fast as they may, or at a pace of their own.
type flow struct {
	t *testing.T
	c *Cluster
	// per member: the size of its messages, and how long it waits between two; 0: it sends as long as it may
	size  []int
	every []time.Duration
	sent  []int // messages accepted
	next  []time.Duration
}

// pace is how long a node takes for each packet.
const pace = 40 * time.Microsecond

func newFlow(t *testing.T, n int) *flow {
	f := &flow{t: t, size: make([]int, n), every: make([]time.Duration, n), sent: make([]int, n), next: make([]time.Duration, n)}
	all := make([]int, n)
	for i := range all {
		all[i] = i
		f.size[i] = 8 << 10
	}
	f.c = NewCluster(Options{Seed: 1, Nodes: n, Network: NetworkConfig{Delay: 100 * time.Microsecond}})
	f.c.Start(all...)
	want(t, f.c, 5*time.Second, all...)
	for _, o := range f.c.nodes {
		o.pace = pace
	}
	return f
}

// run has the members send for d, and returns the bytes that each got delivered at the first.
func (f *flow) run(d time.Duration) []int {
	before := f.delivered()
	for end := f.c.Now() + d; f.c.Now() < end; f.c.Run(200 * time.Microsecond) {
		for i := range f.size {
			for f.next[i] <= f.c.Now() && f.c.Send(i, "g", wire.OrderAgreed, f.size[i]) {
				f.sent[i]++
				if f.every[i] > 0 {
					f.next[i] = f.c.Now() + f.every[i]
				}
			}
		}
	}
	after := f.delivered()
	for i := range after {
		after[i] -= before[i]
	}
	return after
}

// delivered are the bytes that each member has had numbered: what was accepted and does not wait.
func (f *flow) delivered() []int {
	all := make([]int, len(f.size))
	for i := range all {
		all[i] = (f.sent[i] - len(f.c.app(i, "g").waiting)) * f.size[i]
	}
	return all
}

// judge ends the run: one ring from the beginning to the end, and a history without a fault.
func (f *flow) judge(rings int) {
	f.t.Helper()
	if n := f.c.Counted().RingsInstalled; n != rings {
		f.t.Errorf("%d rings installed meanwhile", n-rings)
	}
	f.c.Heal()
	f.c.Run(3 * time.Second)
	f.c.Settle()
	for _, v := range f.c.Violations() {
		f.t.Error(v)
	}
}

func total(list []int) (n int) {
	for _, x := range list {
		n += x
	}
	return n
}

// Three and seven members that all send as fast as they may, with messages of one size and of very different ones: nobody has less than
// four fifths of an equal share of the bytes.
func TestStorySendersShareTheRing(t *testing.T) {
	for _, n := range []int{3, 7} {
		for _, mixed := range []bool{false, true} {
			f := newFlow(t, n)
			if mixed {
				for i := range f.size {
					f.size[i] = []int{4000, 8 << 10, 64 << 10}[i%3]
				}
			}
			rings := f.c.Counted().RingsInstalled
			f.run(500 * time.Millisecond)
			got := f.run(time.Second)
			t.Logf("%d members, mixed %v: %v bytes", n, mixed, got)
			for i, bytes := range got {
				if share := total(got) / n; bytes*5 < share*4 {
					t.Errorf("%d members, mixed %v: member %d had %d bytes delivered, its share is %d", n, mixed, i, bytes, share)
				}
			}
			f.judge(rings)
		}
	}
}

// One member sends all it may, the others now and then: these get all they ask for, at once, and it gets what they leave.
func TestStoryOneSenderFillsTheRing(t *testing.T) {
	alone := newFlow(t, 3)
	alone.every = []time.Duration{0, time.Hour, time.Hour}
	alone.next[1], alone.next[2] = time.Hour, time.Hour
	alone.run(time.Second)
	most := total(alone.run(time.Second))

	f := newFlow(t, 3)
	f.every = []time.Duration{0, 5 * time.Millisecond, 5 * time.Millisecond}
	f.size[1], f.size[2] = 500, 500
	rings := f.c.Counted().RingsInstalled
	f.run(time.Second)
	sent := f.sent[1]
	got := f.run(time.Second)
	t.Logf("alone %d bytes, beside two others %v", most, got)
	if asked := (f.sent[1] - sent) * 500; asked < 90_000 || got[1] < asked-1000 {
		t.Errorf("a member that asks for little, %d bytes, got %d", asked, got[1])
	}
	if got[0] < most*8/10 {
		t.Errorf("who sends all it may got %d bytes beside two that send little, %d alone", got[0], most)
	}
	f.judge(rings)
}

// One member takes ten times as long for each packet as the others, whose packets it cannot hold for long. All go at its pace, nothing
// collapses, all have their shares, and it keeps its place on the ring.
func TestStoryASlowMemberSlowsAllAndNoMore(t *testing.T) {
	for _, n := range []int{3, 7} {
		f := newFlow(t, n)
		f.c.nodes[n-1].pace = 10 * pace
		rings := f.c.Counted().RingsInstalled
		f.run(2 * time.Second)
		before := f.c.Counted()
		const length = 4 * time.Second
		got := f.run(length)
		after := f.c.Counted()
		packets := float64(total(got)) / 1300
		most := float64(length) / float64(10*pace) * float64(n) / float64(n-1) // packets that it can take: its own cost it nothing
		lost := float64(after.Requested-before.Requested) / packets
		t.Logf("%d members: %v bytes, %.0f %% of what the slow one can take, %.1f %% asked for again", n, got, 100*packets/most, 100*lost)
		if packets < most/2 {
			t.Errorf("%d members: %.0f packets, the slow member can take %.0f", n, packets, most)
		}
		if lost > 0.05 {
			t.Errorf("%d members: %.1f %% of all packets asked for again", n, 100*lost)
		}
		for i, bytes := range got {
			if share := total(got) / n; bytes*5 < share*4 {
				t.Errorf("%d members: member %d had %d bytes delivered, its share is %d", n, i, bytes, share)
			}
		}
		for _, o := range f.c.nodes {
			o.pace = 0
		}
		f.judge(rings)
	}
}

// A member sends large messages to one group while it and another send small ones to a second group: the small ones come through as if
// there were no large ones, but for a rotation in a megabyte of them.
func TestStorySmallMessagesPassLargeOnes(t *testing.T) {
	const large = 1 << 20
	all := []int{0, 1, 2}
	c := NewCluster(Options{Seed: 1, Nodes: 3, Network: NetworkConfig{Delay: 100 * time.Microsecond}, MaxMessage: 2 << 20,
		Groups: []GroupSpec{{Name: "bulk", Nodes: all}, {Name: "g", Nodes: all}}})
	c.Start(all...)
	want(t, c, 5*time.Second, all...)
	for _, o := range c.nodes {
		o.pace = pace
	}
	sent, rotations := 0, c.Counted().Rotations
	begin := c.Now()
	var delays []uint64 // of small messages of members 0 and 1 at member 2, in rotations
	for c.Now() < begin+2*time.Second {
		for c.Send(0, "bulk", wire.OrderAgreed, large) {
			sent++
		}
		for _, from := range []int{0, 1} {
			before := c.Counted().Rotations
			if !c.Send(from, "g", wire.OrderAgreed, 100) {
				t.Fatal("a small message was not accepted")
			}
			n := int(c.app(from, "g").seq)
			for len(deliveries(c, from, n)) < len(all) {
				c.Run(200 * time.Microsecond)
			}
			delays = append(delays, c.Counted().Rotations-before)
		}
	}
	rotations = c.Counted().Rotations - rotations
	sent -= len(c.app(0, "bulk").waiting)
	t.Logf("%d MiB in %d rotations; %d small messages took %v rotations each", sent, rotations, len(delays), delays)
	if sent < 20 || len(delays) < 20 {
		t.Errorf("%d large messages, %d small ones: they stood in each other's way", sent, len(delays))
	}
	for _, d := range delays {
		if d > 3 { // to the sender's visit, to the others, and one on its way
			t.Errorf("a small message took %d rotations", d)
		}
	}
	c.Heal()
	c.Run(5 * time.Second)
	c.Settle()
	for _, v := range c.Violations() {
		t.Error(v)
	}
}

// A member misses all that is sent until the others hold as much as they may for it. Then it hears again, and another is killed: what the
// rest exchanges in recovery, where nothing is delivered meanwhile, is as much as that, and the next ring is installed all the same.
func TestStoryAFullRingRecovers(t *testing.T) {
	f := newFlow(t, 3)
	for _, o := range f.c.nodes {
		o.pace = 0
	}
	f.size[0] = 64 << 10
	f.every = []time.Duration{0, time.Hour, time.Hour}
	f.next[1], f.next[2] = time.Hour, time.Hour
	undo := loseData(f.c, 2)
	full := false
	for range 400 {
		f.run(time.Millisecond)
		if s, ok := f.c.Status(0); ok && s.Bytes >= 8<<20 {
			full = true
			break
		}
	}
	if !full {
		t.Fatal("nobody came to hold as much as it may")
	}
	undo()
	recovered := f.c.Counted().Recovered
	f.c.Crash(1)
	want(t, f.c, 20*time.Second, 0, 2)
	if n := f.c.Counted().Recovered - recovered; n < 6000 {
		t.Errorf("%d packets were exchanged", n)
	}
	f.c.Heal()
	f.c.Start(1)
	f.c.Run(10 * time.Second)
	f.c.Settle()
	for _, v := range f.c.Violations() {
		t.Error(v)
	}
}
