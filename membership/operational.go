package membership

// The ring in operation, and in recovery, which uses the same token: visits, forwarding, retransmission, rest and loss.

import (
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/ordering"
)

// tokenState is what a member knows of the token on the current ring.
type tokenState struct {
	last         *wire.Token // as last forwarded, for retransmission
	held         *wire.Token // resting here
	parked       *wire.Token // waiting here until a mark is stored
	stay         stay
	lossAt       time.Time
	retransmitAt time.Time
	restAt       time.Time // a resting token goes round again
	announceAt   time.Time // all are told that it rests here
	wanted       bool      // somebody asked for it before it was here
	resent       bool      // it was sent again since it was last here
	wakeAt       time.Time // a wake that brought no token is repeated
	forwarded    time.Time
	rotation     time.Duration // smoothed time of a rotation in which somebody sent
	again        bool          // alone on the ring: another visit is due at once
	watch        aruWatch
}

// idle is how many idle hops prove that everything is everywhere, and known to be. At an idle hop aru is seq, and whoever has passed on
// such an aru twice knows that all is safe: the others have, before the token comes here again, and who lets it rest counts its
// coming as the second time (ordering.Ring.Rest).
func idle(r *ordering.Ring) uint32 { return uint32(2*r.Len() - 1) }

// patience is how many idle hops it takes until nobody can learn anything more from the token, and it has gone round for a while without
// having to be sent again: then nobody has to be told where it rests, and nobody sends it again before it should have come round.
func patience(r *ordering.Ring) uint32 { return uint32(calmRotations * r.Len()) }

// calmRotations are those, two of them for what there is to learn.
const calmRotations = 2 + 16

// receiveData stores a packet, and delivers when the ring is installed.
func (m *Machine) receiveData(r *ordering.Ring, from wire.MemberID, d *wire.Data) {
	if !r.Add(d) {
		return
	}
	if r != m.ring {
		return
	}
	if origin := r.Members[d.Origin]; origin != from && m.state == StateOperational {
		m.heardThrough(origin)
	}
	m.progress(d.Seq)
	if d.Flags&wire.DataRecovered != 0 {
		m.recovered(d)
	}
	if m.state == StateOperational {
		m.deliverRegular()
	}
}

// progress notes a packet numbered after the token was passed on: the next member has it.
func (m *Machine) progress(seq uint64) {
	if t := &m.token; t.last != nil && seq > t.last.Seq {
		t.retransmitAt = time.Time{}
	}
}

// deliverRegular hands up what the release rules allow.
func (m *Machine) deliverRegular() {
	for m.state == StateOperational {
		d := m.ring.NextDelivery(m.enough())
		if d == nil {
			return
		}
		m.assemble(m.ring, d, false, true)
	}
}

// assemble hands up the messages that end in a packet.
func (m *Machine) assemble(r *ordering.Ring, d *wire.Data, transitional, contiguous bool) {
	m.chained(r.Context, d)
	m.watchPacket(WatchDelivered, d)
	m.assembler.Packet(d, r.Members[d.Origin], func(msgs ordering.Messages) {
		if transitional && msgs.Order == wire.OrderSafe {
			m.Coverage.TransitionalSafe += len(msgs.Whole)
		}
		m.out.Deliver(Delivery{Kind: DeliverMessages, Messages: msgs, Transitional: transitional, Contiguous: contiguous})
	})
}

func (m *Machine) receiveToken(from wire.MemberID, t *wire.Token) {
	if from != m.ring.Previous() || !m.ring.Plausible(t) {
		m.drop(from, "implausible %v", t)
		return
	}
	if m.token.held != nil {
		// The one before did not hear that the token rests here.
		m.unicast(from, wire.ClassToken, m.ring.Context, &wire.Wake{TokenSeq: m.token.held.TokenSeq, Holds: true})
		return
	}
	if m.token.parked != nil || !m.ring.Fresh(t) {
		m.Coverage.StaleTokens++
		return
	}
	if m.state == StateRecovery && m.commit.token != nil {
		m.commit.token = nil // the new ring's token is round: nobody waits for the commit token
	}
	m.nextLives()
	m.token.lossAt = m.now.Add(m.cfg.Timing.TokenLoss)
	m.token.retransmitAt = time.Time{}
	m.token.wakeAt = time.Time{}
	if m.rests(t) {
		m.token.held = t
		m.token.restAt = m.now.Add(m.cfg.Timing.Rest)
		if t.IdleHops < patience(m.ring)+uint32(m.ring.Len()) {
			m.token.announceAt = m.now.Add(m.cfg.Timing.TokenRetransmit / 2)
		}
		m.Coverage.Rested++
		m.ring.Rest(t)
		m.deliverRegular()
		return
	}
	m.visitToken(t)
}

// rests reports whether the token stays here: it has gone round idle long enough, this is where it was last used, and there
// is nothing to send.
func (m *Machine) rests(t *wire.Token) bool {
	return m.state == StateOperational && t.IdleHops >= idle(m.ring) && m.restPlace(t) == m.ring.Self && !m.token.wanted &&
		m.source.Backlog() == 0
}

