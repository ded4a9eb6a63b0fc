package ordering

// Safe at k: who is known to hold what, from each member's own aru on the token, and whether that is enough.

import "github.com/lockstep-go/lockstep/internal/wire"

// Voters tells who counts where a message of a group is to be safe at k (0: at a quorum): the members that vote in the group as it
// is when everything before the message has been delivered, appended to ids, and how many of them must hold it. All named are on
// the ring, and need is at most their number, so that a message never waits for somebody who cannot come to hold it.
type Voters func(group wire.GroupID, k uint8, ids []wire.MemberID) (voters []wire.MemberID, need int)

// A holding is what this member knows of the others: up to which number each holds everything, and the question last answered
// with no. Only a token brings more to know, so between two visits the same question has the same answer.
type holding struct {
	upTo  []uint64 // by index; never falls, as an aru never does
	seq   uint64   // the packet last refused
	token uint64   // and the token sequence at which it was
	ids   []wire.MemberID
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

// heldEnough reports whether each message that ends in the packet and is to be safe at k is: "everything up to here", not only the
// packet itself, is with need of the voters, because whoever holds a message behind a hole cannot give it to others in its place.
func (r *Ring) heldEnough(d *wire.Data, voters Voters) bool {
	h := &r.holders
	if h.seq == d.Seq && h.token == r.tokenSeq {
		return false
	}
	for i := range d.Chunks {
		c := &d.Chunks[i]
		if c.Order.Kind() != wire.OrderSafeAt || !c.Last() {
			continue
		}
		ids, need := voters(c.Group, c.Order.Threshold(), h.ids[:0])
		for _, id := range ids {
			if need > 0 && r.holds(id, d.Seq) {
				need--
			}
		}
		h.ids = ids
		if need > 0 {
			h.seq, h.token = d.Seq, r.tokenSeq
			return false
		}
	}
	return true
}

// Everybody is the Voters of a ring on which each member counts in every group; a quorum is more than half of them.
func (r *Ring) Everybody(_ wire.GroupID, k uint8, ids []wire.MemberID) ([]wire.MemberID, int) {
	need := int(k)
	if k == 0 {
		need = len(r.Members)/2 + 1
	}
	return append(ids, r.Members...), min(need, len(r.Members))
}
