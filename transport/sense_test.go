package transport_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/lockstep-go/lockstep/transport"
)

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// outside is the address of an interface that is not loopback.
func outside(t *testing.T) (netip.Addr, int) {
	t.Helper()
	list, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, ifi := range list {
		addrs, err := ifi.Addrs()
		if err != nil || ifi.Flags&net.FlagUp == 0 || ifi.Flags&net.FlagLoopback != 0 {
			continue
		}
		for _, a := range addrs {
			if ip, ok := netip.AddrFromSlice(a.(*net.IPNet).IP); ok && ip.Unmap().Is4() {
				return ip.Unmap(), ifi.MTU
			}
		}
	}
	return netip.Addr{}, 0
}

func TestSenseMTU(t *testing.T) {
	if got := transport.SenseMTU(ap("0.0.0.0:1"), []netip.AddrPort{ap("127.0.0.1:7946")}); got != 8900 {
		t.Errorf("loopback: %d, want 8900", got)
	}
	if got := transport.SenseMTU(ap("127.0.0.2:1"), nil); got != 8900 {
		t.Errorf("own loopback address: %d, want 8900", got)
	}
	if got := transport.SenseMTU(netip.AddrPort{}, nil); got < transport.MinMTU || got > 8900 {
		t.Errorf("nothing known: %d", got)
	}
	if ip, mtu := outside(t); ip.IsValid() {
		if got := transport.SenseMTU(ap("0.0.0.0:1"), []netip.AddrPort{netip.AddrPortFrom(ip, 7946)}); got > 8900 {
			t.Errorf("a seed on this host: %d", got)
		}
		if got, want := transport.SenseMTU(netip.AddrPortFrom(ip, 1), nil), min(mtu-28, 8900); got != want {
			t.Errorf("listening on %v: %d, want %d", ip, got, want)
		}
	}
	u := listen(t, transport.UDPConfig{Listen: "127.0.0.1:0"})
	if u.MTU() != 8900 {
		t.Errorf("ListenUDP on loopback senses %d, want 8900", u.MTU())
	}
}

func TestAdvertise(t *testing.T) {
	for _, c := range []struct {
		listen string
		seeds  []netip.AddrPort
		want   string
	}{
		{"10.1.2.3:7946", nil, "10.1.2.3:7946"},
		{"[2001:db8::1]:7946", []netip.AddrPort{ap("127.0.0.1:1")}, "[2001:db8::1]:7946"},
		{"[::ffff:10.1.2.3]:7946", nil, "10.1.2.3:7946"},
		{"0.0.0.0:7946", []netip.AddrPort{ap("127.0.0.1:1")}, "127.0.0.1:7946"},
		{"[::]:7946", []netip.AddrPort{ap("[::1]:1")}, "[::1]:7946"},
	} {
		got, err := transport.Advertise(ap(c.listen), c.seeds)
		if err != nil || got != ap(c.want) {
			t.Errorf("listen %s, seeds %v: %v, %v; want %s", c.listen, c.seeds, got, err, c.want)
		}
	}
	if ip, _ := outside(t); ip.IsValid() {
		got, err := transport.Advertise(ap("[::]:7946"), []netip.AddrPort{ap("127.0.0.1:1"), netip.AddrPortFrom(ip, 2)})
		if err != nil || got != netip.AddrPortFrom(ip, 7946) {
			t.Errorf("a seed at %v: %v, %v", ip, got, err)
		}
		if got, err := transport.Advertise(ap("[::]:7946"), nil); err != nil || got.Addr().IsLoopback() || got.Addr().IsUnspecified() {
			t.Errorf("no seeds: %v, %v", got, err)
		}
	}
	if _, err := transport.Advertise(ap("0.0.0.0:0"), nil); err == nil {
		t.Error("port 0 was advertised")
	}
}
