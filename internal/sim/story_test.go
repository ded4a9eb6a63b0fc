package sim

// Stories told with verbs, each with the outcome it must have.

import (
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// calm is a network where nothing goes wrong by itself.
var calm = NetworkConfig{Delay: 300 * time.Microsecond, Jitter: 100 * time.Microsecond}

// begin starts a cluster of n nodes with one group of the given size and waits until it is founded.
func begin(t *testing.T, n, size int) *Cluster {
	t.Helper()
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	c := NewCluster(Options{Seed: 1, Nodes: n, Network: calm, Groups: []GroupSpec{{Name: "g", Nodes: all, Size: size}}})
	c.Start(all...)
	want(t, c, 3*time.Second, all...)
	return c
}

func want(t *testing.T, c *Cluster, limit time.Duration, nodes ...int) {
	t.Helper()
	if err := c.WantView(limit, "g", nodes...); err != nil {
		t.Fatal(err)
	}
}

// talk has each node send a few messages of each order.
func talk(c *Cluster, nodes ...int) {
	for range 5 {
		for _, i := range nodes {
			for _, o := range []wire.Order{wire.OrderFIFO, wire.OrderCausal, wire.OrderAgreed, wire.OrderSafe} {
				c.Send(i, "g", o, 100)
			}
		}
		c.Run(5 * time.Millisecond)
	}
}

// judge ends a story: quiet, whole, and nothing wrong in its history.
func judge(t *testing.T, c *Cluster) {
	t.Helper()
	c.Run(2 * time.Second)
	c.settle()
	for _, v := range c.Violations() {
		t.Error(v)
	}
}

func TestStoryFoundAndTalk(t *testing.T) {
	c := begin(t, 3, 0)
	talk(c, 0, 1, 2)
	judge(t, c)
	if c.stats.Deliveries != 3*60 {
		t.Errorf("%d deliveries, want 180", c.stats.Deliveries)
	}
}

// A killed process is out of the view in under 300 ms, and comes back with the state.
func TestStoryCrash(t *testing.T) {
	for _, size := range []int{0, 3} {
		c := begin(t, 3, size)
		talk(c, 0, 1, 2)
		c.Run(time.Second)
		c.Crash(2)
		want(t, c, 300*time.Millisecond, 0, 1)
		talk(c, 0, 1)
		c.Restart(2)
		want(t, c, 3*time.Second, 0, 1, 2)
		talk(c, 0, 1, 2)
		judge(t, c)
		if c.stats.Transfers == 0 {
			t.Error("nobody loaded a state")
		}
	}
}

// A cut cable makes a view in under 1.5 s; the side that lost the primary delivers nothing and comes back by state transfer.
func TestStoryCut(t *testing.T) {
	c := begin(t, 3, 0)
	talk(c, 0, 1, 2)
	c.Run(time.Second)
	heal := c.Partition([]int{0, 1}, []int{2})
	want(t, c, 1500*time.Millisecond, 0, 1)
	talk(c, 0, 1, 2)
	c.Run(2 * time.Second)
	if a := c.app(2, "g"); !a.blocked {
		t.Error("the minority is not blocked")
	}
	heal()
	want(t, c, 4*time.Second, 0, 1, 2)
	judge(t, c)
}

// A process that pauses for 500 ms keeps its place.
func TestStoryPause(t *testing.T) {
	c := begin(t, 3, 0)
	views := c.stats.Views
	for i := range 3 {
		c.Pause(i, 500*time.Millisecond)
		talk(c, (i+1)%3, (i+2)%3)
		c.Run(2 * time.Second)
	}
	judge(t, c)
	if c.stats.Views != views {
		t.Errorf("%d views because of three pauses", c.stats.Views-views)
	}
}

// Nobody passes over a cut: what two of five sides cannot agree on they leave to the three.
func TestStoryFiveSplit(t *testing.T) {
	c := begin(t, 5, 5)
	talk(c, 0, 1, 2, 3, 4)
	heal := c.Partition([]int{0, 1}, []int{2, 3, 4})
	want(t, c, 3*time.Second, 2, 3, 4)
	talk(c, 0, 1, 2, 3, 4)
	heal()
	want(t, c, 4*time.Second, 0, 1, 2, 3, 4)
	talk(c, 0, 1, 2, 3, 4)
	judge(t, c)
}

// Idle members cost next to nothing: once at rest, a ring of five sends few packets.
func TestStoryIdle(t *testing.T) {
	c := begin(t, 5, 0)
	c.Run(3 * time.Second)
	before := c.stats.Packets
	c.Run(10 * time.Second)
	// A rotation each 200 ms is 25 packets a second, probes of five members' neighbours at most 100.
	if n := (c.stats.Packets - before) / 10; n > 150 {
		t.Errorf("an idle ring of five sends %d packets a second", n)
	}
	judge(t, c)
}
