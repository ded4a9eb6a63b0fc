package wire

// Data: numbered messages on their way round. This is the packet there is most of, so its parser and its Append spend no
// allocation that they can avoid.

import (
	"fmt"
	"math"
)

// A Data packet carries chunks of messages in the ring's order. Any holder may retransmit it, so its origin is inside. Parsers
// refuse offsets that lead below sequence zero; whether Origin is a member, the ring knows.
type Data struct {
	Flags    uint8  // DataRecovered; unknown bits are kept
	Origin   uint16 // index in ring order
	Seq      uint64
	Position Position // of the first message that ends in this packet; later ones follow by one
	Prev     uint32   // Seq less the sequence of the origin's previous packet on this ring, 0 for none
	Control  uint32   // Seq less the sequence of the last packet with a membership event before this, 0 for none
	Round    uint32   // the origin's rotation count, for the accelerated ring
	Chunks   []Chunk  // at most 65535, and as many as the body holds

	// Memory stands for what the chunks' payloads lie in, for whoever wants that back when nobody needs the packet any more; nil: nobody
	// does. It does not travel.
	Memory any
}

// DataRecovered marks a packet that carries, as its only chunk's payload, the body of a Data packet of an old ring.
const DataRecovered uint8 = 1 << 0

// DataHeaderSize is what a Data packet takes beside its chunks, in bytes. The whole is DataHeaderSize plus each chunk's Size.
const DataHeaderSize = 1 + 1 + 2 + 8 + 8 + 4 + 4 + 4 + 2

// Type is TypeData.
func (p *Data) Type() Type { return TypeData }

// Size is how many bytes Append appends.
func (p *Data) Size() int {
	n := DataHeaderSize
	for i := range p.Chunks {
		n += p.Chunks[i].Size()
	}
	return n
}

// Append appends the fixed fields, the number of chunks, then the chunks. It allocates nothing beyond b.
func (p *Data) Append(b []byte) []byte {
	b = append(b, uint8(TypeData), p.Flags)
	b = appendU16(b, p.Origin)
	b = appendU64(b, p.Seq)
	b = appendU64(b, uint64(p.Position))
	b = appendU32(b, p.Prev)
	b = appendU32(b, p.Control)
	b = appendU32(b, p.Round)
	b = appendCount16(b, len(p.Chunks))
	for i := range p.Chunks {
		b = p.Chunks[i].append(b)
	}
	return b
}

// few is how many chunks most packets have at most: those are allocated with their packet.
const few = 3

type dataOfFew struct {
	Data
	chunks [few]Chunk
}

// ParseData reads a whole body. It allocates the packet and, if there are more than a few, its slice of chunks; payloads alias the body.
// Errors match ErrMalformed.
func ParseData(body []byte) (*Data, error) {
	r := reader{b: body}
	r.expect(TypeData)
	var d Data
	d.Flags = r.u8()
	d.Origin = r.u16()
	d.Seq = r.u64()
	d.Position = Position(r.u64())
	d.Prev = r.u32()
	d.Control = r.u32()
	d.Round = r.u32()
	n := r.count(uint32(r.u16()), math.MaxUint16, ChunkHeaderSize)
	var p *Data
	if n > 0 && n <= few {
		with := &dataOfFew{Data: d}
		p = &with.Data
		p.Chunks = with.chunks[:n:n]
	} else {
		p = &Data{}
		*p = d
		if n > 0 {
			p.Chunks = make([]Chunk, n)
		}
	}
	for i := range p.Chunks {
		r.chunk(&p.Chunks[i])
	}
	if uint64(p.Prev) > p.Seq || uint64(p.Control) > p.Seq {
		r.fail("offset below zero")
	}
	if err := r.done("data"); err != nil {
		return nil, err
	}
	return p, nil
}

// String describes the packet on one line.
func (p *Data) String() string {
	b := fmt.Appendf(nil, "data %d:%d pos %d prev %d control %d round %d", p.Origin, p.Seq, p.Position, p.Prev, p.Control, p.Round)
	if p.Flags&DataRecovered != 0 {
		b = append(b, " recovered"...)
	}
	b = append(b, " chunks "...)
	return string(appendList(b, p.Chunks, func(b []byte, c Chunk) []byte { return append(b, c.String()...) }))
}
