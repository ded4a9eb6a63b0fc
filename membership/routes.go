package membership

// Where packets of a ring go: looked up once a ring, since every packet asks.

import (
	"net/netip"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/ordering"
)

// routes are the addresses of one ring's members. They are shared by all packets and never changed, only replaced.
type routes struct {
	ring   *ordering.Ring   // whose members these are; nil: to be looked up
	next   []netip.AddrPort // the next member's
	others []netip.AddrPort // all others'; the next member's is the last, so that what it gets lies beside the token that follows
}

// to looks up the addresses for a ring.
func (m *Machine) to(r *ordering.Ring) *routes {
	if m.routes.ring == r {
		return &m.routes
	}
	m.routes = routes{ring: r}
	for i := range r.Len() - 1 {
		id := r.Members[(r.Self+r.Len()-1-i)%r.Len()]
		if a, ok := m.address(id); ok {
			m.routes.others = append(m.routes.others, a)
		}
	}
	if a, ok := m.address(r.Next()); ok && r.Len() > 1 {
		m.routes.next = []netip.AddrPort{a}
	}
	return &m.routes
}

// multicast sends a packet to every other member of a ring, sealed with its key.
func (m *Machine) multicast(r *ordering.Ring, class wire.Class, p wire.Packet) {
	if to := m.to(r).others; len(to) > 0 {
		m.out.Send(Send{To: to, Class: class, Context: r.Context, Body: m.body(p)})
	}
}

// pass sends a packet to the next member of a ring, sealed with its key.
func (m *Machine) pass(r *ordering.Ring, p wire.Packet) {
	if to := m.to(r).next; len(to) > 0 {
		m.out.Send(Send{To: to, Class: wire.ClassToken, Context: r.Context, Body: m.body(p)})
	}
}
