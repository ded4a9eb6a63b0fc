package membership

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// TestManyComeAtAboutTheSameTime: twelve start within 400 ms and know only the first. It is on few rings until they are all together.
func TestManyComeAtAboutTheSameTime(t *testing.T) {
	for seed := range uint64(20) {
		n := newTestNet(t, seed, "a")
		first := n.nodes[0]
		for i := range 11 {
			n.run(35 * time.Millisecond)
			addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i + 1)}), 7946)
			n.start(string(rune('b'+i)), addr, 1, []netip.AddrPort{first.info.Addrs[0].Addr})
		}
		n.until("one ring", 3*time.Second, func() bool { return n.together(n.nodes...) })
		if rings := len(slices.DeleteFunc(slices.Clone(first.got), func(s string) bool { return s[:4] != "ring" })); rings > 5 {
			t.Errorf("seed %d: %d rings of the first", seed, rings)
		}
	}
}

// TestCrowdRepeatsItselfRarely: where many gather, each repeats its Join more rarely, though twice before a consensus time-out; where few do,
// the number changes nothing.
func TestCrowdRepeatsItselfRarely(t *testing.T) {
	for _, c := range []struct {
		members int
		want    time.Duration
	}{{1, 30 * time.Millisecond}, {8, 30 * time.Millisecond}, {16, 60 * time.Millisecond}, {30, 112500 * time.Microsecond}, {1000, 125 * time.Millisecond}} {
		m := inState(t, StateGather, func(*Machine) bool { return true })
		for i := len(m.gather.proc); i < c.members; i++ {
			m.gather.proc[wire.NewMemberID("x", uint64(i+1))] = true
		}
		m.sendJoin()
		if got := m.gather.joinAt.Sub(m.now); got != c.want {
			t.Errorf("of %d members each repeats its Join after %v, want %v", c.members, got, c.want)
		}
	}
}
