package wire

// The change of a group's size: who votes from now on.

import "fmt"

// A Resize gives a group with a size another one, and says who votes then. It is the payload of a KindResize message, safe. It is void
// where since Epoch something changed that counts: who computed it did not know. In an attempt of KindVoters only Size and Voters count.
type Resize struct {
	By     MemberID
	Epoch  Position // of the record from which By computed it
	Size   uint16   // 1 to MaxMembers
	Voters []string // names, at most Size, at least one
}

// Append appends the payload's bytes to b.
func (e Resize) Append(b []byte) []byte {
	b = appendU64(append(b, e.By[:]...), uint64(e.Epoch))
	b = appendCount16(appendU16(b, e.Size), len(e.Voters))
	for _, name := range e.Voters {
		b = appendName(b, name)
	}
	return b
}

// ParseResize reads a whole payload. Errors match ErrMalformed.
func ParseResize(payload []byte) (Resize, error) {
	r := reader{b: payload}
	e := Resize{By: r.id()}
	e.Epoch = Position(r.u64())
	e.Size = r.u16()
	n := r.count(uint32(r.u16()), MaxMembers, 2+1)
	if n == 0 || n > int(e.Size) || e.Size > MaxMembers {
		r.fail("not as many voters as a size has")
	}
	for range n {
		e.Voters = append(e.Voters, r.name(MaxName))
	}
	if err := r.done("resize"); err != nil {
		return Resize{}, err
	}
	return e, nil
}

// String describes the payload on one line.
func (e Resize) String() string {
	return fmt.Sprintf("resize by %v to %d voters %q since %d", e.By, e.Size, e.Voters, e.Epoch)
}
