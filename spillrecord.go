package lockstep

// How a message that waits on disk is written, and read again with its checksum.

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

var (
	errSpillRecord = errors.New("the spill file does not have what was written to it")
	castagnoli     = crc32.MakeTable(crc32.Castagnoli)
)

const (
	recordHead  = 8   // length and checksum
	recordEach  = 8   // bytes beside the payload of each message in a record
	recordAbout = 128 // bytes that a record has besides, a sender's name of usual length in it
)

// spillable reports whether an upcall may wait on disk: messages of others, which are most of what waits. This member's own must be at
// hand when they have to be reported as lost.
func spillable(u *core.Upcall) bool {
	return (u.Kind == core.UpDeliver || u.Kind == core.UpDirect) && !u.Own
}

// appendRecord writes a spillable upcall; its group is left out.
func appendRecord(b []byte, u *core.Upcall) []byte {
	at := len(b)
	b = append(b, make([]byte, recordHead)...)
	flags := byte(0)
	if u.Transitional {
		flags = 1
	}
	b = append(b, byte(u.Kind), flags, byte(u.Message))
	b = binary.BigEndian.AppendUint16(b, uint16(u.Order))
	b = binary.BigEndian.AppendUint64(b, uint64(u.Position))
	b = binary.BigEndian.AppendUint64(b, u.ViewID.Num)
	b = binary.BigEndian.AppendUint64(b, u.ViewID.Ring)
	b = append(b, u.Sender.ID[:]...)
	b = append(b, byte(len(u.Sender.Name)))
	b = append(b, u.Sender.Name...)
	if u.Kind == core.UpDirect {
		b = binary.BigEndian.AppendUint32(b, uint32(len(u.Payload)))
		b = append(b, u.Payload...)
	} else {
		b = binary.BigEndian.AppendUint32(b, uint32(len(u.Messages)))
		for i := range u.Messages {
			m := &u.Messages[i]
			b = binary.BigEndian.AppendUint32(b, m.Total)
			b = binary.BigEndian.AppendUint32(b, uint32(len(m.Payload)))
			b = append(b, m.Payload...)
		}
	}
	body := b[at+recordHead:]
	binary.BigEndian.PutUint32(b[at:], uint32(len(body)))
	binary.BigEndian.PutUint32(b[at+4:], crc32.Checksum(body, castagnoli))
	return b
}

// A recordReader takes fields off a record's body; bad is set when it is too short for one.
type recordReader struct {
	b   []byte
	bad bool
}

// take returns the next n bytes, which share the body's memory and have no room behind them.
func (r *recordReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.b, r.bad = nil, true
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *recordReader) uint(n int) (v uint64) {
	for _, c := range r.take(n) {
		v = v<<8 | uint64(c)
	}
	return v
}

// parseRecord reads the first record in b and returns what follows it; short says how many bytes the record has if b ends before it
// does. What it returns shares memory with b.
func parseRecord(b []byte, g wire.GroupID) (u core.Upcall, rest []byte, short int, err error) {
	if len(b) < recordHead {
		return u, b, recordHead, nil
	}
	n := int(binary.BigEndian.Uint32(b))
	if len(b) < recordHead+n {
		return u, b, recordHead + n, nil
	}
	body := b[recordHead : recordHead+n]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(b[4:]) {
		return u, nil, 0, errSpillRecord
	}
	r := recordReader{b: body}
	u.Group = g
	u.Kind = core.UpcallKind(r.uint(1))
	u.Transitional = r.uint(1) == 1
	u.Message = wire.Kind(r.uint(1))
	u.Order = wire.Order(r.uint(2))
	u.Position = wire.Position(r.uint(8))
	u.ViewID = wire.ViewID{Num: r.uint(8), Ring: r.uint(8)}
	copy(u.Sender.ID[:], r.take(len(u.Sender.ID)))
	u.Sender.Name = string(r.take(int(r.uint(1))))
	if u.Kind == core.UpDirect {
		u.Payload = r.take(int(r.uint(4)))
	} else {
		count := int(r.uint(4))
		if count > len(r.b)/8 {
			return u, nil, 0, errSpillRecord
		}
		u.Messages = make([]wire.Chunk, count)
		for i := range u.Messages {
			u.Messages[i].Total = uint32(r.uint(4))
			u.Messages[i].Payload = r.take(int(r.uint(4)))
		}
	}
	if r.bad || len(r.b) > 0 || !spillable(&u) {
		return u, nil, 0, errSpillRecord
	}
	return u, b[recordHead+n:], 0, nil
}
