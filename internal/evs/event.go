package evs

// What a log consists of: one event for each thing that an application saw or did in one group.

import (
	"fmt"
	"strings"
	"time"
)

// A Member names one incarnation of one process, such as "a/17". Another run of the same process is another Member.
type Member string

// A UID names one message for ever: the Seq-th that Sender submitted to a group, from 1.
type UID struct {
	Sender Member
	Seq    uint64
}

func (u UID) String() string { return fmt.Sprintf("%s#%d", u.Sender, u.Seq) }

// A ViewID names one view of one group. Num grows at each member; Ring tells two sides of a partition apart.
type ViewID struct{ Num, Ring uint64 }

func (v ViewID) String() string { return fmt.Sprintf("%d.%04x", v.Num, uint16(v.Ring>>48)) }

// An Order is the guarantee that a message was sent with: one of these, and above SafeAt its k shifted by 8.
type Order uint16

const (
	FIFO Order = iota
	Causal
	Agreed
	Safe
	SafeAt // as it is: at a quorum
)

// Total reports whether messages of this order belong to the one stream that is the same everywhere.
func (o Order) Total() bool { return o >= Agreed }

// AtK returns the k of a message that is safe at k, 0 for a quorum.
func (o Order) AtK() (k int, ok bool) { return int(o >> 8), o&0xff == SafeAt }

func (o Order) String() string {
	switch o {
	case FIFO:
		return "fifo"
	case Causal:
		return "causal"
	case Agreed:
		return "ordered"
	case Safe:
		return "safe"
	case SafeAt:
		return "safe-quorum"
	}
	if k, ok := o.AtK(); ok {
		return fmt.Sprintf("safe-%d", k)
	}
	return fmt.Sprintf("order %d", uint16(o))
}

// A Departure says who is no longer in a view, and why.
type Departure struct {
	Member Member
	Reason string
}

// A Kind says what an Event is.
type Kind uint8

const (
	// Asked: the process asked for membership.
	Asked Kind = iota + 1
	// Founded: the process creates the group; its first view follows.
	Founded
	// Load: the process replaced its state by that of Cut at Donor. Count and Chain are what it got.
	Load
	// Save: the process gave away its state. Count and Chain are what it gave under Cut.
	Save
	// View: a view was installed. Count and Chain are the state at that place.
	View
	// Send: a message was accepted from the application.
	Send
	// Deliver: a message was delivered. Count and Chain are the state after it.
	Deliver
	// Lost: an accepted message will not be delivered here; if not Uncertain, nowhere.
	Lost
	// Transitional: the deliveries that follow, up to the next view or regular delivery, are made among Members only.
	Transitional
	// Blocked: the primary was lost; nothing is delivered until the next view.
	Blocked
	// Stable: all that was delivered here up to Position may be acknowledged to the outside.
	Stable
	// Answered: the call that sent Message returned with its result. A call that never returns so is open for ever.
	Answered
	// Left: the membership ended without a crash.
	Left
	// Crash: the process ended. Nothing follows.
	Crash
)

var kindNames = [...]string{"?", "asked", "founded", "load", "save", "view", "send", "deliver", "lost", "transitional",
	"blocked", "stable", "answered", "left", "crash"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// An Event is one line of a Log. Fields that its kind does not name are zero.
type Event struct {
	Kind Kind
	Step uint64        // place in the whole run; set by Log.Add
	At   time.Duration // since the start of the run

	Message      UID    // of Send, Deliver, Lost and Answered
	Order        Order  // of Send and Deliver
	Transitional bool   // of Deliver
	Uncertain    bool   // of Lost
	Position     uint64 // of Deliver and View: the place; of Left: the place, if known; of Stable: the bound
	View         ViewID // of View and Deliver; of Left: the ring that ordered it, and the number that the end has among views, if it has one

	Resumes ViewID // of View: the view it continues after a block, or the one others installed at the same event
	told    ViewID // of View: its own id, where the view is another's by what is meant
	// Founding is the one that a View belongs to; 0: nobody said. One that no Founded began is an operator's override of another.
	Founding uint64
	line     uint64   // see lines.go; set by Log.Add
	Members  []Member // of View, by age; of Transitional
	Joined   []Member // of View
	With     []Member // of View
	Loading  []Member // of View
	Left     []Departure
	Primary  bool

	Together uint64 // of Asked and Left: what was asked for as one in several groups has one number in its member's logs; 0: by itself

	Cut   uint64 // of Save and Load
	Donor Member // of Load
	Count uint64 // ordered and safe messages in the state
	Chain uint64 // hash over them, in order
}

// String describes the event on one line.
func (e Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%9.3fs %s", e.At.Seconds(), e.Kind)
	switch e.Kind {
	case Load:
		fmt.Fprintf(&b, " cut %d of %s: %d %08x", e.Cut, e.Donor, e.Count, uint32(e.Chain))
	case Save:
		fmt.Fprintf(&b, " cut %d: %d %08x", e.Cut, e.Count, uint32(e.Chain))
	case View:
		fmt.Fprintf(&b, " %s at %d %v joined %v with %v left %v loading %v primary %v state %d %08x", e.View, e.Position, e.Members,
			e.Joined, e.With, e.Left, e.Loading, e.Primary, e.Count, uint32(e.Chain))
	case Send:
		fmt.Fprintf(&b, " %s %s", e.Message, e.Order)
	case Deliver:
		fmt.Fprintf(&b, " %s %s at %d in %s", e.Message, e.Order, e.Position, e.View)
		if e.Transitional {
			b.WriteString(" transitional")
		}
		fmt.Fprintf(&b, " state %d %08x", e.Count, uint32(e.Chain))
	case Lost:
		fmt.Fprintf(&b, " %s uncertain %v", e.Message, e.Uncertain)
	case Answered:
		fmt.Fprintf(&b, " %s", e.Message)
	case Transitional:
		fmt.Fprintf(&b, " %v", e.Members)
	case Stable:
		fmt.Fprintf(&b, " up to %d", e.Position)
	}
	return b.String()
}
