package wire

// Chunks: messages, and parts of messages, inside a Data packet.

import "fmt"

// A Chunk is a message or a part of one. Parsers refuse an unknown order, a restart that is not first, and a Total smaller than
// what the chunk brings of it.
type Chunk struct {
	Group   GroupID
	Kind    Kind
	Order   Order
	Flags   uint8  // ChunkFirst, ChunkLast, ChunkRestart: the low four bits travel
	Total   uint32 // length of the whole message; on the wire only in a first chunk that is not the last, else 0 when parsed
	Payload []byte // at most MaxChunk bytes
}

const (
	// ChunkFirst begins a message.
	ChunkFirst uint8 = 1 << 0
	// ChunkLast ends a message, and so gives it its position.
	ChunkLast uint8 = 1 << 1
	// ChunkRestart, only with ChunkFirst, begins again a message (and those of its sender and group after it) that a view
	// change cut in two.
	ChunkRestart uint8 = 1 << 2
)

const (
	// ChunkHeaderSize is what every chunk takes beside its payload, in bytes.
	ChunkHeaderSize = 8 + 1 + 1 + 2
	// ChunkTotalSize is what Total takes in a chunk that has it, in bytes.
	ChunkTotalSize = 4
	// ChunkThresholdSize is what the threshold takes in a chunk of OrderSafeAt, in bytes.
	ChunkThresholdSize = 1
)

// ChunkOverhead is what a chunk takes beside its payload, in bytes, given its order and whether it is the first and the last of its
// message.
func ChunkOverhead(o Order, first, last bool) int {
	n := ChunkHeaderSize
	if o.Kind() == OrderSafeAt {
		n += ChunkThresholdSize
	}
	if first && !last {
		n += ChunkTotalSize
	}
	return n
}

// First reports whether the chunk begins a message.
func (c *Chunk) First() bool { return c.Flags&ChunkFirst != 0 }

// Last reports whether the chunk ends a message.
func (c *Chunk) Last() bool { return c.Flags&ChunkLast != 0 }

// Size is how many bytes the chunk takes in a packet.
func (c *Chunk) Size() int { return ChunkOverhead(c.Order, c.First(), c.Last()) + len(c.Payload) }

// append writes group, kind, flags above order in one byte, length, threshold and total if they are due, payload.
func (c *Chunk) append(b []byte) []byte {
	b = appendU64(b, uint64(c.Group))
	b = append(b, uint8(c.Kind), c.Flags<<4|uint8(c.Order)&0x0f)
	b = appendCount16(b, len(c.Payload))
	if c.Order.Kind() == OrderSafeAt {
		b = append(b, c.Order.Threshold())
	}
	if c.First() && !c.Last() {
		b = appendU32(b, c.Total)
	}
	return append(b, c.Payload...)
}

func (r *reader) chunk(c *Chunk) {
	c.Group = GroupID(r.u64())
	c.Kind = Kind(r.u8())
	bits := r.u8()
	c.Order, c.Flags = Order(bits&0x0f), bits>>4
	n := uint32(r.u16())
	if c.Order == OrderSafeAt {
		c.Order = SafeAt(r.u8())
	}
	if c.First() && !c.Last() {
		c.Total = r.u32()
		if c.Total < n {
			r.fail("total below its part")
		}
	}
	c.Payload = r.bytes(n)
	if c.Order.Kind() > OrderSafeAt {
		r.fail("unknown order")
	}
	if c.Flags&ChunkRestart != 0 && !c.First() {
		r.fail("restart in the middle")
	}
}

// String is group, kind, order, length, and which part of a message it is: whole, first, middle or last.
func (c Chunk) String() string {
	b := fmt.Appendf(nil, "(%v %v %v %d", c.Group, c.Kind, c.Order, len(c.Payload))
	switch {
	case c.First() && c.Last():
	case c.First():
		b = fmt.Appendf(b, " first of %d", c.Total)
	case c.Last():
		b = append(b, " last"...)
	default:
		b = append(b, " middle"...)
	}
	if c.Flags&ChunkRestart != 0 {
		b = append(b, " restart"...)
	}
	return string(append(b, ')'))
}
