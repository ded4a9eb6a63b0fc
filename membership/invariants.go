package membership

// What is always true of the ring half at one member, between two events. The list with its reasons is in doc.go; the numbers
// here are the numbers there. Those of the directory are in invariants_directory.go.

import (
	"fmt"
	"slices"

	"github.com/lockstep-go/lockstep/ordering"
)

// Invariant returns the first invariant that does not hold, or nil. It is cheap enough to be asked after every step of a
// simulation, and changes nothing.
func (m *Machine) Invariant() error {
	if m.left {
		return nil // it does nothing more
	}
	for _, r := range []*ordering.Ring{m.ring, m.old} {
		if r == nil {
			continue
		}
		if err := r.Invariant(); err != nil {
			return err
		}
	}
	if err := m.assembler.Invariant(); err != nil {
		return err
	}
	if err := m.stateInvariant(); err != nil {
		return err
	}
	if len(m.book) > maxBook+len(m.installed().Members)+1 || m.book[m.cfg.Self.ID] == nil {
		return m.broken(4, "the address book has %d entries, its own among them: %v", len(m.book), m.book[m.cfg.Self.ID] != nil)
	}
	return nil
}

func (m *Machine) broken(number int, format string, args ...any) error {
	return fmt.Errorf("membership invariant %d: %v: %s", number, m.state, fmt.Sprintf(format, args...))
}

func (m *Machine) stateInvariant() error {
	formed := m.state == StateOperational || m.state == StateRecovery
	if formed != (m.ring != nil) || (m.state == StateOperational) != (m.old == nil) {
		return m.broken(1, "a ring: %v, an old ring: %v", m.ring != nil, m.old != nil)
	}
	self := m.cfg.Self.ID
	if r := m.installed(); r.Members[r.Self] != self || m.ring != nil && m.ring.Members[m.ring.Self] != self {
		return m.broken(2, "this member is not at its place on the ring")
	}
	if m.ringSeq < m.installed().ID.Seq || m.ring != nil && (m.ringSeq < m.ring.ID.Seq || m.old != nil && m.ring.ID.Seq <= m.old.ID.Seq) {
		return m.broken(3, "the highest ring sequence met is %d, the last ring installed %v", m.ringSeq, m.Ring())
	}
	switch m.state {
	case StateOperational:
		return m.operationalInvariant()
	case StateGather:
		if m.gather.joinAt.IsZero() || m.gather.consensusAt.IsZero() {
			return m.broken(6, "the next Join at %v, consensus at %v", m.gather.joinAt, m.gather.consensusAt)
		}
	case StateCommit:
		if m.commit.lossAt.IsZero() || m.commit.token != nil && m.commit.retransmitAt.IsZero() {
			return m.broken(6, "the commit token is lost at %v", m.commit.lossAt)
		}
	case StateRecovery:
		if m.token.lossAt.IsZero() {
			return m.broken(6, "the token is lost at %v", m.token.lossAt)
		}
	default:
		return m.broken(1, "no such state")
	}
	if err := m.gatherInvariant(); err != nil {
		return err
	}
	if m.state != StateGather {
		if err := m.formingInvariant(); err != nil {
			return err
		}
	}
	return m.promiseInvariant()
}

// operationalInvariant: what was needed on the way to the ring is gone, and on a ring of several the token is watched.
func (m *Machine) operationalInvariant() error {
	g, r, t := &m.gather, &m.recovery, &m.token
	switch {
	case g.proc != nil || g.fail != nil || g.join != nil || r.received || r.obliged != nil || len(r.queue) > 0:
		return m.broken(5, "the sets of gather or the promises outlived the installation")
	case m.ring.Len() == 1 && (t.held != nil || t.last == nil):
		return m.broken(6, "alone, with a token that is held or gone")
	case m.ring.Len() > 1 && t.lossAt.IsZero():
		return m.broken(6, "nobody watches for the loss of the token")
	case t.held != nil && t.restAt.IsZero():
		return m.broken(6, "the token rests for ever")
	case t.stay.token != nil && (t.stay.until.IsZero() || t.held != nil || t.stay.token.TokenSeq != m.ring.TokenSeq()):
		return m.broken(6, "token %d stays until %v; the last accepted is %d", t.stay.token.TokenSeq, t.stay.until, m.ring.TokenSeq())
	}
	return nil
}

