package ordering

// The release rules: which packets may be delivered now, and which at the end of a ring's life.

import "github.com/lockstep-go/lockstep/internal/wire"

// NextDelivery returns the next packet to deliver in the ring's regular configuration, or nil when none may be. A packet with a safe
// message waits, and everything behind it, until it is safe, or safe at k: agreed and safe messages are one stream.
func (r *Ring) NextDelivery(enough Enough) *wire.Data {
	d := r.store.get(r.delivered + 1)
	r.waitsSafe = false
	if d != nil && d.Seq > r.safe {
		need := asks(d)
		r.waitsSafe = need == wire.OrderSafe || need == wire.OrderSafeAt && !r.heldEnough(d, enough)
	}
	if d == nil || r.waitsSafe {
		return nil
	}
	r.take(d)
	return d
}

// WaitsSafe reports whether a packet is here that only waits to become safe, or safe at k.
func (r *Ring) WaitsSafe() bool { return r.waitsSafe }

func (r *Ring) take(d *wire.Data) {
	r.delivered = d.Seq
	if membershipEvent(d) {
		r.control = max(r.control, d.Seq)
	}
}

// asks returns what the messages that end in the packet ask for: OrderSafe if one of them is safe, else OrderSafeAt if one is to be
// safe at k, else OrderAgreed.
func asks(d *wire.Data) wire.Order {
	most := wire.OrderAgreed
	for i := range d.Chunks {
		c := &d.Chunks[i]
		switch {
		case !c.Last():
		case c.Order == wire.OrderSafe:
			return wire.OrderSafe
		case c.Order.Kind() == wire.OrderSafeAt:
			most = wire.OrderSafeAt
		}
	}
	return most
}

// Regular calls deliver for what remains of the old regular configuration: "in sequence order until the first gap, or the
// first safe message above high_delivered", the highest number that any member moving along has delivered. A safe message up
// to there was known to be everywhere, or at k members, by whoever delivered it.
func (r *Ring) Regular(highDelivered uint64, deliver func(*wire.Data)) {
	for {
		d := r.store.get(r.delivered + 1)
		if d == nil || d.Seq > highDelivered && asks(d) != wire.OrderAgreed {
			return
		}
		r.take(d)
		deliver(d)
	}
}

// Transitional calls deliver for what is delivered in the transitional configuration: everything up to the first gap, and
// after it only what was originated by a member of obliged, because anything else "may be causally dependent on an
// unavailable message". The last packet before the first gap is the prefix: see contiguous. It returns how many packets were
// discarded.
func (r *Ring) Transitional(obliged func(wire.MemberID) bool, deliver func(d *wire.Data, contiguous bool)) (discarded int) {
	contiguous := true
	for seq := r.delivered + 1; seq <= r.high; seq++ {
		d := r.store.get(seq)
		if d == nil {
			contiguous = false
			continue
		}
		if !contiguous && !obliged(r.Members[d.Origin]) {
			discarded++
			continue
		}
		r.delivered = seq
		deliver(d, contiguous)
	}
	return discarded
}
