package wire

// An operator's word that a group goes on without a quorum.

import "fmt"

// An Override has those who are on a ring go on with a group that has no quorum there, as a new founding that takes the place of the
// one it names. It is the payload of a KindOverride message, safe. On another ring than its own it is void.
type Override struct {
	By       MemberID // who brings it
	Ring     RingID   // on which somebody looked at who is there
	Founding uint64   // that is given up
}

// Append appends the payload's bytes to b.
func (o Override) Append(b []byte) []byte {
	return appendU64(appendRing(append(b, o.By[:]...), o.Ring), o.Founding)
}

// ParseOverride reads a whole payload. Errors match ErrMalformed.
func ParseOverride(payload []byte) (Override, error) {
	r := reader{b: payload}
	o := Override{By: r.id()}
	o.Ring = r.ring()
	o.Founding = r.u64()
	if err := r.done("override"); err != nil {
		return Override{}, err
	}
	return o, nil
}

// String describes the payload on one line.
func (o Override) String() string {
	return fmt.Sprintf("override of founding %d by %v on ring %v", o.Founding, o.By, o.Ring)
}
