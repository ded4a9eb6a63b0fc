package wire

// Wake: let the token go.

import "fmt"

// A Wake asks the member at which the token rests to let it go. With Holds it says the opposite: the token has arrived and
// rests here, so its sender need not send it again.
type Wake struct {
	Round uint32 // the last rotation the sender saw
	Holds bool
}

// Type is TypeWake.
func (p *Wake) Type() Type { return TypeWake }

// Append appends type, round and one byte of flags.
func (p *Wake) Append(b []byte) []byte {
	return append(appendU32(append(b, uint8(TypeWake)), p.Round), flagBits(p.Holds))
}

// ParseWake reads a whole body. Errors match ErrMalformed.
func ParseWake(body []byte) (*Wake, error) {
	r := reader{b: body}
	r.expect(TypeWake)
	p := &Wake{Round: r.u32(), Holds: r.u8()&1 != 0}
	if err := r.done("wake"); err != nil {
		return nil, err
	}
	return p, nil
}

// String describes the packet on one line.
func (p *Wake) String() string {
	if p.Holds {
		return fmt.Sprintf("wake round %d: it rests here", p.Round)
	}
	return fmt.Sprintf("wake round %d", p.Round)
}
