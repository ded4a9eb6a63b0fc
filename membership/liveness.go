package membership

// Who is alive: probes of quiet neighbours, probes that verify a hint, and who may bear a name.

import (
	"net/netip"
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/ordering"
)

// livenessState is what watching others needs.
type livenessState struct {
	nextProbe  time.Time // a neighbour is not probed again before
	nextBeacon time.Time
	mergeAt    time.Time // when rings that proved that all hear all are merged
	mergeLate  bool      // that was put off once on this ring
	beacons    int       // sent so far: the first ones follow each other quickly
	nonce      uint64
	doubted    []wire.MemberID // who is being probed because of a hint, and some who were
	pace       time.Duration   // of a rotation in which nothing had to be repeated, as far as known
	// The neighbours on the ring in operation, looked up once.
	watched        *ordering.Ring
	next, previous *peer
	// When they have to be looked after, or a little earlier: signs of life move it on only when it is near.
	watchAt   time.Time
	watchRing *ordering.Ring // nil: no ring is in operation
}

// A hint is verified by probes at these times after it; silence at the end of the last is death.
var (
	hintProbes  = [...]time.Duration{0, 20 * time.Millisecond, 60 * time.Millisecond}
	hintVerdict = 100 * time.Millisecond
)

// Hint says that a member's socket seems closed. Anyone could forge that, so only unanswered probes count.
func (m *Machine) Hint(id wire.MemberID) {
	if p := m.book[id]; p != nil && !p.probing && id != m.cfg.Self.ID && (m.onRing(id) || m.gather.proc[id]) {
		m.verify(p)
	}
}

// verify begins to probe a member.
func (m *Machine) verify(p *peer) {
	p.probing, p.overheard, p.probes, p.probeStart, p.probeNonce = true, false, 0, m.now, m.liveness.nonce+1
	if !slices.Contains(m.liveness.doubted, p.info.ID) {
		m.liveness.doubted = append(m.liveness.doubted, p.info.ID)
	}
	m.probePeer(p)
}

func (m *Machine) probePeer(p *peer) {
	for p.probes < len(hintProbes) && !m.now.Before(p.probeStart.Add(hintProbes[p.probes])) {
		p.probes++
		m.sendProbe(p.info.ID)
	}
}

func (m *Machine) sendProbe(id wire.MemberID) {
	m.liveness.nonce++
	m.unicast(id, wire.ClassControl, 0, &wire.Probe{Nonce: m.liveness.nonce, Ring: m.Ring()})
}

func (m *Machine) receiveProbe(from netip.AddrPort, sender wire.MemberID, p *wire.Probe) {
	if p.Answer {
		if q := m.book[sender]; q.probing && p.Nonce >= q.probeNonce {
			q.probing = false
		}
		return
	}
	if _, ok := m.address(sender); ok {
		m.unicast(sender, wire.ClassControl, 0, &wire.Probe{Answer: true, Nonce: p.Nonce, Ring: m.Ring()})
		return
	}
	m.out.Send(Send{To: []netip.AddrPort{from}, Class: wire.ClassControl, Body: m.body(&wire.Probe{Answer: true, Nonce: p.Nonce, Ring: m.Ring()})})
}

func (m *Machine) tickLiveness() {
	m.tickHints()
	if m.due(m.watchDeadline()) {
		if m.due(m.deadlineWatch()) {
			m.watchNeighbours()
		}
		m.liveness.watchAt = m.deadlineWatch()
	}
	if m.due(m.liveness.nextBeacon) {
		m.sendBeacons()
	}
	if m.due(m.liveness.mergeAt) {
		m.mergeProved()
	}
	if m.due(m.strangers.from) {
		m.letIn("heard others when the ring was new")
	}
}

