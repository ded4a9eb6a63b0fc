package wire

// The small membership events of a group: leave, loaded, recut, terminate.

import (
	"fmt"
	"net/netip"
)

// A GroupLeave takes its sender out of the group. It is the payload of a KindGroupLeave message.
type GroupLeave struct {
	Member MemberID
	// Lost says that the sender has no state to give any more, so that nobody need wait for it: its membership failed. It travels in
	// an extension, with Seeds, where others may be found who have an older state; at most MaxSeeds.
	Lost  bool
	Seeds []netip.AddrPort
}

// leaveLost is the extension of a leave with which the sender's state is lost.
const leaveLost = 1

// Append appends the payload's bytes to b.
func (g GroupLeave) Append(b []byte) []byte {
	b = append(b, g.Member[:]...)
	if g.Lost {
		at := len(b)
		b = closeExtension(appendSeeds(openExtension(b, leaveLost), g.Seeds), at)
	}
	return b
}

// ParseGroupLeave reads a whole payload. Errors match ErrMalformed.
func ParseGroupLeave(payload []byte) (GroupLeave, error) {
	r := reader{b: payload}
	g := GroupLeave{Member: r.id()}
	for {
		kind, value, ok := r.extension()
		if !ok {
			break
		}
		if kind == leaveLost {
			v := reader{b: value}
			g.Lost, g.Seeds = true, v.seeds()
			if v.fault != "" || len(v.b) > 0 {
				r.fail("bad seeds of a leave")
			}
		}
	}
	if err := r.done("group leave"); err != nil {
		return GroupLeave{}, err
	}
	return g, nil
}

// String describes the payload on one line.
func (g GroupLeave) String() string {
	if g.Lost {
		return fmt.Sprintf("groupleave %v state lost seeds %v", g.Member, g.Seeds)
	}
	return "groupleave " + g.Member.String()
}

// A Loaded says that its sender has loaded the state of the given cut. It is the payload of a KindLoaded message.
type Loaded struct {
	Member MemberID
	Cut    Position
	// Giver is who gave the last byte, in a group where more than one member may; else zero. It travels in an extension.
	Giver MemberID
}

// loadedGiver is the extension of a loaded with its giver.
const loadedGiver = 1

// Append appends the payload's bytes to b.
func (l Loaded) Append(b []byte) []byte {
	b = appendU64(append(b, l.Member[:]...), uint64(l.Cut))
	if !l.Giver.IsZero() {
		at := len(b)
		b = closeExtension(append(openExtension(b, loadedGiver), l.Giver[:]...), at)
	}
	return b
}

// ParseLoaded reads a whole payload. Errors match ErrMalformed.
func ParseLoaded(payload []byte) (Loaded, error) {
	r := reader{b: payload}
	l := Loaded{Member: r.id()}
	l.Cut = Position(r.u64())
	for {
		kind, value, ok := r.extension()
		if !ok {
			break
		}
		if kind == loadedGiver {
			v := reader{b: value}
			l.Giver = v.id()
			if v.fault != "" || len(v.b) > 0 {
				r.fail("bad giver of a state")
			}
		}
	}
	if err := r.done("loaded"); err != nil {
		return Loaded{}, err
	}
	return l, nil
}

// String describes the payload on one line.
func (l Loaded) String() string {
	giver := ""
	if !l.Giver.IsZero() {
		giver = " from " + l.Giver.String()
	}
	return fmt.Sprintf("loaded %v cut %d%s", l.Member, l.Cut, giver)
}

// A Recut asks for a new cut because the transfer from the donor failed. It is the payload of a KindRecut message.
type Recut struct {
	Member MemberID // who loads
	Cut    Position // the cut that failed
	Donor  MemberID // who could not give it
}

// Append appends the payload's bytes to b.
func (c Recut) Append(b []byte) []byte {
	b = append(b, c.Member[:]...)
	b = appendU64(b, uint64(c.Cut))
	return append(b, c.Donor[:]...)
}

// ParseRecut reads a whole payload. Errors match ErrMalformed.
func ParseRecut(payload []byte) (Recut, error) {
	r := reader{b: payload}
	c := Recut{Member: r.id()}
	c.Cut = Position(r.u64())
	c.Donor = r.id()
	if err := r.done("recut"); err != nil {
		return Recut{}, err
	}
	return c, nil
}

// String describes the payload on one line.
func (c Recut) String() string {
	return fmt.Sprintf("recut %v cut %d donor %v", c.Member, c.Cut, c.Donor)
}

// A Terminate ends the group at all its members. It is the payload of a KindTerminate message.
type Terminate struct {
	By MemberID
}

// Append appends the payload's bytes to b.
func (t Terminate) Append(b []byte) []byte { return append(b, t.By[:]...) }

// ParseTerminate reads a whole payload. Errors match ErrMalformed.
func ParseTerminate(payload []byte) (Terminate, error) {
	r := reader{b: payload}
	t := Terminate{By: r.id()}
	if err := r.done("terminate"); err != nil {
		return Terminate{}, err
	}
	return t, nil
}

// String describes the payload on one line.
func (t Terminate) String() string { return "terminate by " + t.By.String() }
