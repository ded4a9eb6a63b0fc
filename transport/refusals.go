package transport

// Who refused a datagram lately.

import (
	"net/netip"
	"slices"
	"sync"
)

const maxRefusals = 64

// A RefusalList remembers the addresses that refused since it was last asked. The zero value is empty and ready; any goroutine
// may use it. It is for implementations of Refuser.
type RefusalList struct {
	mu    sync.Mutex
	addrs []netip.AddrPort
}

// Add remembers an address, unless it is there already or 64 others are.
func (l *RefusalList) Add(a netip.AddrPort) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.addrs) < maxRefusals && !slices.Contains(l.addrs, a) {
		l.addrs = append(l.addrs, a)
	}
}

// Take appends what is remembered to dst and forgets it.
func (l *RefusalList) Take(dst []netip.AddrPort) []netip.AddrPort {
	l.mu.Lock()
	defer l.mu.Unlock()
	dst = append(dst, l.addrs...)
	l.addrs = l.addrs[:0]
	return dst
}