func (m *Machine) deadlineLiveness() time.Time {
	d := earliest(earliest(m.watchDeadline(), m.liveness.nextBeacon), earliest(m.liveness.mergeAt, m.strangers.from))
	for _, id := range m.liveness.doubted {
		if p := m.book[id]; p != nil && p.probing {
			next := p.probeStart.Add(hintVerdict)
			if p.probes < len(hintProbes) {
				next = p.probeStart.Add(hintProbes[p.probes])
			}
			d = earliest(d, next)
		}
	}
	return d
}

// tickHints sends the probes that are due and gives up whom none was answered by.
func (m *Machine) tickHints() {
	l := &m.liveness
	if len(l.doubted) == 0 {
		return
	}
	var dead, doubted []wire.MemberID
	l.doubted = slices.DeleteFunc(l.doubted, func(id wire.MemberID) bool { return m.book[id] == nil || !m.book[id].probing })
	for _, id := range l.doubted {
		if m.now.Before(m.book[id].probeStart.Add(hintVerdict)) {
			doubted = append(doubted, id)
		} else {
			dead = append(dead, id)
		}
	}
	sortIDs(dead)
	sortIDs(doubted)
	for _, id := range dead {
		if p := m.book[id]; p != nil {
			p.probing = false
			if p.overheard {
				m.doubt(id)
				continue
			}
		}
		m.suspect(id, wire.ReasonCrash, "its socket is closed and it answers no probe")
	}
	for _, id := range doubted {
		if p := m.book[id]; p != nil && p.probing {
			m.probePeer(p)
		}
	}
}

// doubt begins a new ring because a member that lives is not heard here. Who has to go is for all to judge.
func (m *Machine) doubt(id wire.MemberID) {
	if m.state == StateOperational && m.ring.Index(id) >= 0 {
		m.out.Notice(Notice{Kind: NoticeSuspect, Ring: m.Ring(), Member: id, Text: "its packets come only through others and it answers no probe"})
		m.startGather("does not hear "+m.name(id)+" though others do", nil, wire.MemberID{}, 0)
	}
}

// quietMost is how long a neighbour may be quiet before it is probed: a resting token comes by once in about Probe. What it tells of the
// next member is a rotation old (see nextLives).
func (m *Machine) quietMost(id wire.MemberID) time.Duration {
	if id == m.ring.Next() {
		return m.cfg.Timing.Probe * 9 / 4
	}
	return m.cfg.Timing.Probe * 3 / 2
}

// neighbours calls f with those on both sides of this member in the ring, once if they are one.
func (m *Machine) neighbours(f func(id wire.MemberID, p *peer)) {
	if m.state != StateOperational || m.ring.Len() < 2 {
		return
	}
	l := &m.liveness
	if l.watched != m.ring {
		// A ring's members are never forgotten while it is in operation.
		l.watched, l.next, l.previous = m.ring, m.book[m.ring.Next()], m.book[m.ring.Previous()]
	}
	if l.next != nil {
		f(m.ring.Next(), l.next)
	}
	if l.previous != nil && l.previous != l.next {
		f(m.ring.Previous(), l.previous)
	}
}

// watchDeadline is no later than deadlineWatch, and cheap: it is looked up again only when it is near. So it does not come on an idle
// ring either, where signs of life are rarer than on any other and still come in time.
func (m *Machine) watchDeadline() time.Time {
	l, now := &m.liveness, m.ring
	if m.state != StateOperational {
		now = nil
	}
	if l.watchRing != now || now != nil && m.now.Add(m.cfg.Timing.Probe*3/4).After(l.watchAt) {
		l.watchRing, l.watchAt = now, m.deadlineWatch()
	}
	return l.watchAt
}

// deadlineWatch is when a neighbour will have been quiet for so long that something has to be done. Each sign of it moves that on.
func (m *Machine) deadlineWatch() (d time.Time) {
	m.neighbours(func(id wire.MemberID, p *peer) {
		look := p.heard.Add(m.quietMost(id))
		if look.Before(m.liveness.nextProbe) {
			look = m.liveness.nextProbe
		}
		d = earliest(d, earliest(look, p.heard.Add(m.cfg.Timing.Silence)))
	})
	return d
}

