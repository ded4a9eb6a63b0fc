package main

// What a member has numbered, delivered and installed so far: a list that grows at its end and shares its beginning with others.

import (
	"fmt"
	"strings"

	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// An event is one entry of a history, as evs.RingEvent, but comparable.
type event struct {
	kind    evs.RingKind
	safe    bool
	from    uint8 // who numbered the packet
	members uint8 // of the configuration, by bit
	ring    wire.RingID
	next    wire.RingID
	seq     uint64
	text    string // what the packet carries
}

// observe turns what a machine shows into an event.
func observe(m *membership.Machine, w *membership.Watched) (v event) {
	installed := m.Ring()
	for _, id := range w.Members {
		v.members |= 1 << index(id)
	}
	switch w.Kind {
	case membership.WatchProposed:
		v.kind, v.ring = evs.Proposed, w.Ring
	case membership.WatchRing:
		v.kind, v.ring = evs.Regular, w.Ring
	case membership.WatchTransitional:
		v.kind, v.ring, v.next = evs.TransitionalRing, installed, w.Next
	case membership.WatchNumbered, membership.WatchDelivered:
		v.kind, v.ring, v.seq, v.from = evs.Originate, installed, w.Packet.Seq, index(m.Members()[w.Packet.Origin])
		if w.Kind == membership.WatchDelivered {
			v.kind = evs.Hand
		}
		for i := range w.Packet.Chunks {
			c := &w.Packet.Chunks[i]
			v.safe = v.safe || isSafe(string(c.Payload))
			v.text += string(c.Payload)
		}
	}
	return v
}

// isSafe reports whether a message is to be safe: its name says so.
func isSafe(text string) bool { return text[0] == 's' }

func (v event) String() string {
	switch v.kind {
	case evs.Proposed:
		return fmt.Sprintf("proposes ring %v of %s", v.ring, names(v.members))
	case evs.Regular:
		return fmt.Sprintf("installs ring %v of %s", v.ring, names(v.members))
	case evs.TransitionalRing:
		return fmt.Sprintf("is in the transitional configuration from ring %v to %v, with %s", v.ring, v.next, names(v.members))
	case evs.Originate:
		return fmt.Sprintf("gives %s number %d on ring %v", v.text, v.seq, v.ring)
	}
	return fmt.Sprintf("delivers %s, number %d of %s", v.text, v.seq, name(v.from))
}

func names(mask uint8) string {
	var list []string
	for i := range uint8(size) {
		if mask&(1<<i) != 0 {
			list = append(list, name(i))
		}
	}
	return strings.Join(list, " ")
}

// none is the empty list.
const none = int32(-1)

// An entry is a history without its last event, and that event.
type entry struct {
	before int32
	event  event
}

// history is a list with one more event.
func (e *explorer) history(before int32, v event) int32 {
	k := entry{before, v}
	if id, ok := e.byEntry[k]; ok {
		return id
	}
	id := int32(len(e.entries))
	e.entries = append(e.entries, k)
	e.byEntry[k] = id
	return id
}

// events is a whole history, in order.
func (e *explorer) events(log int32) []event {
	n := 0
	for at := log; at != none; at = e.entries[at].before {
		n++
	}
	list := make([]event, n)
	for at := log; at != none; at = e.entries[at].before {
		n--
		list[n] = e.entries[at].event
	}
	return list
}
