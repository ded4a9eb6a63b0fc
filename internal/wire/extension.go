package wire

// Extensions: type, length, value at the end of every packet and payload. A receiver skips the types it does not know, so that a
// later version can add without a new packet. A packet without extensions spends nothing on them. Each packet and payload
// has a number space of its own; their order has no meaning.

import (
	"encoding/binary"
	"math"
)

// extensionHeader is an extension's type and length, two bytes each.
const extensionHeader = 4

// extension reads the next extension, its value aliased; ok is false at the end and after a fault.
func (r *reader) extension() (kind uint16, value []byte, ok bool) {
	if len(r.b) == 0 {
		return 0, nil, false
	}
	if len(r.b) > MaxExtensions {
		r.fail("too many extensions")
		return 0, nil, false
	}
	kind = r.u16()
	n := r.u16()
	value = r.bytes(uint32(n))
	return kind, value, r.fault == ""
}

// openExtension begins an extension; closeExtension, given the length of the buffer before openExtension, fills in its length.
func openExtension(b []byte, kind uint16) []byte { return append(appendU16(b, kind), 0, 0) }

func closeExtension(b []byte, at int) []byte {
	binary.BigEndian.PutUint16(b[at+2:], uint16(min(len(b)-at-extensionHeader, math.MaxUint16)))
	return b
}
