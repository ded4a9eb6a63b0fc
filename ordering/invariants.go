package ordering

// What is always true of a ring at one member and of its assembler, whatever was lost, repeated or came late. The list with its
// reasons is in doc.go; the numbers here are the numbers there.

import "fmt"

// Invariant returns the first invariant that does not hold, or nil. It is cheap enough to be asked after every step of a
// simulation, and changes nothing.
func (r *Ring) Invariant() error {
	s := &r.store
	switch {
	case r.aru > r.high:
		return r.broken(1, "aru %d above high %d", r.aru, r.high)
	case s.get(r.aru+1) != nil:
		return r.broken(2, "aru %d though %d is here", r.aru, r.aru+1)
	case r.delivered > r.aru:
		return r.broken(3, "delivered %d above aru %d", r.delivered, r.aru)
	case r.safe > r.aru:
		return r.broken(4, "safe %d above aru %d", r.safe, r.aru)
	case r.safe > r.lastAru:
		return r.broken(4, "safe %d above the token's aru %d", r.safe, r.lastAru)
	case r.lastAru > r.lastSeq:
		return r.broken(4, "the token's aru %d above its seq %d", r.lastAru, r.lastSeq)
	case s.base > min(r.safe, r.delivered):
		return r.broken(5, "released %d, safe %d, delivered %d", s.base, r.safe, r.delivered)
	case s.base+uint64(len(s.slots)) < r.high:
		return r.broken(6, "high %d beyond the %d packets held above %d", r.high, len(s.slots), s.base)
	case r.high > s.base && s.get(r.high) == nil:
		return r.broken(6, "high %d is not here", r.high)
	case len(s.slots) > limit:
		return r.broken(7, "%d packets held, at most %d may be", len(s.slots), limit)
	case s.bytes < 0 || len(s.slots) == 0 && s.bytes != 0:
		return r.broken(7, "%d packets of %d bytes", len(s.slots), s.bytes)
	case r.lastOwn > r.high:
		return r.broken(8, "numbered %d, above high %d", r.lastOwn, r.high)
	case r.control > r.high:
		return r.broken(8, "membership event at %d, above high %d", r.control, r.high)
	}
	for seq := s.base + 1; seq <= r.aru; seq++ {
		if d := s.get(seq); d == nil {
			return r.broken(6, "%d is missing below aru %d", seq, r.aru)
		} else if d.Seq != seq {
			return r.broken(6, "packet %d is kept as %d", d.Seq, seq)
		}
	}
	if r.Self < 0 || r.Self >= len(r.Members) || r.Members[0] != r.ID.Rep {
		return r.broken(9, "this member's place is %d of %d, the first is %v", r.Self, len(r.Members), r.Members)
	}
	for i, held := range r.holders.upTo {
		if held > r.lastSeq || i == r.Self && held > r.aru {
			return r.broken(12, "member %d is known to hold %d, the token's seq was %d, aru here is %d", i, held, r.lastSeq, r.aru)
		}
	}
	for i := 1; i < len(r.Members); i++ {
		if r.Members[i-1].Compare(r.Members[i]) >= 0 {
			return r.broken(9, "members are not in order: %v", r.Members)
		}
	}
	return nil
}

func (r *Ring) broken(number int, format string, args ...any) error {
	return fmt.Errorf("ordering invariant %d: ring %v: %s", number, r.ID, fmt.Sprintf(format, args...))
}

// Invariant returns the first invariant that does not hold, or nil.
func (a *Assembler) Invariant() error {
	if len(a.open) == 0 && len(a.restart) == 0 {
		return nil // as nearly always: walking an empty map costs more than all that is above
	}
	for s, p := range a.open {
		switch {
		case p == nil:
			return fmt.Errorf("ordering invariant 10: a message under way is nil")
		case p.total > a.max || len(p.data) > p.total || !p.kept && p.data != nil:
			return fmt.Errorf("ordering invariant 10: %d bytes of %d of a message are kept (%v), at most %d may be", len(p.data), p.total, p.kept, a.max)
		case a.restart[s]:
			return fmt.Errorf("ordering invariant 11: a message is under way in a stream that has to begin again")
		}
	}
	for s := range a.restart {
		if s.event {
			return fmt.Errorf("ordering invariant 11: membership events have to begin again")
		}
	}
	return nil
}
