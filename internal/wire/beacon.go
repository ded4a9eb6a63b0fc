package wire

// Beacon: separate rings find each other.

import "fmt"

// A Beacon is sent by an operational member to addresses that are not on its ring, so that separate rings find each other.
type Beacon struct {
	Sender Info
	Ring   RingID
	Size   uint16 // members of the sender's ring
}

// Type is TypeBeacon.
func (p *Beacon) Type() Type { return TypeBeacon }

// Append appends type, ring, size and the sender's description.
func (p *Beacon) Append(b []byte) []byte {
	b = append(b, uint8(TypeBeacon))
	b = appendRing(b, p.Ring)
	b = appendU16(b, p.Size)
	return p.Sender.append(b)
}

// ParseBeacon reads a whole body. Errors match ErrMalformed.
func ParseBeacon(body []byte) (*Beacon, error) {
	r := reader{b: body}
	r.expect(TypeBeacon)
	p := &Beacon{}
	p.Ring = r.ring()
	p.Size = r.u16()
	p.Sender = r.info()
	if err := r.done("beacon"); err != nil {
		return nil, err
	}
	return p, nil
}

// String describes the packet on one line.
func (p *Beacon) String() string {
	return fmt.Sprintf("beacon %v ring %v size %d", p.Sender, p.Ring, p.Size)
}
