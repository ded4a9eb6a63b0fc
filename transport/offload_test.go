package transport

import (
	"net/netip"
	"testing"
)

func TestRunsAreOfOneAddressAndOneLength(t *testing.T) {
	a, b := netip.MustParseAddrPort("10.0.0.1:1"), netip.MustParseAddrPort("10.0.0.2:1")
	var all []Datagram
	add := func(to netip.AddrPort, sizes ...int) []Datagram {
		for _, n := range sizes {
			all = append(all, Datagram{Addr: to, Buf: make([]byte, n)})
		}
		return all
	}
	many := func(n, size int) (sizes []int) {
		for range n {
			sizes = append(sizes, size)
		}
		return sizes
	}
	for _, c := range []struct {
		name  string
		batch func() []Datagram
		want  int
	}{
		{"one", func() []Datagram { return add(a, 100) }, 1},
		{"equal", func() []Datagram { return add(a, 100, 100, 100) }, 3},
		{"the last shorter", func() []Datagram { return add(a, 100, 100, 40) }, 3},
		{"one shorter ends it", func() []Datagram { return add(a, 100, 40, 40) }, 2},
		{"a longer one does not belong", func() []Datagram { return add(a, 100, 101) }, 1},
		{"an empty one does not belong", func() []Datagram { return add(a, 100, 0) }, 1},
		{"another address", func() []Datagram { add(a, 100, 100); return add(b, 100) }, 2},
		{"64 at most", func() []Datagram { return add(a, many(100, 10)...) }, 64},
		{"65000 bytes at most", func() []Datagram { return add(a, many(60, 1472)...) }, 44},
		{"too long for any", func() []Datagram { return add(a, 70000, 70000) }, 1},
	} {
		all = nil
		if got := runLength(c.batch()); got != c.want {
			t.Errorf("%s: a run of %d, want %d", c.name, got, c.want)
		}
	}
}
