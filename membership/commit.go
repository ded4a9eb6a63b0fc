package membership

// Commit: the commit token goes round the proposed ring twice, first to collect, then to show.

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/ordering"
)

// commitState is the ring being formed.
type commitState struct {
	ring         wire.RingID
	entries      []wire.CommitEntry
	hop          uint32            // of the last commit token handled
	handled      uint32            // commit tokens handled since the last installation (the thesis' rotation_count)
	token        *wire.CommitToken // as last forwarded, until there is a sign that it arrived
	shown        *wire.CommitToken // round for the second time, and not forwarded before this ring's mark is stored
	retransmitAt time.Time
	lossAt       time.Time
}

func (c *commitState) index(id wire.MemberID) int {
	for i := range c.entries {
		if c.entries[i].ID == id {
			return i
		}
	}
	return -1
}

// createCommit starts the first rotation. The ring's sequence is above every one that a proposed member has met.
func (m *Machine) createCommit(ids []wire.MemberID) {
	if m.ringsSpent() {
		return
	}
	t := &wire.CommitToken{Ring: wire.RingID{Seq: m.ringSeq + 1, Rep: m.cfg.Self.ID}}
	for _, id := range ids {
		t.Entries = append(t.Entries, wire.CommitEntry{ID: id})
	}
	m.watch(Watched{Kind: WatchProposed, Ring: t.Ring, Members: ids})
	m.adoptCommit(t)
	if len(ids) == 1 {
		m.commit.shown = t
		m.finishCommit()
		return
	}
	m.forwardCommit(t)
}

// adoptCommit enters commit: this member fills in what it brings. From now on it takes no more packets of the old ring, or
// what it wrote down would not be true.
func (m *Machine) adoptCommit(t *wire.CommitToken) {
	m.ringSeq = t.Ring.Seq
	m.commit = commitState{ring: t.Ring, hop: t.Hop, handled: m.commit.handled + 1, lossAt: m.now.Add(2 * m.cfg.Timing.Consensus)}
	if len(m.recovery.obliged) > 0 {
		m.Coverage.Kept++
	}
	for i := range t.Entries {
		if e := &t.Entries[i]; e.ID == m.cfg.Self.ID {
			*e = wire.CommitEntry{
				ID: e.ID, Filled: true, Received: m.recovery.received,
				OldRing: m.old.ID, Aru: m.old.Aru(), High: m.old.High(), HighDelivered: m.old.Delivered(),
				Position: m.old.Position(), Nonce: m.nonce(), Obligations: sortedKeys(m.recovery.obliged),
			}
		}
	}
	m.commit.entries = t.Entries
	m.enter(StateCommit, "ring %v of %d", t.Ring, len(t.Entries))
}

func (m *Machine) forwardCommit(t *wire.CommitToken) {
	n := uint32(len(t.Entries))
	next := t.Entries[(uint32(m.commit.index(m.cfg.Self.ID))+1)%n].ID
	t.Hop++
	m.commit.token = t
	m.commit.retransmitAt = m.now.Add(m.cfg.Timing.CommitRetransmit)
	m.unicast(next, wire.ClassToken, 0, t)
}

