package wire

// Wake: let the token go.

import "fmt"

// A Wake asks the member at which the token rests to let it go. With Holds it says the opposite: the token has arrived and
// rests here, so its sender need not send it again.
type Wake struct {
	TokenSeq uint64 // of the token last forwarded by the sender, or of the one it holds
	Holds    bool
}

// Type is TypeWake.
func (p *Wake) Type() Type { return TypeWake }

// Append appends type, token number and one byte of flags.
func (p *Wake) Append(b []byte) []byte {
	return append(appendU64(append(b, uint8(TypeWake)), p.TokenSeq), flagBits(p.Holds))
}

// ParseWake reads a whole body. Errors match ErrMalformed.
func ParseWake(body []byte) (*Wake, error) {
	r := reader{b: body}
	r.expect(TypeWake)
	p := &Wake{TokenSeq: r.u64(), Holds: r.u8()&1 != 0}
	if err := r.done("wake"); err != nil {
		return nil, err
	}
	return p, nil
}

// String describes the packet on one line.
func (p *Wake) String() string {
	if p.Holds {
		return fmt.Sprintf("wake: token %d rests here", p.TokenSeq)
	}
	return fmt.Sprintf("wake after token %d", p.TokenSeq)
}
