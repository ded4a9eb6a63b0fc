package wire

// The clear header of every datagram. It is final: later versions of the body live behind other key ids, features or extensions.

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Version is the header's only version.
const Version = 1

// HeaderSize is the length of the clear header in bytes. All of them are authenticated data of the seal.
const HeaderSize = 40

// FlagPart, in a header's Flags, says that the sealed body is a PartHeader and one part of a control packet.
const FlagPart uint16 = 1

// FlagPadded, in a header's Flags, says that padding follows the sealed body (see AppendPadding).
const FlagPadded uint16 = 2

// FlagProbe, in a header's Flags, says that the datagram asks, or answers, whether datagrams of some length pass. transport keeps it.
const FlagProbe uint16 = 4

// ErrVersion is what ParseHeader returns for a header of another version.
var ErrVersion = errors.New("wire: unknown header version")

// A Class says how urgent a datagram is, before it is opened. Two classes may be given queues of their own.
type Class uint8

// The classes. Their numbers are final.
const (
	ClassControl Class = 0 // probes, beacons, joins, leaves, commit tokens, wakes
	ClassToken   Class = 1
	ClassData    Class = 2
	ClassDirect  Class = 3 // point-to-point messages and their acknowledgements
)

// String is the class in one word.
func (c Class) String() string {
	switch c {
	case ClassControl:
		return "control"
	case ClassToken:
		return "token"
	case ClassData:
		return "data"
	case ClassDirect:
		return "direct"
	}
	return numbered("class", uint8(c))
}

// A Header is what a datagram shows to everyone: which keys open it, and nothing that an observer could use further.
type Header struct {
	Version uint8
	Class   Class
	Flags   uint16   // FlagPart, FlagPadded, FlagProbe; unknown bits are kept
	KeyID   uint32   // names the cluster key; 0 without one
	Context uint64   // RingID.Context of the ring whose keys seal it, 0 for no ring
	Sealer  MemberID // whose key seals it; the originator is inside the body
	Counter uint64   // of this sealer in this context, from 1; never used twice
}

// LastCounter is the last counter that a sealer uses in one context.
const LastCounter uint64 = 1<<64 - 1<<32

// Append appends the header's HeaderSize bytes to b.
func (h Header) Append(b []byte) []byte {
	b = append(b, h.Version, uint8(h.Class))
	b = appendU16(b, h.Flags)
	b = appendU32(b, h.KeyID)
	b = appendU64(b, h.Context)
	b = append(b, h.Sealer[:]...)
	return appendU64(b, h.Counter)
}

// ParseHeader reads the header at the start of a datagram; the rest of b is not looked at. The error is ErrVersion for another
// version, else matches ErrMalformed: too short, or of an unknown class.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderSize {
		return Header{}, fmt.Errorf("%w: header: cut short", ErrMalformed)
	}
	if b[0] != Version {
		return Header{}, ErrVersion
	}
	h := Header{
		Version: b[0],
		Class:   Class(b[1]),
		Flags:   binary.BigEndian.Uint16(b[2:]),
		KeyID:   binary.BigEndian.Uint32(b[4:]),
		Context: binary.BigEndian.Uint64(b[8:]),
		Sealer:  MemberID(b[16:32]),
		Counter: binary.BigEndian.Uint64(b[32:]),
	}
	if h.Class > ClassDirect {
		return Header{}, fmt.Errorf("%w: header: unknown %v", ErrMalformed, h.Class)
	}
	return h, nil
}

// String describes the header on one line.
func (h Header) String() string {
	return fmt.Sprintf("v%d %v key %08x context %016x from %v counter %d%s%s%s",
		h.Version, h.Class, h.KeyID, h.Context, h.Sealer, h.Counter, pick(h.Flags&FlagPart != 0, " part", ""),
		pick(h.Flags&FlagPadded != 0, " padded", ""), pick(h.Flags&FlagProbe != 0, " probe", ""))
}
