package ordering

// Safe at k: who is known to hold what, from each member's own aru on the token, and whether that is enough.

import "github.com/lockstep-go/lockstep/internal/wire"

// Enough tells whether a message of a group that is to be safe at k (0: at a quorum) may be delivered, given who is known to hold it
// and all before it. It is asked when everything before the message has been delivered, so all members mean the same group. It
// must count nobody who is not on the ring, or the message would wait for somebody who cannot come to hold it.
type Enough func(group wire.GroupID, k uint8, holds func(wire.MemberID) bool) bool

// A holding is what this member knows of the others: up to which number each holds everything, and the question last answered
// with no. Only a token brings more to know, so between two visits the same question has the same answer.
type holding struct {
	upTo  []uint64 // by index; never falls, as an aru never does
	seq   uint64   // the packet last refused
	token uint64   // and the token sequence at which it was
}

// fall keeps the entries of the others true when this member has numbered n packets.
func (r *Ring) fall(t *wire.Token, n uint64) {
	for i := range t.Members {
		if i != r.Self {
			t.Members[i].Fall(n)
		}
	}
}

// learn reads from the token who holds what.
func (r *Ring) learn(t *wire.Token) {
	for i := range t.Members {
		if behind := t.Members[i].Aru; behind != wire.FarBehind && uint64(behind) <= t.Seq {
			r.holders.upTo[i] = max(r.holders.upTo[i], t.Seq-uint64(behind))
		}
	}
}

// holds reports whether the member is known to hold everything up to seq.
func (r *Ring) holds(id wire.MemberID, seq uint64) bool {
	i := r.Index(id)
	return i >= 0 && (r.holders.upTo[i] >= seq || i == r.Self && r.aru >= seq)
}

// heldEnough reports whether each message that ends in the packet and is to be safe at k is. What counts is who holds "everything up
// to here", not only the packet itself: whoever holds a message behind a hole cannot give it to others in its place.
func (r *Ring) heldEnough(d *wire.Data, enough Enough) bool {
	h := &r.holders
	if h.seq == d.Seq && h.token == r.tokenSeq {
		return false
	}
	holds := func(id wire.MemberID) bool { return r.holds(id, d.Seq) }
	for i := range d.Chunks {
		c := &d.Chunks[i]
		if c.Order.Kind() == wire.OrderSafeAt && c.Last() && !enough(c.Group, c.Order.Threshold(), holds) {
			h.seq, h.token = d.Seq, r.tokenSeq
			return false
		}
	}
	return true
}

// Everybody is the Enough of a ring on which each member counts in every group; a quorum is more than half of them, and a k above
// their number means all.
func (r *Ring) Everybody(_ wire.GroupID, k uint8, holds func(wire.MemberID) bool) bool {
	need := int(k)
	if k == 0 {
		need = len(r.Members)/2 + 1
	}
	need = min(need, len(r.Members))
	for _, id := range r.Members {
		if holds(id) {
			need--
		}
	}
	return need <= 0
}
