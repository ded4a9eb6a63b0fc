package sim

// What each core shows of its rings, written down for the checker.

import (
	"encoding/binary"
	"math/bits"

	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// A ringLog is one process's part in the rings.
type ringLog struct {
	c       *Cluster
	log     *evs.RingLog
	ring    evs.RingID   // the one installed
	members []evs.Member // of it
}

// watchRings makes the log of a new process and returns what its core calls.
func (c *Cluster) watchRings(member evs.Member) *ringLog {
	return &ringLog{c: c, log: c.history.Ring(member)}
}

func (l *ringLog) watch(w *membership.Watched) {
	switch w.Kind {
	case membership.WatchProposed:
		l.log.Add(evs.RingEvent{Kind: evs.Proposed, Ring: l.id(w.Ring), Conf: &evs.Configuration{Members: l.names(w.Members)}})
	case membership.WatchRing:
		l.ring, l.members = l.id(w.Ring), l.names(w.Members)
		l.log.Add(evs.RingEvent{Kind: evs.Regular, Ring: l.ring, Conf: &evs.Configuration{Members: l.members, Key: w.Ring.Context()}})
	case membership.WatchTransitional:
		l.log.Add(evs.RingEvent{Kind: evs.TransitionalRing, Ring: l.ring, Conf: &evs.Configuration{Next: l.id(w.Next), Members: l.names(w.Members)}})
	case membership.WatchNumbered:
		l.packet(evs.Originate, w.Packet)
	case membership.WatchDelivered:
		l.packet(evs.Hand, w.Packet)
	}
}

func (l *ringLog) packet(kind evs.RingKind, d *wire.Data) {
	digest, safe := digestOf(d)
	l.log.Add(evs.RingEvent{Kind: kind, Safe: safe, Ring: l.ring, Seq: d.Seq, Origin: l.members[d.Origin], Digest: digest})
}

// fail notes the end of the process.
func (l *ringLog) fail() { l.log.Add(evs.RingEvent{Kind: evs.Fail}) }

func (l *ringLog) id(r wire.RingID) evs.RingID {
	return evs.RingID{Seq: r.Seq, Rep: l.c.members[r.Rep]}
}

func (l *ringLog) names(ids []wire.MemberID) []evs.Member {
	names := make([]evs.Member, len(ids))
	for i, id := range ids {
		names[i] = l.c.members[id]
	}
	return names
}

// digestOf hashes what makes a packet this packet: its header and the shape and first bytes of each chunk (payloads begin with who
// sent what). It also says whether the packet waits to be safe.
func digestOf(d *wire.Data) (digest uint64, safe bool) {
	h := uint64(d.Origin)<<48 ^ d.Seq ^ uint64(d.Position)
	mix := func(v uint64) { h = bits.RotateLeft64(h^v*prime2, 31) * prime1 }
	for i := range d.Chunks {
		k := &d.Chunks[i]
		mix(uint64(k.Group))
		mix(uint64(k.Kind)<<40 ^ uint64(k.Order)<<32 ^ uint64(k.Flags)<<24 ^ uint64(len(k.Payload)))
		if p := k.Payload; len(p) >= 16 {
			mix(binary.LittleEndian.Uint64(p))
			mix(binary.LittleEndian.Uint64(p[8:]))
		}
		safe = safe || k.Order == wire.OrderSafe && k.Flags&wire.ChunkLast != 0
	}
	return h, safe
}