// gatherInvariant holds from the first Join to the installation.
func (m *Machine) gatherInvariant() error {
	g, self := &m.gather, m.cfg.Self.ID
	if !g.proc[self] || g.fail[self] != 0 {
		return m.broken(7, "this member is not in its own proposal")
	}
	for _, id := range m.old.Members {
		if !g.proc[id] {
			return m.broken(7, "%v of the old ring is forgotten", id)
		}
	}
	for id, why := range g.fail {
		if !g.proc[id] || why == 0 {
			return m.broken(7, "%v is given up (%v) and was never met", id, why)
		}
	}
	return nil
}

// formingInvariant holds while a ring is formed, in commit and recovery.
func (m *Machine) formingInvariant() error {
	c, g := &m.commit, &m.gather
	if len(c.entries) == 0 || c.entries[0].ID != c.ring.Rep || len(c.entries) != len(g.proc)-len(g.fail) {
		return m.broken(8, "ring %v of %d, proposed were %d", c.ring, len(c.entries), len(g.proc)-len(g.fail))
	}
	recovery := m.state == StateRecovery
	if recovery && (m.ring.ID != c.ring || m.ring.Len() != len(c.entries) || m.ring.Delivered() != m.cfg.Limits.Packets) {
		return m.broken(8, "ring %v of %d with %d delivered, committed was ring %v of %d", m.ring.ID, m.ring.Len(), m.ring.Delivered(), c.ring, len(c.entries))
	}
	for i := range c.entries {
		e := &c.entries[i]
		switch {
		case !g.proc[e.ID] || g.fail[e.ID] != 0:
			return m.broken(8, "%v is on ring %v and was not proposed", e.ID, c.ring)
		case recovery && !e.Filled:
			return m.broken(9, "%v has not said what it brings", e.ID)
		case recovery && m.ring.Members[i] != e.ID:
			return m.broken(8, "%v is not at its place", e.ID)
		case e.Filled && e.OldRing.Seq >= c.ring.Seq:
			return m.broken(3, "ring %v is no newer than %v, from which %v comes", c.ring, e.OldRing, e.ID)
		case e.Filled && (e.Aru > e.High || e.HighDelivered > e.Aru):
			return m.broken(9, "%v holds %d up to %d and has delivered %d", e.ID, e.High, e.Aru, e.HighDelivered)
		}
		if e.ID != m.cfg.Self.ID {
			continue
		}
		// "From now on it takes no more packets of the old ring, or what it wrote down would not be true." Recovery adds.
		if !e.Filled || e.OldRing != m.old.ID || e.HighDelivered != m.old.Delivered() || e.Aru > m.old.Aru() || e.High > m.old.High() ||
			!recovery && (e.Aru != m.old.Aru() || e.High != m.old.High()) {
			return m.broken(9, "this member brings %+v, and has aru %d, high %d, delivered %d of ring %v", *e, m.old.Aru(), m.old.High(),
				m.old.Delivered(), m.old.ID)
		}
	}
	return nil
}

// promiseInvariant is about obligations: they live as long as the old ring.
func (m *Machine) promiseInvariant() error {
	r, self := &m.recovery, m.cfg.Self.ID
	for id := range r.obliged {
		if m.old.Index(id) < 0 {
			return m.broken(10, "obliged to %v, who was not on ring %v", id, m.old.ID)
		}
	}
	if (r.received || r.obliged != nil) && !r.obliged[self] {
		return m.broken(10, "received all and is obliged to others than itself")
	}
	if m.state != StateRecovery {
		return nil
	}
	for i, id := range r.trans {
		if m.old.Index(id) < 0 || m.ring.Index(id) < 0 {
			return m.broken(11, "%v moves along and is not on both rings", id)
		}
		if i > 0 && r.trans[i-1].Compare(id) >= 0 {
			return m.broken(11, "who moves along is not in order")
		}
		if r.received && !r.obliged[id] {
			return m.broken(10, "%v moves along, all was received, and nothing is owed to it", id)
		}
	}
	if !slices.Contains(r.trans, self) {
		return m.broken(11, "this member does not move along with itself")
	}
	for i, d := range r.queue {
		if m.old.Held(d.Seq) == nil || i > 0 && r.queue[i-1].Seq >= d.Seq {
			return m.broken(11, "%d is to be sent again and is not of the old ring, or out of order", d.Seq)
		}
	}
	return nil
}
