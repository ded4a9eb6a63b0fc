package sim

// Flow control among the groups of one member, and for what is no message: a sender that takes all it can get keeps neither another group
// nor a change of members waiting.

import (
	"slices"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A sender is one member's flow into one group.
type sender struct {
	node  int
	group string
	size  int
	sent  int
}

// bytes are those that were numbered.
func (s *sender) bytes(c *Cluster) int {
	if a := c.app(s.node, s.group); a != nil {
		return (s.sent - len(a.waiting)) * s.size
	}
	return 0
}

// pour has all of them send as much as they may for d, or until done says so; it returns how long it was.
func pour(c *Cluster, senders []*sender, d time.Duration, done func() bool) time.Duration {
	begin := c.Now()
	for c.Now() < begin+d && !done() {
		for _, s := range senders {
			for c.Send(s.node, s.group, wire.OrderAgreed, s.size) {
				s.sent++
			}
		}
		c.Run(200 * time.Microsecond)
	}
	return c.Now() - begin
}

func never() bool { return false }

// busyGroups are members that take some time for each packet, all in the groups named.
func busyGroups(t *testing.T, n int, names ...string) *Cluster {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	var specs []GroupSpec
	for _, name := range names {
		specs = append(specs, GroupSpec{Name: name, Nodes: all})
	}
	c := NewCluster(Options{Seed: 1, Nodes: n, Network: NetworkConfig{Delay: 100 * time.Microsecond}, Groups: specs})
	c.Start(all...)
	for _, name := range names {
		if err := c.WantView(5*time.Second, name, all...); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range c.nodes {
		o.pace = pace
	}
	return c
}

func judgeFlow(t *testing.T, c *Cluster) {
	t.Helper()
	c.Heal()
	c.Run(3 * time.Second)
	c.Settle()
	for _, v := range c.Violations() {
		t.Error(v)
	}
}

// One member sends into four groups all it can, small messages and large ones, alone or beside another member that fills the first of them,
// too: no group has less than four fifths of an equal share of the bytes of that member.
func TestStoryGroupsShareAMember(t *testing.T) {
	for _, beside := range []bool{false, true} {
		c := busyGroups(t, 3, "g", "h", "i", "j")
		own := []*sender{{node: 0, group: "g", size: 64 << 10}, {node: 0, group: "h", size: 3000}, {node: 0, group: "i", size: 8 << 10}, {node: 0, group: "j", size: 64 << 10}}
		all := slices.Clone(own)
		if beside {
			all = append(all, &sender{node: 1, group: "g", size: 8 << 10})
		}
		pour(c, all, 500*time.Millisecond, never)
		sum := func() (list []int) {
			for _, s := range own {
				list = append(list, s.bytes(c))
			}
			return list
		}
		got := sum()
		pour(c, all, 2*time.Second, never)
		for i, n := range sum() {
			got[i] = n - got[i]
		}
		t.Logf("another beside it %v: %v bytes", beside, got)
		for i, bytes := range got {
			if share := total(got) / len(got); bytes*5 < share*4 {
				t.Errorf("another beside it %v: group %s had %d bytes numbered, its share is %d", beside, own[i].group, bytes, share)
			}
		}
		judgeFlow(t, c)
	}
}

// All members but the last fill the ring. The last one leaves a group and joins it again: each is in all views within a few rotations, as if
// there were nothing else to send. So is the view after a crash, but for the time in which that is found out.
func TestStoryChangesPassData(t *testing.T) {
	all, others := []int{0, 1, 2, 3}, []int{0, 1, 2}
	for _, loaded := range []bool{false, true} {
		c := busyGroups(t, 4, "g", "h")
		var senders []*sender
		if loaded {
			for _, i := range others {
				senders = append(senders, &sender{node: i, group: "g", size: 8 << 10}, &sender{node: i, group: "h", size: 64 << 10})
			}
		}
		pour(c, senders, time.Second, never)
		took := func(what string, most time.Duration, group string, nodes []int) {
			d := pour(c, senders, 3*time.Second, func() bool { return c.viewMissing(group, nodes) == "" })
			t.Logf("under load %v: %s in all views after %v", loaded, what, d)
			if d > most {
				t.Errorf("under load %v: %s in all views after %v, at most %v", loaded, what, d, most)
			}
		}
		c.Leave(3, "g")
		took("a leave", 80*time.Millisecond, "g", others)
		c.app(3, "g").join()
		took("a join", 150*time.Millisecond, "g", all)
		c.Crash(3)
		took("a crash", 300*time.Millisecond, "h", others)
		c.Start(3)
		judgeFlow(t, c)
	}
}
