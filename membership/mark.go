package membership

// Marks: what a run of this member may have used up, kept where it outlives the run. Totem keeps the ring sequence on stable
// storage: "write ring_seq to stable storage" before the commit token is forwarded the second time. A position is a fence and must
// not come twice either. Both are stored ahead of their use, so that a disk is waited for once in many rings.

import (
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A Mark bounds ring sequences and positions: none above it was used.
type Mark struct {
	Ring     uint64
	Position wire.Position
}

// ahead is how far beyond its use a mark is stored, where Config does not say: the rings of a bad day, and half a minute of
// positions at the pace of the clock (see Machine.installAlone).
var ahead = Mark{Ring: 64, Position: 1 << 26}

// Covers reports whether both bounds are at least o's.
func (k Mark) Covers(o Mark) bool { return k.Ring >= o.Ring && k.Position >= o.Position }

// Plus returns the mark further on by o, or the last there is.
func (k Mark) Plus(o Mark) Mark {
	return Mark{Ring: LastRing - clip(LastRing, k.Ring, o.Ring), Position: LastPosition - clip(LastPosition, k.Position, o.Position)}
}

// clip is what is left of last after two steps, or nothing.
func clip[T uint64 | wire.Position](last, a, b T) T {
	left := last - min(a, last)
	return left - min(b, left)
}

func (k Mark) union(o Mark) Mark {
	return Mark{Ring: max(k.Ring, o.Ring), Position: max(k.Position, o.Position)}
}

// aheadOf is how much is stored beyond what is needed. Less than two rotations of positions would stop the token at every visit.
func (c *Config) aheadOf() Mark {
	a := c.Ahead
	if a.Ring == 0 {
		a.Ring = ahead.Ring
	}
	if a.Position == 0 {
		a.Position = ahead.Position
	}
	return Mark{Ring: a.Ring, Position: max(a.Position, 4*stragglers)}
}

// covered reports whether a mark is stored, so that what it bounds may be used; where nothing is stored, everything may. It asks
// in time for more: once for each half of what is stored ahead.
func (m *Machine) covered(need Mark) bool {
	if m.stored == (Mark{}) {
		return true
	}
	a := m.cfg.aheadOf()
	if soon := need.Plus(Mark{Ring: a.Ring / 2, Position: a.Position / 2}); !m.asked.Covers(soon) {
		m.asked = m.asked.union(need.Plus(a))
		m.out.Persist(m.asked)
	}
	return m.stored.Covers(need)
}

// mayVisit reports whether a token may be visited: one rotation from here on numbers nothing above what is stored. If not the
// token waits here, and with it the whole ring; who waits longer than a token may be lost is left out.
func (m *Machine) mayVisit(t *wire.Token) bool {
	return m.covered(Mark{Ring: m.ring.ID.Seq, Position: t.Position + stragglers})
}

// Persisted tells the machine that a mark it asked for is stored: whatever waited for it goes on.
func (m *Machine) Persisted(k Mark) {
	if m.left || m.stored == (Mark{}) {
		return
	}
	m.stored = m.stored.union(k)
	if m.state == StateCommit && m.commit.shown != nil {
		m.Coverage.CommitStored++
		m.finishCommit()
	}
	if t := m.token.parked; t != nil {
		m.token.parked = nil
		if m.ring.Len() == 1 {
			m.token.again = true
			m.visitAlone()
			return
		}
		m.visitToken(t)
	}
}

// FirstPosition is the position above which a run numbers that begins now: the time in milliseconds, shifted by 11, unless an
// earlier run may have come further.
func FirstPosition(now time.Time, begin Mark) wire.Position {
	return max(wire.Position(max(now.UnixMilli(), 0))<<11, begin.Position)
}

// FirstMark is what must be stored before a run begins, given the mark of the run before it.
func FirstMark(now time.Time, begin, ahead Mark) Mark {
	c := Config{Ahead: ahead}
	return Mark{Ring: begin.Ring, Position: FirstPosition(now, begin)}.Plus(c.aheadOf())
}
