package lockstep

// The orders in which messages are delivered, and what each waits for.

import (
	"strconv"
	"strings"
)

// An Order is the guarantee that a message was sent with. One sender's messages keep their order whatever their kind. From Ordered
// on, all senders' messages are one stream, the same everywhere; they differ in how many hold a message before anybody handles it,
// and a message that waits for that keeps those behind it waiting.
type Order uint16

// The orders. Beside these there is SafeAt(k).
const (
	// FIFO: after all earlier messages of the same sender.
	FIFO Order = 0
	// Causal: after every message that its sender had seen or sent before it.
	Causal Order = 1
	// Ordered: at the same place among all messages of the one stream, at every member. Called agreed in the literature. Not
	// uniform: a member that is cut off right after sending may deliver alone.
	Ordered Order = 2
	// Safe: as Ordered, and delivered only once every member of the ring is known to hold it.
	Safe Order = 3
	// SafeQuorum: as Ordered, and delivered only once a quorum of the group is known to hold it: more than half of the Size names, or,
	// without a size, of the members that have the state. It does not wait for one slow member, and what it delivered is in every
	// later primary, whichever minority crashes or is cut off.
	SafeQuorum Order = 4
)

// MaxSafeAt is the greatest k of SafeAt.
const MaxSafeAt = 255

// noOrder is what SafeAt gives for a k that makes no sense; every call refuses it.
const noOrder Order = 255

// SafeAt is the order between Ordered and Safe: as Ordered, and delivered only once k members are known to hold it, and all before
// it, this one included. Those count that vote: members with the state and, in a group with a size, one of its names; where there
// are fewer than k of them, all. It survives any k-1 crashes: whoever goes on delivers it too. It survives a partition where k is
// more than half of the votes, as SafeQuorum is; with fewer, the primary may go on without it. k is from 1 (no better than
// Ordered) to MaxSafeAt; a send or call given any other returns an error.
//
// Delivered in a transitional configuration (Message.Transitional), it is known only to be with those that came along.
func SafeAt(k int) Order {
	if k < 1 || k > MaxSafeAt {
		return noOrder
	}
	return SafeQuorum | Order(k)<<8
}

// threshold reports whether the order is SafeQuorum or a SafeAt, and the k of the latter.
func (o Order) threshold() (k int, ok bool) { return int(o >> 8), o&0xff == SafeQuorum }

// valid reports whether there is such an order.
func (o Order) valid() bool {
	_, at := o.threshold()
	return o <= Safe || at
}

// String is "fifo", "causal", "ordered", "safe", "safe-quorum", "safe-2" for SafeAt(2), and "unknown" for what is no order.
func (o Order) String() string {
	switch o {
	case FIFO:
		return "fifo"
	case Causal:
		return "causal"
	case Ordered:
		return "ordered"
	case Safe:
		return "safe"
	case SafeQuorum:
		return "safe-quorum"
	}
	if k, ok := o.threshold(); ok {
		return "safe-" + strconv.Itoa(k)
	}
	return "unknown"
}

// ParseOrder reads what Order.String writes and reports whether it was an order.
func ParseOrder(s string) (o Order, ok bool) {
	for _, o := range []Order{FIFO, Causal, Ordered, Safe, SafeQuorum} {
		if o.String() == s {
			return o, true
		}
	}
	if k, found := strings.CutPrefix(s, "safe-"); found {
		if n, err := strconv.Atoi(k); err == nil && SafeAt(n).String() == s {
			return SafeAt(n), true
		}
	}
	return 0, false
}
