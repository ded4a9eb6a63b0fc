package ordering

// One installation of a ring at one member: what it holds, what it has delivered, what is safe.

import "github.com/lockstep-go/lockstep/internal/wire"

// Limits bound what a ring does.
type Limits struct {
	Body        int    // largest packet body, in bytes
	Window      int    // bytes of packets that all members multicast in one rotation, at most; see window.go
	Visit       int    // packets one member numbers in one token visit
	Outstanding uint64 // packets numbered but not yet known to be everywhere
	Held        int    // bytes of payload held, above which nothing is numbered
	Packets     uint64 // a ring's packets are numbered above it: zero, but for tests that want to see numbers end
	Tokens      uint64 // and its tokens above it; the same at all members
}

// DefaultLimits returns limits for packet bodies of the given size.
func DefaultLimits(body int) Limits {
	return Limits{Body: body, Window: 2 << 20, Visit: 2048, Outstanding: 8192, Held: 8 << 20}
}

// A Ring is the state of one ring at one member. It is not safe for concurrent use; its owner is membership.Machine.
type Ring struct {
	ID      wire.RingID
	Members []wire.MemberID // in the order of the token
	Self    int             // index of this member
	Context uint64          // ID.Context()

	limits Limits
	store  store

	aru       uint64 // everything up to here is held
	high      uint64 // the highest number held
	delivered uint64 // everything up to here was delivered
	safe      uint64 // everything up to here is held by every member

	position wire.Position // the highest message position seen

	tokenSeq     uint64        // of the last token accepted
	lastAru      uint64        // aru of the token as last forwarded
	lastSeq      uint64        // seq of the token as last forwarded
	lastPosition wire.Position // of the token as last forwarded
	visit        visit         // the one that has begun
	lastWindow   int           // bytes that all members may multicast in a rotation
	lastOwn      uint64        // the last packet this member numbered
	control      uint64        // the last packet with a membership event, as far as delivered or numbered here
	waitsSafe    bool          // the next packet to deliver is here but not safe
	holders      holding
	tuner        tuner

	chunks []wire.Chunk // room for those of packets to come, behind those of packets numbered here

	Counters Counters
}

// Counters count what happened on a ring.
type Counters struct {
	Sent          uint64 // packets numbered here
	Received      uint64 // packets of others, new
	Duplicates    uint64 // packets that were here already
	Retransmitted uint64 // packets sent again on request
	Requested     uint64 // packets asked for
	Repaired      uint64 // packets that arrived after they had been asked for
	Rotations     uint64 // of the token, counted where it begins
}

// Add adds another ring's counts.
func (c *Counters) Add(o Counters) {
	c.Sent += o.Sent
	c.Received += o.Received
	c.Duplicates += o.Duplicates
	c.Retransmitted += o.Retransmitted
	c.Requested += o.Requested
	c.Repaired += o.Repaired
	c.Rotations += o.Rotations
}

// NewRing returns the ring as it is before its first packet. Positions go on above the given one.
func NewRing(id wire.RingID, members []wire.MemberID, self int, limits Limits, position wire.Position) *Ring {
	first := limits.Packets
	return &Ring{ID: id, Members: members, Self: self, Context: id.Context(), limits: limits, position: position, lastPosition: position,
		aru: first, high: first, delivered: first, safe: first, lastAru: first, lastSeq: first, store: store{base: first},
		tokenSeq: limits.Tokens, holders: holding{upTo: make([]uint64, len(members))}}
}

// Aru is the number up to which this member holds everything.
func (r *Ring) Aru() uint64 { return r.aru }

// High is the highest number this member holds.
func (r *Ring) High() uint64 { return r.high }

// Delivered is the number up to which this member has delivered.
func (r *Ring) Delivered() uint64 { return r.delivered }

// Safe is the number up to which every member is known to hold everything.
func (r *Ring) Safe() uint64 { return r.safe }

// Position is the highest message position seen on this ring or brought to it.
func (r *Ring) Position() wire.Position { return r.position }

// Window is how many bytes of packets all members together may multicast in one rotation, as of the token's last visit; 0 before the
// first.
func (r *Ring) Window() int { return r.lastWindow }

// Bytes is how many payload bytes the ring holds for retransmission and delivery.
func (r *Ring) Bytes() int { return r.store.bytes }

// Places is how many numbers the ring keeps a place for, and the most it ever does.
func (r *Ring) Places() (places, most int) { return len(r.store.slots), limit }

// PerPacket is how many messages one packet can carry at most.
func (r *Ring) PerPacket() int {
	return max(1, (r.limits.Body-wire.DataHeaderSize)/wire.ChunkOverhead(wire.OrderFIFO, true, true))
}

// Len is the number of members.
func (r *Ring) Len() int { return len(r.Members) }

// Index returns a member's place on the ring, or -1.
func (r *Ring) Index(id wire.MemberID) int {
	for i, m := range r.Members {
		if m == id {
			return i
		}
	}
	return -1
}

// Next is the member to which this one passes the token.
func (r *Ring) Next() wire.MemberID { return r.Members[(r.Self+1)%len(r.Members)] }

// Previous is the member from which this one gets the token.
func (r *Ring) Previous() wire.MemberID {
	return r.Members[(r.Self+len(r.Members)-1)%len(r.Members)]
}

// Add takes a packet of this ring, from its origin or from any holder, and reports whether it is new. Packets that could not
// have been numbered on this ring are refused.
func (r *Ring) Add(d *wire.Data) bool {
	if int(d.Origin) >= len(r.Members) || d.Seq == 0 {
		return false
	}
	hole := d.Seq <= r.lastSeq && d.Seq > r.aru
	if !plain(d) {
		d.Memory = nil // what groups and rings are told may be kept for as long as they last
	}
	if !r.store.put(d) {
		r.Counters.Duplicates++
		return false
	}
	r.Counters.Received++
	if hole {
		r.Counters.Repaired++
	}
	r.note(d)
	return true
}

// plain reports whether a packet carries nothing but applications' messages.
func plain(d *wire.Data) bool {
	for i := range d.Chunks {
		if d.Chunks[i].Kind >= wire.KindGroupJoin {
			return false
		}
	}
	return true
}

// Freed appends the memory of packets that this ring needs no more, and forgets it. What was delivered of them may still be in use.
func (r *Ring) Freed(dst []any) []any {
	dst = append(dst, r.store.freed...)
	clear(r.store.freed)
	r.store.freed = r.store.freed[:0]
	return dst
}

// note brings aru, high and position up to date with a packet just stored.
func (r *Ring) note(d *wire.Data) {
	r.high = max(r.high, d.Seq)
	for r.store.get(r.aru+1) != nil {
		r.aru++
	}
	if n := ends(d); n > 0 {
		r.position = max(r.position, d.Position+wire.Position(n-1))
	}
}

// ends counts the messages that end in a packet: each has a position.
func ends(d *wire.Data) int {
	n := 0
	for i := range d.Chunks {
		if d.Chunks[i].Flags&wire.ChunkLast != 0 && d.Chunks[i].Kind != wire.KindRecovered {
			n++
		}
	}
	return n
}

// Held returns the packet with the given number, or nil.
func (r *Ring) Held(seq uint64) *wire.Data { return r.store.get(seq) }
