package loopback

import (
	"net/netip"
	"testing"
)

func TestFreeAddresses(t *testing.T) {
	addrs, err := FreeAddresses(20)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range addrs {
		at, err := netip.ParseAddrPort(a)
		if err != nil || !at.Addr().IsLoopback() || at.Port() < leastPort || at.Port() > mostPort || seen[a] {
			t.Errorf("%q of %v: %v", a, addrs, err)
		}
		seen[a] = true
	}
	if len(addrs) != 20 {
		t.Errorf("%d addresses", len(addrs))
	}
}
