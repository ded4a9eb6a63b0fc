package wire

// Leave: do not wait for me.

// A Leave tells the ring that its sender is going, so that nobody waits for a time-out.
type Leave struct {
	Sender MemberID
}

// Type is TypeLeave.
func (p *Leave) Type() Type { return TypeLeave }

// Append appends type and sender.
func (p *Leave) Append(b []byte) []byte { return append(append(b, uint8(TypeLeave)), p.Sender[:]...) }

// ParseLeave reads a whole body. Errors match ErrMalformed.
func ParseLeave(body []byte) (*Leave, error) {
	r := reader{b: body}
	r.expect(TypeLeave)
	p := &Leave{Sender: r.id()}
	if err := r.done("leave"); err != nil {
		return nil, err
	}
	return p, nil
}

// String describes the packet on one line.
func (p *Leave) String() string { return "leave " + p.Sender.String() }
