package membership

// Strangers: members of no ring of ours that want to be on this one. A ring of several that has just been installed lets them gather for a
// moment, so that many who come at about the same time cost few rings, and each group few views.

import (
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// strangersState is who waits for a young ring to grow up.
type strangersState struct {
	ripeAt  time.Time // when the ring is old enough
	waiting []wire.MemberID
	from    time.Time // when they are let in; zero: nobody waits
}

// ripen says that a ring was installed. Strangers wait for half of the time after which they would give up a member that does not answer.
func (m *Machine) ripen() {
	m.strangers, m.liveness.mergeLate = strangersState{}, false
	if m.ring.Len() > 1 {
		m.strangers.ripeAt = m.now.Add(m.cfg.Timing.Consensus / 2)
	}
}

// comes takes in a stranger that was heard: at once, with all who wait, or a little later. It reports whether gather has begun.
func (m *Machine) comes(id wire.MemberID, why string) bool {
	s := &m.strangers
	if !slices.Contains(s.waiting, id) && len(s.waiting) < wire.MaxMembers {
		s.waiting = append(s.waiting, id)
	}
	if m.now.Before(s.ripeAt) {
		s.from = s.ripeAt
		return false
	}
	m.letIn(why)
	return true
}

// letIn begins a ring with all strangers that wait.
func (m *Machine) letIn(why string) {
	waiting := m.strangers.waiting
	m.strangers = strangersState{}
	waiting = slices.DeleteFunc(waiting, func(id wire.MemberID) bool { return !m.admit(m.Info(id)) })
	if m.state == StateOperational && len(waiting) > 0 {
		m.startGather(why, waiting, wire.MemberID{}, 0)
	}
}
