package wire

// Parts: how a control packet larger than a datagram travels. Each part is sealed by itself; the counter of part i is the counter of
// part 0 plus i, so the header and the index together name the packet that a part belongs to.

import (
	"encoding/binary"
	"fmt"
)

// PartHeaderSize is the length of a PartHeader in bytes.
const PartHeaderSize = 8

// A PartHeader begins the sealed body of a datagram whose header has FlagPart. The part's bytes follow it.
type PartHeader struct {
	Index uint16 // of this part, from 0
	Count uint16 // of all parts, at least 1
	Total uint32 // bytes of the whole body, at least Count
}

// Append appends the header's PartHeaderSize bytes to b.
func (p PartHeader) Append(b []byte) []byte {
	return appendU32(appendU16(appendU16(b, p.Index), p.Count), p.Total)
}

// ParsePartHeader reads the part header at the start of a sealed part's body; the rest of b is not looked at. What it returns has
// Index < Count <= Total; the limits of a reassembly are transport's. Errors match ErrMalformed.
func ParsePartHeader(b []byte) (PartHeader, error) {
	if len(b) < PartHeaderSize {
		return PartHeader{}, fmt.Errorf("%w: part header: cut short", ErrMalformed)
	}
	p := PartHeader{
		Index: binary.BigEndian.Uint16(b),
		Count: binary.BigEndian.Uint16(b[2:]),
		Total: binary.BigEndian.Uint32(b[4:]),
	}
	if p.Index >= p.Count || uint32(p.Count) > p.Total {
		return PartHeader{}, fmt.Errorf("%w: part header: %v", ErrMalformed, p)
	}
	return p, nil
}

// String describes the part, counted from 0.
func (p PartHeader) String() string {
	return fmt.Sprintf("part %d of %d, %d bytes in all", p.Index, p.Count, p.Total)
}