// watchNeighbours probes the two neighbours on the ring when they are quiet, and gives up one that has been silent too long.
func (m *Machine) watchNeighbours() {
	var silent wire.MemberID
	var silence time.Duration
	probe := m.due(m.liveness.nextProbe)
	m.neighbours(func(id wire.MemberID, p *peer) {
		switch quiet := m.now.Sub(p.heard); {
		case quiet >= m.cfg.Timing.Silence:
			if silence == 0 {
				silent, silence = id, quiet
			}
		case probe && quiet >= m.quietMost(id):
			m.sendProbe(id)
			m.liveness.nextProbe = m.now.Add(m.cfg.Timing.Probe)
		}
	})
	if silence > 0 {
		m.suspect(silent, wire.ReasonPartition, "it has been silent for "+silence.Round(time.Millisecond).String())
	}
}

// nextLives notes that the next member has passed the token on since it got it from here: whoever has it now, or says that it
// rests there, is further on.
func (m *Machine) nextLives() {
	if p := m.book[m.ring.Next()]; p != nil && p.heard.Before(m.token.forwarded) {
		p.heard = m.token.forwarded
	}
}

// suspect gives a member up: the next ring is formed without it.
func (m *Machine) suspect(id wire.MemberID, reason wire.Reason, why string) {
	if id == m.cfg.Self.ID || !m.onRing(id) && !m.gather.proc[id] {
		return
	}
	m.out.Notice(Notice{Kind: NoticeSuspect, Ring: m.Ring(), Member: id, Text: why})
	switch m.state {
	case StateOperational:
		m.startGather("gave up "+m.name(id)+": "+why, nil, id, reason)
		return
	case StateCommit, StateRecovery:
		if m.commit.index(id) < 0 {
			return
		}
		if m.state == StateRecovery {
			m.Coverage.CrashInRecovery++
		}
		m.breakRecovery("gave up " + m.name(id) + ": " + why)
	}
	if m.state == StateGather && m.gather.fail[id] < reason {
		m.gather.fail[id] = reason
		m.gather.proc[id] = true
		m.shiftGather()
	}
}

func (m *Machine) name(id wire.MemberID) string {
	if p := m.book[id]; p != nil && p.info.Name != "" {
		return p.info.Name
	}
	return id.String()
}

// SetSeeds replaces the addresses at which others may be found, and tries them at once.
func (m *Machine) SetSeeds(seeds []netip.AddrPort) {
	m.seeds = seeds
	m.liveness.nextBeacon = m.now
}

// admit decides about a newcomer whose name somebody has: the old one is probed; an answer refuses the newcomer, silence
// buries the old one.
func (m *Machine) admit(info wire.Info) bool {
	self := m.cfg.Self.ID
	if info.ID.SameName(self) && info.ID != self {
		if info.ID.Incarnation() > self.Incarnation() {
			m.refuse(info.ID)
		}
		return false
	}
	known := m.ring
	if known == nil {
		known = m.old
	}
	for _, id := range known.Members {
		if id == info.ID || !id.SameName(info.ID) || m.gather.fail[id] != 0 && m.state != StateOperational {
			continue
		}
		p := m.book[id]
		if p == nil || p.probing {
			return false
		}
		if info.ID.Incarnation() < id.Incarnation() {
			return false // the newcomer is the one on this ring; whoever has the older one refuses it
		}
		m.verify(p)
		m.unicast(id, wire.ClassControl, 0, &wire.Beacon{Sender: info, Ring: m.Ring(), Size: uint16(known.Len())})
		return false
	}
	return true
}

// refuse tells a newcomer that its name is taken.
func (m *Machine) refuse(id wire.MemberID) {
	m.Coverage.Refused++
	m.unicast(id, wire.ClassControl, 0, &wire.Leave{Sender: id})
}
