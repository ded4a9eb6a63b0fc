package membership

import (
	"net/netip"
	"slices"
	"testing"
	"time"
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
