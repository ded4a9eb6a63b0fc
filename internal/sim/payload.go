package sim

// What messages carry: who sent them, as which one, and bytes that only the right reassembly gives.

import (
	"encoding/binary"
	"hash/fnv"

	"github.com/lockstep-go/lockstep/internal/evs"
)

const payloadHeader = 8 + 2

// encode makes the payload of a message; size is its length in bytes, or more where the sender's name does not fit.
func encode(uid evs.UID, size int) []byte {
	size = max(size, payloadHeader+len(uid.Sender))
	b := make([]byte, size)
	binary.BigEndian.PutUint64(b, uid.Seq)
	binary.BigEndian.PutUint16(b[8:], uint16(len(uid.Sender)))
	copy(b[payloadHeader:], uid.Sender)
	fill(b[payloadHeader+len(uid.Sender):], uid.Seq, size)
	return b
}

// fill writes bytes that depend on the message, its length and the place.
func fill(b []byte, seq uint64, size int) {
	x := seed(seq, size)
	for ; len(b) >= 8; b = b[8:] {
		x = x*prime1 + prime2
		binary.LittleEndian.PutUint64(b, x)
	}
	for i := range b {
		b[i] = byte(x >> (8 * i))
	}
}

// filled reports whether the bytes are those that fill writes.
func filled(b []byte, seq uint64, size int) bool {
	x := seed(seq, size)
	for ; len(b) >= 8; b = b[8:] {
		x = x*prime1 + prime2
		if binary.LittleEndian.Uint64(b) != x {
			return false
		}
	}
	for i := range b {
		if b[i] != byte(x>>(8*i)) {
			return false
		}
	}
	return true
}

func seed(seq uint64, size int) uint64 { return seq*prime2 ^ uint64(size)*prime1 }

// decode reads a payload, and reports whether it is as it was made.
func decode(b []byte) (evs.UID, bool) {
	if len(b) < payloadHeader {
		return evs.UID{}, false
	}
	n := int(binary.BigEndian.Uint16(b[8:]))
	if n > len(b)-payloadHeader {
		return evs.UID{}, false
	}
	uid := evs.UID{Sender: evs.Member(b[payloadHeader : payloadHeader+n]), Seq: binary.BigEndian.Uint64(b)}
	return uid, filled(b[payloadHeader+n:], uid.Seq, len(b))
}

// chainOf extends a hash chain by one message.
func chainOf(chain uint64, uid evs.UID) uint64 {
	h := fnv.New64a()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], chain)
	binary.BigEndian.PutUint64(b[8:], uid.Seq)
	h.Write(b[:])
	h.Write([]byte(uid.Sender))
	return h.Sum64()
}
