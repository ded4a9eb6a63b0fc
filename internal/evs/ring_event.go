package evs

// What a ring log consists of: the events of extended virtual synchrony itself, below all groups.

import (
	"fmt"
	"strings"
)

// A RingID names one ring for ever: Rep formed it, and is itself one incarnation of one process.
type RingID struct {
	Seq uint64
	Rep Member
}

func (r RingID) String() string { return fmt.Sprintf("%d.%s", r.Seq, r.Rep) }

// A RingKind says what a RingEvent is.
type RingKind uint8

const (
	// Proposed: this process, as representative, proposed a ring of Members. It need never be installed.
	Proposed RingKind = iota + 1
	// Regular: the ring was installed: its regular configuration begins.
	Regular
	// TransitionalRing: the transitional configuration of Ring begins, on the way to Next, among Members.
	TransitionalRing
	// Originate: this process gave a packet its number on the ring.
	Originate
	// Hand: a packet of the ring was delivered.
	Hand
	// Fail: the process ended. Nothing follows.
	Fail
)

var ringKindNames = [...]string{"?", "proposed", "regular", "transitional", "originate", "hand", "fail"}

func (k RingKind) String() string {
	if int(k) < len(ringKindNames) {
		return ringKindNames[k]
	}
	return fmt.Sprintf("ring kind %d", uint8(k))
}

// A Configuration is what Proposed, Regular and TransitionalRing announce.
type Configuration struct {
	Next    RingID   // of TransitionalRing
	Members []Member // in the ring's order
	Key     uint64   // of Regular: the ring in the ids of views, ViewID.Ring
}

// A RingEvent is one line of a RingLog. What EVS calls a message is here a packet: it has the number, and it waits to be safe.
type RingEvent struct {
	Kind   RingKind
	Safe   bool   // of Originate and Hand: the packet asks for safe delivery
	Step   uint64 // place in the whole run; set by RingLog.Add
	Ring   RingID
	Seq    uint64 // of Originate and Hand
	Origin Member // of Originate and Hand: who numbered it
	Digest uint64 // of Originate and Hand: over what the packet carries
	Conf   *Configuration
}

// String describes the event on one line.
func (e RingEvent) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Kind, e.Ring)
	switch e.Kind {
	case Proposed, Regular:
		fmt.Fprintf(&b, " of %v", e.Conf.Members)
	case TransitionalRing:
		fmt.Fprintf(&b, " to %s with %v", e.Conf.Next, e.Conf.Members)
	case Originate, Hand:
		fmt.Fprintf(&b, " #%d of %s %08x", e.Seq, e.Origin, uint32(e.Digest))
		if e.Safe {
			b.WriteString(" safe")
		}
	}
	return b.String()
}

// A RingLog is what one process incarnation saw of its rings.
type RingLog struct {
	Member  Member
	Events  []RingEvent
	Gauges  []Gauge  // what waited in its queues
	Windows []Window // how far the token came while nothing was wrong

	history *History
}

// Ring begins a ring log.
func (h *History) Ring(member Member) *RingLog {
	l := &RingLog{Member: member, history: h}
	h.Rings = append(h.Rings, l)
	return l
}

// Add appends an event and stamps it with its place in the run.
func (l *RingLog) Add(e RingEvent) {
	l.history.step++
	e.Step = l.history.step
	l.Events = append(l.Events, e)
}
