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
	x := byte(seq*31) ^ byte(size) ^ byte(size>>8)
	for i := range b {
		b[i] = x + byte(i*7) + byte(i>>8)
	}
}

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
	rest := b[payloadHeader+n:]
	x := byte(uid.Seq*31) ^ byte(len(b)) ^ byte(len(b)>>8)
	for i, v := range rest {
		if v != x+byte(i*7)+byte(i>>8) {
			return uid, false
		}
	}
	return uid, true
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
