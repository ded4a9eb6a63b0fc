package wire

// Which order a message asks for, and, where it is to be safe at k, how many must hold it.

import "fmt"

// An Order is the guarantee a message asks for. The low byte is one of the numbers below; the high byte is a threshold, which only
// OrderSafeAt has. So orders compare: from OrderAgreed on, messages belong to the one stream that is the same everywhere.
type Order uint16

// The orders. Their numbers are final; there is room for eleven more.
const (
	OrderFIFO   Order = 0
	OrderCausal Order = 1
	OrderAgreed Order = 2
	OrderSafe   Order = 3
	// OrderSafeAt as it is: delivered when a quorum of the group holds the message. See SafeAt.
	OrderSafeAt Order = 4
)

// SafeAt is the order of a message that is delivered when k of those who vote in its group hold it; k 0 stands for a quorum.
func SafeAt(k uint8) Order { return OrderSafeAt | Order(k)<<8 }

// Kind is the order without its threshold.
func (o Order) Kind() Order { return o & 0xff }

// Threshold is the k of SafeAt, 0 for every other order.
func (o Order) Threshold() uint8 { return uint8(o >> 8) }

// String is the order in one word: "fifo", "causal", "agreed", "safe", "safe-quorum" or "safe-2".
func (o Order) String() string {
	switch {
	case o == OrderFIFO:
		return "fifo"
	case o == OrderCausal:
		return "causal"
	case o == OrderAgreed:
		return "agreed"
	case o == OrderSafe:
		return "safe"
	case o == OrderSafeAt:
		return "safe-quorum"
	case o.Kind() == OrderSafeAt:
		return fmt.Sprintf("safe-%d", o.Threshold())
	}
	return fmt.Sprintf("order-%d", uint16(o))
}
