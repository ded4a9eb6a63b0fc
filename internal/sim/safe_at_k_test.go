package sim

// Safe at k, told as stories: what it survives, and how many rotations of the token each order takes.

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// deliveries are when the n-th message of a node's process was delivered, by node.
func deliveries(c *Cluster, from, n int) map[int]time.Duration {
	at := map[int]time.Duration{}
	for i := range c.nodes {
		a := c.app(i, "g")
		if a == nil {
			continue
		}
		for _, e := range a.log.Events {
			if e.Kind == evs.Deliver && e.Message == (evs.UID{Sender: c.Member(from), Seq: uint64(n)}) {
				at[i] = e.At
			}
		}
	}
	return at
}

// loseData has nothing that is numbered come to the given nodes until it is undone.
func loseData(c *Cluster, nodes ...int) (undo func()) {
	c.Watch(func(p Packet) Fate { return Fate{Drop: p.Type() == wire.TypeData && slices.Contains(nodes, p.To)} })
	return func() { c.Watch(nil) }
}

// A message safe at three is lost on the way to two of five. As soon as one has delivered it, that one and another who holds it are
// killed: k-1 of them. The third brings it to the rest. With one more crash, of which nothing is promised, it would be gone.
func TestStorySafeAtThreeSurvivesTwo(t *testing.T) {
	for _, order := range []wire.Order{wire.SafeAt(3), wire.OrderSafeAt} {
		for _, keep := range []int{0, 1, 2} {
			c := begin(t, 5, 5)
			talk(c, 0, 1, 2, 3, 4)
			c.Run(time.Second)
			undo := loseData(c, 3, 4)
			if !c.Send(0, "g", order, 100) {
				t.Fatal("not accepted")
			}
			n := int(c.app(0, "g").seq)
			sender := c.Member(0)
			var had map[int]time.Duration
			for had = deliveries(c, 0, n); len(had) == 0; had = deliveries(c, 0, n) {
				c.Run(50 * time.Microsecond)
				if c.clock.now > time.Minute {
					t.Fatal("nobody delivers it")
				}
			}
			for _, i := range []int{3, 4} {
				if _, ok := had[i]; ok {
					t.Fatalf("node %d delivered what never reached it", i)
				}
			}
			for _, i := range []int{0, 1, 2} {
				if i != keep {
					c.Crash(i)
				}
			}
			undo()
			want(t, c, 3*time.Second, keep, 3, 4)
			for _, i := range []int{keep, 3, 4} {
				if a := c.app(i, "g"); !slices.ContainsFunc(a.log.Events, func(e evs.Event) bool {
					return e.Kind == evs.Deliver && e.Message == (evs.UID{Sender: sender, Seq: uint64(n)})
				}) {
					t.Errorf("%v, %d keeps: node %d went on without it", order, keep, i)
				}
			}
			for i := range 3 {
				c.Restart(i)
			}
			want(t, c, 4*time.Second, 0, 1, 2, 3, 4)
			judge(t, c)
		}
	}
}

// One that numbers and is cut off at once: an ordered message it may deliver alone, one that is safe at a quorum not.
func TestStoryCutOffSenderWaitsForAQuorum(t *testing.T) {
	for _, k := range []struct {
		order wire.Order
		alone bool
	}{{wire.OrderAgreed, true}, {wire.SafeAt(1), true}, {wire.SafeAt(2), false}, {wire.OrderSafeAt, false}, {wire.OrderSafe, false}} {
		c := begin(t, 3, 3)
		talk(c, 0, 1, 2)
		c.Run(time.Second)
		undo := loseData(c, 1, 2)
		c.Send(0, "g", k.order, 100)
		n := int(c.app(0, "g").seq)
		c.Run(3 * time.Millisecond)
		heal := c.Partition([]int{0}, []int{1, 2})
		c.Run(20 * time.Millisecond)
		if _, got := deliveries(c, 0, n)[0]; got != k.alone {
			t.Errorf("%v: delivered by its sender alone: %v, want %v", k.order, got, k.alone)
		}
		undo()
		want(t, c, 2*time.Second, 1, 2)
		heal()
		want(t, c, 4*time.Second, 0, 1, 2)
		judge(t, c)
	}
}

// rotations measures, on a ring of n in virtual time, how long a message of an order takes from being accepted to its delivery at its
// sender, at the first and at the last of the others, in rotations of the token. One node misses each packet once if lossy.
func rotations(t *testing.T, n int, order wire.Order, lossy bool) (own, first, last float64) {
	c := NewCluster(Options{Seed: 1, Nodes: n, Network: NetworkConfig{Delay: time.Millisecond}, Groups: []GroupSpec{{Name: "g", Nodes: []int{0, 1, 2, 3, 4}[:n]}}})
	all := c.groups[0].Nodes
	c.Start(all...)
	want(t, c, 3*time.Second, all...)
	c.Run(time.Second)
	if lossy {
		seen := map[string]bool{}
		c.Watch(func(p Packet) Fate {
			if p.To != n-1 || p.Type() != wire.TypeData || seen[string(p.Body)] {
				return Fate{}
			}
			seen[string(p.Body)] = true
			return Fate{Drop: true}
		})
	}
	const count = 40
	rotation := time.Duration(n) * time.Millisecond
	for k := range count {
		// At another moment of the rotation each time.
		c.Run(200*time.Millisecond + time.Duration(k)*rotation/count)
		c.Send(0, "g", order, 100)
		sent, seq := c.clock.now, int(c.app(0, "g").seq)
		c.Run(100 * time.Millisecond)
		at := deliveries(c, 0, seq)
		if len(at) != n {
			t.Fatalf("%v: delivered by %d of %d", order, len(at), n)
		}
		soonest, latest := time.Hour, time.Duration(0)
		for i, d := range at {
			if i != 0 && !(lossy && i == n-1) {
				soonest, latest = min(soonest, d), max(latest, d)
			}
		}
		own += float64(at[0]-sent) / float64(rotation) / count
		first += float64(soonest-sent) / float64(rotation) / count
		last += float64(latest-sent) / float64(rotation) / count
	}
	return own, first, last
}

// TestLatencyOfOrders shows what each order costs, and wants the costs in order. Where nobody misses anything the sender knows of all
// as soon as of k: when the token is back. Others, and everybody where one misses something, know sooner that k have it.
func TestLatencyOfOrders(t *testing.T) {
	orders := []wire.Order{wire.OrderAgreed, wire.SafeAt(2), wire.OrderSafeAt, wire.OrderSafe}
	for _, lossy := range []bool{false, true} {
		for _, n := range []int{3, 5} {
			var own, first, last []float64
			text := fmt.Sprintf("%d members, one misses each packet once: %v\n", n, lossy)
			for i, o := range orders {
				a, b, d := rotations(t, n, o, lossy)
				own, first, last = append(own, a), append(first, b), append(last, d)
				text += fmt.Sprintf("    %-12v sender %.2f, first other %.2f, last other %.2f rotations\n", o, a, b, d)
				const slack = 0.05
				if i > 0 && (a < own[i-1]-slack || b < first[i-1]-slack || d < last[i-1]-slack) {
					t.Errorf("%v is faster than %v", o, orders[i-1])
				}
			}
			t.Log(text)
			safe := len(orders) - 1
			if last[1] > last[safe]-0.5 || lossy && own[1] > own[safe]-0.5 {
				t.Errorf("%d members: safe at 2 gains nothing over safe: %v %v", n, own, last)
			}
		}
	}
}