func (m *Machine) receiveCommit(sender wire.MemberID, t *wire.CommitToken) {
	n := uint32(len(t.Entries))
	self := -1
	for i := range t.Entries {
		if t.Entries[i].ID == m.cfg.Self.ID {
			self = i
		}
	}
	if self < 0 || t.Ring.Seq > LastRing || t.Entries[0].ID != t.Ring.Rep || t.Hop%n != uint32(self) || t.Hop > 2*n ||
		t.Entries[(uint32(self)+n-1)%n].ID != sender {
		m.drop(sender, "implausible %v", t)
		return
	}
	switch {
	case m.state == StateGather && t.Hop < n:
		// "Accept only if its membership is proc less fail and its ring is newer than any met."
		if t.Ring.Seq > m.ringSeq && m.proposes(t) {
			m.adoptCommit(t)
			m.forwardCommit(t)
		}
	case m.state == StateCommit && t.Ring == m.commit.ring && t.Hop > m.commit.hop && t.Hop >= n:
		for i := range t.Entries {
			if !t.Entries[i].Filled {
				return
			}
		}
		if t.Entries[self].Nonce != m.commit.entries[self].Nonce {
			return
		}
		m.commit.hop = t.Hop
		m.commit.handled++
		m.commit.entries = t.Entries
		m.commit.shown = t
		m.commit.token, m.commit.retransmitAt = nil, time.Time{} // it came round: who is next has seen it
		m.finishCommit()
	case m.state == StateRecovery && t.Ring == m.commit.ring && t.Hop == 2*n && self == 0 && t.Hop > m.commit.hop:
		// Once only: a duplicate must not start a second token.
		m.commit.hop = t.Hop
		m.commit.token = nil
		m.firstToken()
	}
}

// finishCommit enters recovery and passes the commit token on, as soon as the ring's mark is stored: from then on others use its
// id. A disk that takes too long is a commit token that was lost.
func (m *Machine) finishCommit() {
	t := m.commit.shown
	if t == nil || !m.covered(Mark{Ring: t.Ring.Seq, Position: m.firstPosition() + stragglers}) {
		return
	}
	m.commit.shown = nil
	m.startRecovery()
	if len(t.Entries) > 1 {
		m.forwardCommit(t)
	}
}

func (m *Machine) proposes(t *wire.CommitToken) bool {
	ids := m.proposed()
	if len(ids) != len(t.Entries) {
		return false
	}
	for i := range ids {
		if ids[i] != t.Entries[i].ID {
			return false
		}
	}
	return true
}

func (m *Machine) tickCommit() {
	m.retransmitCommit()
	if m.due(m.commit.lossAt) {
		m.breakRecovery("the commit token was lost")
	}
}

func (m *Machine) retransmitCommit() {
	c := &m.commit
	if c.token == nil || !m.due(c.retransmitAt) {
		return
	}
	m.Coverage.CommitRetransmitted++
	c.retransmitAt = m.now.Add(m.cfg.Timing.CommitRetransmit)
	next := c.entries[(c.index(m.cfg.Self.ID)+1)%len(c.entries)].ID
	m.unicast(next, wire.ClassToken, 0, c.token)
}

func (m *Machine) deadlineCommit() time.Time {
	return earliest(m.commit.retransmitAt, m.commit.lossAt)
}

// salt is what the ring's keys are derived from besides the cluster's key: the ring's id and every member's fresh nonce, so
// that packets of old rings are dead even to a member that was restarted.
func salt(ring wire.RingID, entries []wire.CommitEntry) (s [32]byte) {
	h := sha256.New()
	var seq [8]byte
	binary.BigEndian.PutUint64(seq[:], ring.Seq)
	h.Write(seq[:])
	h.Write(ring.Rep[:])
	for i := range entries {
		h.Write(entries[i].ID[:])
		h.Write(entries[i].Nonce[:])
	}
	h.Sum(s[:0])
	return s
}

// stragglers is more than the messages that one rotation can number.
const stragglers = ordering.MostMessages + 1

// newRing makes the ring whose commit token has gone round.
func (m *Machine) newRing() *ordering.Ring {
	ids := make([]wire.MemberID, len(m.commit.entries))
	for i := range m.commit.entries {
		ids[i] = m.commit.entries[i].ID
	}
	return ordering.NewRing(m.commit.ring, ids, m.commit.index(m.cfg.Self.ID), m.cfg.Limits, m.firstPosition())
}

// firstPosition is the position above which the new ring numbers: above all that its members know. A member that was cut off may
// have numbered, and delivered alone, up to a rotation's messages that nobody here has seen: their positions are not given again.
func (m *Machine) firstPosition() wire.Position {
	var position wire.Position
	for i := range m.commit.entries {
		position = max(position, m.commit.entries[i].Position)
	}
	return position + stragglers
}
