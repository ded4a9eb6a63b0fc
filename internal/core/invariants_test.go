package core

// Each invariant of this package is broken once, in a member that was whole, and must be named.

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

func TestABrokenCoreIsNamed(t *testing.T) {
	other := wire.NewMemberID("b", 1)
	for _, c := range []struct {
		name, want string
		spoil      func(*Core)
	}{
		{"a group without its turn", "core invariant 1:", func(c *Core) { c.order = nil }},
		{"another group's turn", "core invariant 1:", func(c *Core) { c.order[0].at++ }},
		{"too many answers wait", "core invariant 2:", func(c *Core) {
			c.order[0].pending = make([]pendingDirect, directPending+1)
		}},
		{"more under way than waits", "core invariant 2:", func(c *Core) {
			c.channel(other).sent = 1
			c.moved = true
		}},
		{"two messages half numbered", "core invariant 3:", func(c *Core) {
			c.order[0].queue = line[outgoing]{ring: []outgoing{{}, {off: 1}}, n: 2}
		}},
		{"a window that is never forgotten", "core invariant 4:", func(c *Core) { c.replay.order = append(c.replay.order, origin{}) }},
		{"a group that nobody looks after", "core invariant 5:", func(c *Core) { c.order[0].queue.push(outgoing{}) }},
		{"a ring that is broken", "ordering invariant 9:", func(c *Core) { c.ring.Ordering().Self = 5 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.UnixMilli(1_700_000_000_000)
			m := New(Config{Self: wire.Info{ID: wire.NewMemberID("a", 1), Name: "a",
				Addrs: []wire.Addr{{Addr: netip.MustParseAddrPort("10.0.0.1:7946")}}}, MaxBody: 1300, MaxMessage: 1 << 20}, now)
			m.Step(now, Seeds{})
			m.Step(now, JoinGroup{Name: "g"})
			for range 100 {
				m.Step(now, nil)
			}
			if err := m.Invariant(); err != nil {
				t.Fatal(err)
			}
			if len(m.order) != 1 {
				t.Fatal("not in the group")
			}
			c.spoil(m)
			if err := m.Invariant(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
