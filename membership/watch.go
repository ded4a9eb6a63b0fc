package membership

// What the ring shows a checker: configurations and packets themselves, below messages and groups.

import "github.com/lockstep-go/lockstep/internal/wire"

// A WatchKind says what a Watched is.
type WatchKind uint8

const (
	WatchProposed     WatchKind = iota + 1 // this member proposed the ring, as its representative
	WatchRing                              // a ring was installed: its regular configuration begins
	WatchTransitional                      // the transitional configuration of the ring installed begins, on the way to Next
	WatchNumbered                          // this member gave a packet its number
	WatchDelivered                         // a packet was delivered
)

// A Watched is one event of extended virtual synchrony at this member. Who takes it may keep nothing of it and call nobody back.
type Watched struct {
	Kind    WatchKind
	Ring    wire.RingID     // of WatchProposed and WatchRing
	Next    wire.RingID     // of WatchTransitional
	Members []wire.MemberID // of WatchProposed, WatchRing and WatchTransitional
	Packet  *wire.Data      // of WatchNumbered and WatchDelivered, on the ring installed; its Origin is an index of that ring's members
}

// watch shows an event that is not about a packet.
func (m *Machine) watch(w Watched) {
	if m.cfg.Watch != nil {
		m.cfg.Watch(&w)
	}
}

// watchPacket shows a packet. What recovery sends again belongs to no configuration: the old packet in it is shown when it is
// delivered.
func (m *Machine) watchPacket(kind WatchKind, d *wire.Data) {
	if m.cfg.Watch != nil && d.Flags&wire.DataRecovered == 0 {
		m.watched = Watched{Kind: kind, Packet: d}
		m.cfg.Watch(&m.watched)
	}
}
