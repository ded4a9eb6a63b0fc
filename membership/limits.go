package membership

// Limits: every number that grows ends somewhere. Those of a ring end with the ring, which makes way for another; those that outlive
// rings cannot begin again, so who reaches their end stops rather than use one twice.

import "github.com/lockstep-go/lockstep/internal/wire"

// The last ring sequence, the last position and the last number of a view. A position is part of a founding's id, shifted by ten,
// so it has 54 bits: the clock alone uses them up in the year 2248. The others are beyond any use but a fault's.
const (
	LastRing     uint64        = 1 << 62
	LastPosition wire.Position = 1<<54 - 1
	LastView     uint64        = 1 << 62
)

// Exhausted says which numbers are used up, so that this member cannot go on; empty as long as none are.
func (m *Machine) Exhausted() string { return m.exhausted }

// ringSpent ends a ring whose packets or tokens have come to the last number: those of the next begin again, and so do its keys.
func (m *Machine) ringSpent(t *wire.Token) bool {
	if m.state != StateOperational || !m.ring.Spent(t) {
		return false
	}
	m.Coverage.RingsSpent++
	m.startGather("the ring's numbers are used up", nil, wire.MemberID{}, 0)
	return true
}

// positionsSpent reports whether another rotation might number beyond the last position.
func (m *Machine) positionsSpent(t *wire.Token) bool {
	if t.Position <= LastPosition-2*stragglers {
		return false
	}
	m.exhausted = "positions"
	return true
}

// meet notes a ring sequence that somebody else has met. One packet pushes it by 2^32 at most, so that a member gone mad does not
// use all of them up at once.
func (m *Machine) meet(seq uint64) {
	m.ringSeq = max(m.ringSeq, min(seq, m.ringSeq+1<<32, LastRing))
}

// ringsSpent reports whether there is no ring sequence left for another ring.
func (m *Machine) ringsSpent() bool {
	if m.ringSeq < LastRing {
		return false
	}
	m.exhausted = "ring sequences"
	return true
}