// restPlace is where an idle token rests: with whoever numbered last, who is likely to number next.
func (m *Machine) restPlace(t *wire.Token) int {
	if int(t.LastSender) < m.ring.Len() {
		return int(t.LastSender)
	}
	return 0
}

func (m *Machine) receiveWake(w *wire.Wake) {
	if w.Holds {
		if m.token.last != nil && w.TokenSeq >= m.token.last.TokenSeq {
			m.token.retransmitAt = time.Time{}
			m.nextLives()
		}
		return
	}
	if m.token.held != nil {
		m.Coverage.Woken++
		m.release()
		return
	}
	// The token is on its way here, or has just left: where it would come to rest it goes on.
	m.token.wanted = true
	m.hurry()
}

// hurry ends the patience with a token that had nothing to tell: somebody has something to send.
func (m *Machine) hurry() {
	t, usual := &m.token, m.retransmit()
	if !t.retransmitAt.After(m.now.Add(usual)) {
		return
	}
	t.retransmitAt = t.forwarded.Add(usual)
	if t.retransmitAt.Before(m.now) {
		t.retransmitAt = m.now
	}
}

// release lets a resting token go on.
func (m *Machine) release() {
	t := m.token.held
	m.token.held = nil
	m.token.restAt, m.token.announceAt = time.Time{}, time.Time{}
	m.token.lossAt = m.now.Add(m.cfg.Timing.TokenLoss)
	m.visitToken(t)
}

// Kick tells the machine that its source has something to send.
func (m *Machine) Kick() {
	if m.state != StateOperational || m.left {
		return
	}
	t := &m.token
	switch {
	case m.ring.Len() == 1:
		t.again = true
		m.visitAlone()
	case m.Stays(): // until Settled
	case t.held != nil:
		m.release()
	case t.wakeAt.IsZero() && m.mayRest():
		m.wake()
	}
}

// mayRest reports whether the token, as last seen, may come to rest before it is here again.
func (m *Machine) mayRest() bool {
	t := m.token.last
	return t != nil && t.IdleHops+uint32(m.ring.Len()) >= idle(m.ring)
}

// Expects reports whether the token is on its way here, or stays here until Settled, and needs no Kick.
func (m *Machine) Expects() bool {
	if m.state != StateOperational || m.left || m.ring.Len() == 1 || m.token.held != nil || m.token.parked != nil {
		return false
	}
	return m.Stays() || m.token.last != nil && !m.mayRest()
}

// wake asks the member at which the token rests, as far as known here, to let it go. If the token does not come, all are asked (see
// tickToken): it may be lost, and nobody else may miss it yet.
func (m *Machine) wake() {
	if place := m.restPlace(m.token.last); place != m.ring.Self {
		m.unicast(m.ring.Members[place], wire.ClassToken, m.ring.Context, &wire.Wake{TokenSeq: m.token.last.TokenSeq})
	}
	m.token.wakeAt = m.now.Add(m.cfg.Timing.TokenRetransmit)
	m.hurry()
}

// visitToken does what the token allows and passes it on, or keeps it for a moment.
func (m *Machine) visitToken(t *wire.Token) {
	if m.ringSpent(t) || m.positionsSpent(t) {
		return
	}
	if !m.mayVisit(t) {
		m.token.parked = t
		m.Coverage.Parked++
		return
	}
	m.measure(t)
	m.token.wanted = false
	if m.state == StateRecovery {
		m.ring.Visit(t, &m.recovery, &m.visit)
		m.recoveryVisit(t)
		m.answered()
		m.passOn(t)
		return
	}
	may := m.mayStay(t)
	m.ring.Begin(t, m.source, &m.visit)
	m.answered()
	m.numbered()
	if may && m.stay(t, goesMost) {
		return
	}
	m.endVisit(t)
}

// answered multicasts what others asked for.
func (m *Machine) answered() {
	for _, d := range m.visit.Retransmit {
		m.multicast(m.ring, wire.ClassData, d)
	}
}

// numbered shows what was numbered.
func (m *Machine) numbered() {
	for _, d := range m.visit.New {
		m.watchPacket(WatchNumbered, d)
	}
}

// endVisit ends a visit in operation.
func (m *Machine) endVisit(t *wire.Token) {
	m.ring.End(t, m.source, &m.visit)
	m.passOn(t)
}

// passOn multicasts what was numbered, passes the token on, and only then delivers.
func (m *Machine) passOn(t *wire.Token) {
	first := m.visit.New
	var after []*wire.Data
	if m.state == StateOperational && m.visit.After > 0 {
		// In recovery all wait for the aru: there the token stays behind its packets.
		first, after = first[:len(first)-m.visit.After], first[len(first)-m.visit.After:]
		m.Coverage.Accelerated++
	}
	for _, d := range first {
		m.multicast(m.ring, wire.ClassData, d)
	}
	m.forward(t)
	for _, d := range after {
		m.multicast(m.ring, wire.ClassData, d)
	}
	m.watchAru(t)
	if m.state == StateGather {
		return
	}
	if m.state == StateRecovery && m.recovery.install {
		m.install()
	}
	if m.state == StateOperational {
		m.deliverRegular()
	}
}

