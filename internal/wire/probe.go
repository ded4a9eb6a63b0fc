package wire

// Probe: is that member alive?

import "fmt"

// A Probe asks a member whether it is alive, or answers that it is. It is sealed outside any ring (context 0).
type Probe struct {
	Answer bool
	Nonce  uint64 // chosen by the asker, returned by the answer
	Ring   RingID // the ring the sender is on, zero for none
}

// Type is TypeProbe.
func (p *Probe) Type() Type { return TypeProbe }

// Append appends type, flags, nonce and ring.
func (p *Probe) Append(b []byte) []byte {
	b = append(b, uint8(TypeProbe), flagBits(p.Answer))
	b = appendU64(b, p.Nonce)
	return appendRing(b, p.Ring)
}

// ParseProbe reads a whole body. Errors match ErrMalformed.
func ParseProbe(body []byte) (*Probe, error) {
	r := reader{b: body}
	r.expect(TypeProbe)
	p := &Probe{Answer: r.u8()&1 != 0}
	p.Nonce = r.u64()
	p.Ring = r.ring()
	if err := r.done("probe"); err != nil {
		return nil, err
	}
	return p, nil
}

// String describes the packet on one line.
func (p *Probe) String() string {
	return fmt.Sprintf("probe %s nonce %016x ring %v", pick(p.Answer, "answer", "ask"), p.Nonce, p.Ring)
}
