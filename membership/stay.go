package membership

// A member that alone sends keeps the token for a moment: until the handlers of what it numbered have run, so that what they send is numbered
// in the same visit instead of a rotation later. On the wire that is a visit that takes a little longer; what it may number altogether
// does not change, nor what it writes on the token when it goes. See docs/divergence.md.

import (
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	// goesMost is how often more may be numbered in one visit.
	goesMost = 4
	// stayMost is how long the token stays when nobody says that the handlers have run.
	stayMost = time.Millisecond
	// vainMost is how many visits at most go by without a stay, when stays have been in vain again and again.
	vainMost = 64
)

// A stay is a visit that has not ended.
type stay struct {
	token *wire.Token // numbered on, and not passed on yet; nil: there is none
	until time.Time
	goes  int // how often more may be numbered

	vain int // how many visits went without a stay after the last one in vain; 0: it was not
	skip int // how many still do
}

// Stays reports whether the token waits here for what the handlers send: whoever runs them is to call Settled soon.
func (m *Machine) Stays() bool { return m.token.stay.token != nil }

// mayStay reports whether this is a visit for a stay, before anything is numbered in it.
func (m *Machine) mayStay(t *wire.Token) bool {
	s := &m.token.stay
	if m.state != StateOperational || m.left || !m.ring.Alone(t) {
		return false
	}
	if s.skip > 0 {
		s.skip--
		return false
	}
	return true
}

// stay multicasts what was numbered, delivers it, and keeps the token, if that can lead to anything. If not, all is left to endVisit.
func (m *Machine) stay(t *wire.Token, goes int) bool {
	if goes == 0 || !m.ring.Answerable(m.source, &m.visit) {
		return false
	}
	s := &m.token.stay
	s.token, s.goes, s.until = t, goes, m.now.Add(stayMost)
	m.multicast(m.ring, wire.ClassData, m.visit.New[0])
	m.visit.New = m.visit.New[:0]
	m.Coverage.Stayed++
	m.deliverRegular()
	return true
}

// Settled says that the handlers of what was delivered have run, and that what they sent is with the source.
func (m *Machine) Settled() {
	s := &m.token.stay
	t := s.token
	if t == nil || m.left {
		return
	}
	if m.source.Backlog() == 0 {
		m.endStay()
		return
	}
	m.Coverage.StayedOn++
	s.goes--
	m.ring.More(t, m.source, &m.visit)
	m.numbered()
	if !m.stay(t, s.goes) {
		m.endStay()
	}
}

// endStay passes the token on. Stays in which nothing came are made fewer: whoever has nothing to say to an answer, or waits for somebody
// else first, makes the others wait for nothing.
func (m *Machine) endStay() {
	t, vain := m.token.stay.token, 0
	if m.token.stay.goes == goesMost {
		vain = min(max(1, 2*m.token.stay.vain), vainMost)
	}
	m.token.stay = stay{vain: vain, skip: vain}
	m.token.forwarded = m.now // no rotation is measured with a stay in it
	m.endVisit(t)
}