// measure smooths the rotation time over rotations in which the token did not rest.
func (m *Machine) measure(t *wire.Token) {
	if !m.token.forwarded.IsZero() && t.IdleHops < idle(m.ring) {
		d := m.now.Sub(m.token.forwarded)
		m.ring.Took(d)
		if m.token.rotation == 0 {
			m.token.rotation = d
		} else {
			m.token.rotation += (d - m.token.rotation) / 8
		}
		l := &m.liveness
		if l.pace == 0 {
			l.pace = m.cfg.Timing.TokenRetransmit / 4 // the first rotation may have lost much: no ring begins slow
		}
		l.pace = min(d, l.pace+l.pace/16)
	}
	m.token.forwarded = m.now
}

func (m *Machine) forward(t *wire.Token) {
	m.token.last = t
	m.token.lossAt = m.now.Add(m.cfg.Timing.TokenLoss)
	m.token.retransmitAt = m.now.Add(m.retransmit())
	if m.token.resent {
		m.token.resent = false
		t.IdleHops = min(t.IdleHops, idle(m.ring))
	}
	if m.state == StateOperational && t.IdleHops >= patience(m.ring) {
		m.token.retransmitAt = m.token.retransmitAt.Add(m.cfg.Timing.Rest)
	}
	m.pass(m.ring, t)
}

// retransmit is how long to wait for a sign of the token's progress: longer on a ring that is slow. What it waits for is in the
// measured rotations as well, so they must not drive it: the pace follows a faster rotation at once and a slower one little by little.
func (m *Machine) retransmit() time.Duration {
	return max(m.cfg.Timing.TokenRetransmit, min(4*m.liveness.pace, m.cfg.Timing.TokenLoss/4))
}

func (m *Machine) tickToken() {
	t := &m.token
	if m.ring.Len() == 1 {
		m.visitAlone()
		return
	}
	if m.state == StateRecovery {
		m.retransmitCommit()
	}
	if m.due(t.announceAt) && t.held != nil {
		// Nobody sees a sign of the token's progress while it rests: all are told, or they would send it again.
		m.multicast(m.ring, wire.ClassToken, &wire.Wake{TokenSeq: t.held.TokenSeq, Holds: true})
		t.announceAt = time.Time{}
	}
	if m.due(t.restAt) && t.held != nil {
		m.release()
	}
	if m.Stays() && m.due(t.stay.until) {
		m.endStay()
	}
	if m.due(t.retransmitAt) && t.last != nil {
		m.Coverage.TokenRetransmitted++
		t.resent = true
		m.pass(m.ring, t.last)
		t.retransmitAt = m.now.Add(m.retransmit())
	}
	if m.due(t.wakeAt) && t.last != nil {
		t.wakeAt = time.Time{}
		if m.state == StateOperational && m.source.Backlog() > 0 {
			m.wake()
			m.multicast(m.ring, wire.ClassToken, &wire.Wake{TokenSeq: t.last.TokenSeq})
		}
	}
	if m.due(t.lossAt) {
		m.Coverage.TokensLost++
		if m.state == StateRecovery {
			m.breakRecovery("the token was lost in recovery")
			return
		}
		m.startGather("the token was lost", nil, wire.MemberID{}, 0)
	}
}

func (m *Machine) deadlineToken() time.Time {
	t := &m.token
	if m.ring.Len() == 1 {
		if t.again {
			return m.now
		}
		return time.Time{}
	}
	d := earliest(earliest(t.lossAt, t.retransmitAt), t.wakeAt)
	if m.state == StateRecovery && m.commit.token != nil {
		d = earliest(d, m.commit.retransmitAt)
	}
	if t.held != nil {
		d = earliest(d, earliest(t.restAt, t.announceAt))
	}
	if m.Stays() {
		d = earliest(d, t.stay.until)
	}
	return d
}

// visitAlone plays the token on a ring of one: each visit is a rotation.
func (m *Machine) visitAlone() {
	t := &m.token
	for range 8 {
		if !t.again || m.state != StateOperational {
			return
		}
		if m.ringSpent(t.last) {
			continue
		}
		if m.positionsSpent(t.last) {
			t.again = false
			return
		}
		if !m.mayVisit(t.last) {
			t.parked, t.again = t.last, false
			m.Coverage.Parked++
			return
		}
		m.ring.Visit(t.last, m.source, &m.visit)
		for _, d := range m.visit.New {
			m.watchPacket(WatchNumbered, d)
		}
		t.last.TokenSeq = m.ring.TokenSeq() + 1
		t.again = t.last.IdleHops < idle(m.ring)
		m.deliverRegular()
		t.again = t.again || m.source.Backlog() > 0
	}
}
