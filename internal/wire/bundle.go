package wire

// Bundle: membership events of several groups at one place in the order.

import "fmt"

// A Bundle is joins, or leaves, of several groups that happen together: no other event and no message comes between them. It is the payload of a
// KindBundle message, of no group, safe.
type Bundle struct {
	Events []BundledEvent // at most MaxBundle
}

// A BundledEvent is what would be a message by itself.
type BundledEvent struct {
	Group   GroupID
	Kind    Kind   // KindGroupJoin or KindGroupLeave
	Payload []byte // of that kind
}

// bundledSize is the least that an event takes.
const bundledSize = 8 + 1 + 4

// Append appends the payload's bytes to b.
func (p Bundle) Append(b []byte) []byte {
	b = appendCount32(b, len(p.Events))
	for i := range p.Events {
		e := &p.Events[i]
		b = append(appendU64(b, uint64(e.Group)), uint8(e.Kind))
		at := len(b)
		b = closeFrame(append(openFrame(b), e.Payload...), at)
	}
	return b
}

// ParseBundle reads a whole payload, which its events alias. Errors match ErrMalformed.
func ParseBundle(payload []byte) (Bundle, error) {
	r := reader{b: payload}
	var p Bundle
	if n := r.count(r.u32(), MaxBundle, bundledSize); n > 0 {
		p.Events = make([]BundledEvent, n)
		for i := range p.Events {
			e := &p.Events[i]
			e.Group, e.Kind = GroupID(r.u64()), Kind(r.u8())
			e.Payload = r.bytes(r.u32())
		}
	}
	if err := r.done("bundle"); err != nil {
		return Bundle{}, err
	}
	return p, nil
}

// String describes the payload on one line.
func (p Bundle) String() string {
	b := []byte("bundle")
	for _, e := range p.Events {
		b = fmt.Appendf(b, " %v of %v (%d bytes)", e.Kind, e.Group, len(e.Payload))
	}
	return string(b)
}
