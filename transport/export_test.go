package transport

import (
	"net/netip"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// SendFlagged sends a packet with flags that Send would not set. It is for Send's goroutine.
func (e *Endpoint) SendFlagged(to netip.AddrPort, flags uint16, text []byte) {
	if e.sealOne((*e.context.Load())[0], wire.ClassControl, flags, nil, text, 0) {
		e.fanOut([]netip.AddrPort{to})
	}
	e.flush()
}

// SlabSize is how many bytes a slab has room for.
func SlabSize(s *Slab) int { return cap(s.text) }
