package wire

// How bytes are written: what the packets' Append methods share. Counts and lengths that do not fit their field are written as
// the field's greatest value, which lies above every bound, so that an oversized packet is refused rather than misread.

import (
	"encoding/binary"
	"math"
	"net/netip"
)

func appendU16(b []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(b, v) }
func appendU32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }
func appendU64(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v) }

func appendCount8(b []byte, n int) []byte  { return append(b, uint8(min(n, math.MaxUint8))) }
func appendCount16(b []byte, n int) []byte { return appendU16(b, uint16(min(n, math.MaxUint16))) }
func appendCount32(b []byte, n int) []byte {
	return appendU32(b, uint32(min(uint64(n), math.MaxUint32)))
}

func appendRing(b []byte, r RingID) []byte { return append(appendU64(b, r.Seq), r.Rep[:]...) }
func appendView(b []byte, v ViewID) []byte { return appendU64(appendU64(b, v.Num), v.Ring) }

// appendIDs writes the ids alone; their count is the caller's.
func appendIDs(b []byte, list []MemberID) []byte {
	for i := range list {
		b = append(b, list[i][:]...)
	}
	return b
}

// appendName writes a name with its length before it.
func appendName(b []byte, s string) []byte { return append(appendCount16(b, len(s)), s...) }

// appendAddrPort writes 4 or 16 bytes of address, then the port. A zone has no meaning on another host and stays here.
func appendAddrPort(b []byte, a netip.AddrPort) []byte {
	if ip := a.Addr(); ip.Is4() {
		v := ip.As4()
		b = append(b, v[:]...)
	} else {
		v := ip.As16()
		b = append(b, v[:]...)
	}
	return appendU16(b, a.Port())
}

// openFrame leaves room for the length of what follows; closeFrame, given the length of the buffer before openFrame, fills it in.
func openFrame(b []byte) []byte { return append(b, 0, 0, 0, 0) }

func closeFrame(b []byte, at int) []byte {
	binary.BigEndian.PutUint32(b[at:], uint32(min(uint64(len(b)-at-4), math.MaxUint32)))
	return b
}

// flagBits packs booleans, the first in the lowest bit.
func flagBits(set ...bool) (bits uint8) {
	for i, on := range set {
		if on {
			bits |= 1 << i
		}
	}
	return bits
}
