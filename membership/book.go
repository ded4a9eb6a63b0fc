package membership

// The address book: everybody this member has heard of, where they are, and when they were last heard.

import (
	"net/netip"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// maxBook bounds the address book; members of the ring are never forgotten.
const maxBook = 2048

// A peer is what is known of one member.
type peer struct {
	info  wire.Info
	heard time.Time // the last authenticated packet

	relayed int // packets of its own that came only through others since it was last heard

	// A closed socket is only a hint, and so is being heard through others alone: probes decide.
	probing    bool
	overheard  bool // probed because it was heard only through others
	probes     int
	probeStart time.Time
	probeNonce uint64

	bar     bar
	strikes int       // how often it was given up though it was heard, not long ago
	struck  time.Time // the last time
}

// remember notes what a packet says about a member.
func (m *Machine) remember(info wire.Info) *peer {
	p := m.book[info.ID]
	if p == nil {
		if len(m.book) >= maxBook {
			m.forget()
		}
		p = &peer{}
		m.book[info.ID] = p
	}
	if len(info.Addrs) > 0 {
		if len(p.info.Addrs) == 0 {
			m.beaconSoon()
		}
		p.info = info
		m.routes.ring = nil
	} else {
		p.info.ID = info.ID
	}
	return p
}

// forget drops whoever was heard longest ago and is on no ring; ties by id, so that the map's order decides nothing.
func (m *Machine) forget() {
	var oldest wire.MemberID
	var at time.Time
	for id, p := range m.book {
		if id == m.cfg.Self.ID || m.onRing(id) || m.gather.proc[id] {
			continue
		}
		if oldest.IsZero() || p.heard.Before(at) || p.heard.Equal(at) && id.Compare(oldest) < 0 {
			oldest, at = id, p.heard
		}
	}
	delete(m.book, oldest)
}

func (m *Machine) heard(id wire.MemberID, from netip.AddrPort) {
	p := m.book[id]
	if p == nil {
		p = m.remember(wire.Info{ID: id})
	}
	p.heard, p.relayed = m.now, 0
	// What was on its way when the socket closed is no sign of life.
	if p.probing && m.now.Sub(p.probeStart) >= hintProbes[1] {
		p.probing = false
	}
}

func (m *Machine) address(id wire.MemberID) (netip.AddrPort, bool) {
	p := m.book[id]
	if p == nil || len(p.info.Addrs) == 0 {
		return netip.AddrPort{}, false
	}
	return p.info.Addrs[0].Addr, true
}

// Info is what is known about a member.
func (m *Machine) Info(id wire.MemberID) wire.Info {
	if p := m.book[id]; p != nil {
		return p.info
	}
	return wire.Info{ID: id}
}

// onRing reports whether a member is on the ring last installed or on the one being formed.
func (m *Machine) onRing(id wire.MemberID) bool {
	return m.ring != nil && m.ring.Index(id) >= 0 || m.old != nil && m.old.Index(id) >= 0
}

// Neighbours are the members before and after this one on the ring, whom it watches.
func (m *Machine) Neighbours() []wire.Info {
	r := m.installed()
	if r.Len() < 2 {
		return nil
	}
	n := []wire.Info{m.Info(r.Next())}
	if r.Previous() != r.Next() {
		n = append(n, m.Info(r.Previous()))
	}
	return n
}
