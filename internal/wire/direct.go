package wire

// Direct and DirectAck: point-to-point messages beside the ring.

import "fmt"

// A Direct carries one fragment of a point-to-point message. Fragments between two incarnations are numbered from 1,
// acknowledged and repeated until they are. An address outlives a run of a process, so To says for which run the packet is: what
// comes late to the next one is not its. Parsers refuse a Total smaller than what the fragment brings of it.
type Direct struct {
	To      MemberID
	Epoch   uint64 // chosen anew by the sender when a channel begins again
	Seq     uint64
	First   bool
	Last    bool
	Total   uint32 // length of the whole message; on the wire only when First and not Last, else 0 when parsed
	Kind    DirectKind
	Group   GroupID
	Follow  Position // the receiver handles it after this position of the group
	Call    uint64   // which call of the receiver's it answers
	Status  uint8    // of an answer: 0 result, 1 error text, 2 declined
	Payload []byte   // at most MaxChunk bytes
}

// DirectHeaderSize is what a Direct takes beside its payload, in bytes; ChunkTotalSize is added to it when First and not Last.
const DirectHeaderSize = 1 + 1 + 1 + 1 + 16 + 8 + 8 + 8 + 8 + 8 + 2

// A DirectKind says what a point-to-point message is for.
type DirectKind uint8

// The kinds of point-to-point messages. Their numbers are final.
const (
	DirectMessage DirectKind = 1 // SendTo
	DirectAnswer  DirectKind = 2 // of a query
)

// String is the kind in one word.
func (k DirectKind) String() string {
	switch k {
	case DirectMessage:
		return "message"
	case DirectAnswer:
		return "answer"
	}
	return numbered("kind", uint8(k))
}

// Type is TypeDirect.
func (p *Direct) Type() Type { return TypeDirect }

// Size is how many bytes Append appends.
func (p *Direct) Size() int {
	n := DirectHeaderSize + len(p.Payload)
	if p.First && !p.Last {
		n += ChunkTotalSize
	}
	return n
}

// Append appends the fixed fields, the payload's length, the total if it is due, then the payload. It allocates nothing beyond b.
func (p *Direct) Append(b []byte) []byte {
	b = append(b, uint8(TypeDirect), flagBits(p.First, p.Last), uint8(p.Kind), p.Status)
	b = append(b, p.To[:]...)
	b = appendU64(b, p.Epoch)
	b = appendU64(b, p.Seq)
	b = appendU64(b, uint64(p.Group))
	b = appendU64(b, uint64(p.Follow))
	b = appendU64(b, p.Call)
	b = appendCount16(b, len(p.Payload))
	if p.First && !p.Last {
		b = appendU32(b, p.Total)
	}
	return append(b, p.Payload...)
}

// ParseDirect reads a whole body. The payload aliases it. Errors match ErrMalformed.
func ParseDirect(body []byte) (*Direct, error) {
	r := reader{b: body}
	r.expect(TypeDirect)
	flags := r.u8()
	p := &Direct{First: flags&1 != 0, Last: flags&2 != 0, Kind: DirectKind(r.u8())}
	p.Status = r.u8()
	p.To = r.id()
	p.Epoch = r.u64()
	p.Seq = r.u64()
	p.Group = GroupID(r.u64())
	p.Follow = Position(r.u64())
	p.Call = r.u64()
	n := uint32(r.u16())
	if p.First && !p.Last {
		p.Total = r.u32()
		if p.Total < n {
			r.fail("total below its part")
		}
	}
	p.Payload = r.bytes(n)
	if err := r.done("direct"); err != nil {
		return nil, err
	}
	return p, nil
}

// String describes the packet on one line.
func (p *Direct) String() string {
	b := fmt.Appendf(nil, "direct %v to %v %x:%d group %v follow %d call %d status %d %d", p.Kind, p.To, p.Epoch, p.Seq, p.Group,
		p.Follow, p.Call, p.Status, len(p.Payload))
	switch {
	case p.First && p.Last:
	case p.First:
		b = fmt.Appendf(b, " first of %d", p.Total)
	case p.Last:
		b = append(b, " last"...)
	default:
		b = append(b, " middle"...)
	}
	return string(b)
}

// A DirectAck acknowledges every fragment of an epoch up to Seq, to the run that sent them.
type DirectAck struct {
	To    MemberID
	Epoch uint64
	Seq   uint64
}

// Type is TypeDirectAck.
func (p *DirectAck) Type() Type { return TypeDirectAck }

// Append appends type, recipient, epoch and seq.
func (p *DirectAck) Append(b []byte) []byte {
	b = append(append(b, uint8(TypeDirectAck)), p.To[:]...)
	return appendU64(appendU64(b, p.Epoch), p.Seq)
}

// ParseDirectAck reads a whole body. Errors match ErrMalformed.
func ParseDirectAck(body []byte) (*DirectAck, error) {
	r := reader{b: body}
	r.expect(TypeDirectAck)
	p := &DirectAck{To: r.id()}
	p.Epoch = r.u64()
	p.Seq = r.u64()
	if err := r.done("directack"); err != nil {
		return nil, err
	}
	return p, nil
}

// String describes the packet on one line.
func (p *DirectAck) String() string {
	return fmt.Sprintf("directack to %v %x:%d", p.To, p.Epoch, p.Seq)
}
