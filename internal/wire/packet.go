package wire

// What all packets share: their types, the interface they meet, the error of a parser, and the way from bytes to a packet.

import (
	"errors"
	"fmt"
)

// ErrMalformed is what every parser's error matches for bytes that are not the packet they claim to be. The error's text says
// which packet and what was wrong with it. Compare with errors.Is.
var ErrMalformed = errors.New("wire: malformed packet")

// A Type is the first byte of a body.
type Type uint8

// The packet types. Their numbers are final.
const (
	TypeProbe       Type = 1
	TypeBeacon      Type = 2
	TypeJoin        Type = 3
	TypeLeave       Type = 4
	TypeCommitToken Type = 5
	TypeToken       Type = 6
	TypeData        Type = 7
	TypeWake        Type = 8
	TypeDirect      Type = 9
	TypeDirectAck   Type = 10
)

// String is the packet's name in lower case.
func (t Type) String() string {
	switch t {
	case TypeProbe:
		return "probe"
	case TypeBeacon:
		return "beacon"
	case TypeJoin:
		return "join"
	case TypeLeave:
		return "leave"
	case TypeCommitToken:
		return "commit"
	case TypeToken:
		return "token"
	case TypeData:
		return "data"
	case TypeWake:
		return "wake"
	case TypeDirect:
		return "direct"
	case TypeDirectAck:
		return "directack"
	}
	return numbered("type", uint8(t))
}

// A Packet is one body, parsed.
type Packet interface {
	// Type is the body's first byte.
	Type() Type
	// Append appends the body's bytes to b.
	Append(b []byte) []byte
	// String describes the packet on one line.
	String() string
}

// Parse reads one whole body, as its first byte says, and returns a pointer to the packet (*Probe, *Token and so on). The packet
// aliases the body. Errors match ErrMalformed.
func Parse(body []byte) (Packet, error) {
	if len(body) == 0 {
		return nil, fmt.Errorf("%w: empty", ErrMalformed)
	}
	switch t := Type(body[0]); t {
	case TypeProbe:
		return packet(ParseProbe(body))
	case TypeBeacon:
		return packet(ParseBeacon(body))
	case TypeJoin:
		return packet(ParseJoin(body))
	case TypeLeave:
		return packet(ParseLeave(body))
	case TypeCommitToken:
		return packet(ParseCommitToken(body))
	case TypeToken:
		return packet(ParseToken(body))
	case TypeData:
		return packet(ParseData(body))
	case TypeWake:
		return packet(ParseWake(body))
	case TypeDirect:
		return packet(ParseDirect(body))
	case TypeDirectAck:
		return packet(ParseDirectAck(body))
	default:
		return nil, fmt.Errorf("%w: unknown %v", ErrMalformed, t)
	}
}

// packet keeps a nil pointer from becoming a Packet that is not nil.
func packet[P Packet](p P, err error) (Packet, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}
