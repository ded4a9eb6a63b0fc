package membership

// Beacons: separate rings find each other, and those that were separated for cause are let in again only on proof.
//
// A member that was given up without having crashed or left is barred: whatever made the others give it up may still be so, and
// to try again and again would break the ring again and again. Beacons to a barred member come in every way in which packets of
// a ring come: small ones as control and as token packets, and one as large as a data packet. They say whom of other rings their
// sender hears in all these ways, and of whom it was told to be heard. When all members of one ring have said that of all of
// the other, the two can be merged; until then nobody is disturbed. A stranger, or somebody who was reborn, needs no proof.

import (
	"net/netip"
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A bar is what is known of a member of another ring that was given up.
type bar struct {
	up    bool
	until time.Time // this side acts on no proof before: it was given up again and again though it was heard
	// The last beacon of each kind.
	heard [heardWays]time.Time
	// What its last control beacon said.
	at      time.Time
	ring    wire.RingID
	size    uint16
	mutual  map[wire.MemberID]bool // who hear it and are heard by it, as it knows
	hearsMe bool
}

// The ways in which packets of a ring come.
const (
	byControl = iota
	byToken
	byData
	heardWays
)

const (
	maxBeacons    = 64 // addresses that one round of beacons goes to
	nobodyToTell  = 8  // intervals until it is looked again whom to tell
	beaconsMissed = 3  // intervals after which a beacon proves nothing any more

	longestBar       = 6   // a bar lasts at most 2^6 intervals between beacons, 32 s by default, after proof could be had
	strikesForgotten = 240 // intervals after which it is forgotten how often somebody was given up
)

func (m *Machine) fresh(t time.Time) bool {
	return !t.IsZero() && m.now.Sub(t) < beaconsMissed*m.cfg.Timing.Beacon
}

// raiseBar bars a member that was given up. One that was heard all the while, and yet could not be on a ring, may prove again and
// again that single packets pass, and fail again under load: each time it waits longer.
func (m *Machine) raiseBar(p *peer) {
	p.bar = bar{up: true}
	if !m.hears(p.info.ID) {
		return
	}
	beacon := m.cfg.Timing.Beacon
	if m.now.Sub(p.struck) > strikesForgotten*beacon {
		p.strikes = 0
	}
	p.strikes, p.struck = p.strikes+1, m.now
	if p.strikes > 1 {
		p.bar.until = m.now.Add(beacon << min(p.strikes-2, longestBar))
	}
}

// hearsWell reports whether packets of every kind come from a member of another ring.
func (m *Machine) hearsWell(p *peer) bool {
	for _, t := range p.bar.heard {
		if !m.fresh(t) {
			return false
		}
	}
	return true
}

// barred lists who is barred and was heard of late, for Joins: whoever did not see why is told.
func (m *Machine) barred() (ids []wire.MemberID) {
	for _, id := range sortedKeys(m.book) {
		if p := m.book[id]; p.bar.up && m.fresh(p.heard) && len(ids) < wire.MaxMembers {
			ids = append(ids, id)
		}
	}
	return ids
}

// keepsOut reports whether a Join comes from a barred member and brings no proof.
func (m *Machine) keepsOut(sender wire.MemberID, j *wire.Join) bool {
	p := m.book[sender]
	return p != nil && p.bar.up && !slices.Contains(j.Proved, m.cfg.Self.ID)
}

// readBars takes over what a Join of somebody who is let in says about others.
func (m *Machine) readBars(j *wire.Join) {
	for _, id := range j.Barred {
		if p := m.book[id]; p != nil && id != m.cfg.Self.ID && m.old.Index(id) < 0 {
			p.bar.up = true
		}
	}
	m.takeProof(j.Proved)
	if slices.Contains(j.Proved, m.cfg.Self.ID) {
		var ids []wire.MemberID
		for i := range j.Proc {
			if id := j.Proc[i].ID; m.old.Index(id) < 0 && !failed(j, id) {
				ids = append(ids, id)
			}
		}
		m.takeProof(ids)
	}
}

// takeProof makes a proof this member's own: its Joins carry it on to those who have not heard of it.
func (m *Machine) takeProof(ids []wire.MemberID) {
	g := &m.gather
	for _, id := range ids {
		if p := m.book[id]; p == nil || id == m.cfg.Self.ID || slices.Contains(g.proved, id) || len(g.proved) >= wire.MaxMembers {
			continue
		}
		m.book[id].bar.up = false
		g.proved = append(slices.Clip(g.proved), id)
		sortIDs(g.proved)
	}
}

// sendBeacons tells addresses that are not on the ring about it: seeds, and members of former rings, so that rings merge when
// they can hear each other again, for ever.
func (m *Machine) sendBeacons() {
	l := &m.liveness
	// A starting member asks at 0, 50, 100, 200 ... until its interval is reached.
	wait := m.cfg.Timing.Beacon
	if l.beacons < 4 {
		wait = min(wait, 50*time.Millisecond<<l.beacons)
	}
	l.beacons++
	l.nextBeacon = m.now.Add(wait)
	if m.state != StateOperational {
		return
	}
	to, barred := m.beaconed()
	if len(to) == 0 {
		l.nextBeacon = m.now.Add(nobodyToTell * m.cfg.Timing.Beacon) // see beaconSoon
		return
	}
	b := m.beacon()
	for _, id := range sortedKeys(m.book) {
		if p := m.book[id]; m.hearsWell(p) && m.ring.Index(id) < 0 && len(b.Hears) < wire.MaxMembers {
			b.Hears = append(b.Hears, wire.Heard{ID: id, Mutual: p.bar.hearsMe && m.fresh(p.bar.at)})
		}
	}
	if len(barred) > 0 {
		m.describeBar(b)
		small := wire.Beacon{Sender: m.cfg.Self, Ring: b.Ring, Size: b.Size}
		m.out.Send(Send{To: barred, Class: wire.ClassToken, Body: m.body(&small)})
		large := small
		large.Padding = max(1, m.cfg.Limits.Body-len(small.Append(nil))-beaconPaddingHeader)
		m.out.Send(Send{To: barred, Class: wire.ClassData, Body: m.body(&large)})
	}
	m.out.Send(Send{To: to, Class: wire.ClassControl, Body: m.body(b)})
}

// beaconSoon ends the longer wait of a ring that had nobody to tell: there may be somebody now.
func (m *Machine) beaconSoon() {
	m.liveness.nextBeacon = earliest(m.liveness.nextBeacon, m.now.Add(m.cfg.Timing.Beacon))
}

// beaconed is where this round's beacons go: to those barred members that were heard of late, who are also among the first, and to
// seeds and former members in turn, maxBeacons of them.
func (m *Machine) beaconed() (to, barred []netip.AddrPort) {
	taken := map[netip.AddrPort]bool{}
	for _, id := range m.ring.Members {
		for _, a := range m.Info(id).Addrs {
			taken[a.Addr] = true
		}
	}
	add := func(list *[]netip.AddrPort, a netip.AddrPort) {
		if !taken[a] {
			taken[a] = true
			*list = append(*list, a)
		}
	}
	ids := sortedKeys(m.book)
	for _, id := range ids {
		if p := m.book[id]; p.bar.up && m.fresh(p.heard) && len(barred) < maxBeacons {
			if a, ok := m.address(id); ok {
				add(&barred, a)
			}
		}
	}
	var others []netip.AddrPort
	for _, a := range m.seeds {
		add(&others, a)
	}
	for _, id := range ids {
		if a, ok := m.address(id); ok {
			add(&others, a)
		}
	}
	to = slices.Clone(barred)
	for i := range min(len(others), maxBeacons) {
		to = append(to, others[(i+m.liveness.beacons*maxBeacons)%len(others)])
	}
	return to, barred
}

func (m *Machine) beacon() *wire.Beacon {
	return &wire.Beacon{Sender: m.cfg.Self, Ring: m.Ring(), Size: uint16(m.ring.Len())}
}

// describeBar adds what somebody who is barred has to know.
func (m *Machine) describeBar(b *wire.Beacon) {
	for _, id := range m.ring.Members {
		b.Members = append(b.Members, m.Info(id))
	}
	b.Barred = m.barred()
}

// tellBarred answers a Join of somebody who is barred: to seek a ring with this one is no use before there is proof.
func (m *Machine) tellBarred(id wire.MemberID) {
	b := m.beacon()
	m.describeBar(b)
	m.unicast(id, wire.ClassControl, 0, b)
}

// barredBy takes over what a beacon says about this member: the bar is on both sides, and for all of that ring.
func (m *Machine) barredBy(p *peer, b *wire.Beacon) {
	if !slices.Contains(b.Barred, m.cfg.Self.ID) {
		return
	}
	gone := []wire.MemberID{p.info.ID}
	for i := range b.Members {
		if id := b.Members[i].ID; id != m.cfg.Self.ID && m.installed().Index(id) < 0 {
			m.remember(b.Members[i]).bar.up = true
			gone = append(gone, id)
		}
	}
	p.bar.up = true
	if m.state != StateGather {
		return
	}
	changed := false
	for _, id := range gone {
		// Who has sent a Join, or is sought on proof, may have sent this beacon before it knew.
		if m.gather.join[id] == nil && !slices.Contains(m.gather.proved, id) && m.gather.proc[id] && m.gather.fail[id] == 0 {
			m.giveUp(id, "it is on a ring that keeps this member out until all hear all")
			changed = true
		}
	}
	if changed {
		m.shiftGather()
	}
}

// beaconPaddingHeader is what the padding's extension takes besides the padding.
const beaconPaddingHeader = 4

// receiveBeacon hears of another ring.
func (m *Machine) receiveBeacon(sender wire.MemberID, class wire.Class, b *wire.Beacon) {
	if b.Sender.ID != sender {
		// Relayed by a member that found this one's name on a newcomer.
		if b.Sender.ID.SameName(m.cfg.Self.ID) && b.Sender.ID != m.cfg.Self.ID {
			m.remember(b.Sender)
			m.admit(b.Sender)
		}
		return
	}
	p := m.remember(b.Sender)
	if m.installed().Index(sender) < 0 || b.Ring != m.Ring() && m.state == StateGather {
		m.barredBy(p, b)
	}
	if m.state != StateOperational || m.ring.Index(sender) >= 0 {
		return
	}
	news := m.noteBeacon(p, class, b)
	if p.bar.up {
		if news {
			m.answerBeacon()
		}
		m.considerMerge()
		return
	}
	if class != wire.ClassControl || !m.admit(b.Sender) {
		return
	}
	m.comes(sender, "heard the ring of "+m.name(sender))
}

// noteBeacon keeps what a beacon says, and reports whether the others should be told soon.
func (m *Machine) noteBeacon(p *peer, class wire.Class, b *wire.Beacon) (news bool) {
	r := &p.bar
	well := m.hearsWell(p)
	switch class {
	case wire.ClassToken:
		r.heard[byToken] = m.now
	case wire.ClassData:
		if b.Padding > 0 {
			r.heard[byData] = m.now
		}
	case wire.ClassControl:
		r.heard[byControl] = m.now
		for i := range b.Members {
			if id := b.Members[i].ID; m.book[id] == nil && id != m.cfg.Self.ID {
				m.remember(b.Members[i]).bar.up = r.up
			}
		}
		before := len(r.mutual)
		r.at, r.ring, r.size, r.hearsMe = m.now, b.Ring, b.Size, false
		r.mutual = map[wire.MemberID]bool{}
		for _, h := range b.Hears {
			if h.ID == m.cfg.Self.ID {
				news = news || !h.Mutual
				r.hearsMe = true
			}
			if h.Mutual {
				r.mutual[h.ID] = true
			}
		}
		news = news || len(r.mutual) > before
	}
	return news || !well && m.hearsWell(p)
}

// answerBeacon sends the next beacons early: rings that can be merged should not wait for three intervals to find out.
func (m *Machine) answerBeacon() {
	soon := m.now.Add(m.cfg.Timing.Beacon / 10)
	if soon.Before(m.liveness.nextBeacon) {
		m.liveness.nextBeacon = soon
	}
}

// proved are the members of other rings of which all are known to hear, and be heard by, all of this ring and of each other.
func (m *Machine) proved() (ids []wire.MemberID) {
	rings := map[wire.RingID][]wire.MemberID{}
	var order []wire.RingID
	for _, id := range sortedKeys(m.book) {
		p := m.book[id]
		if m.ring.Index(id) >= 0 || !m.fresh(p.bar.at) || m.now.Before(p.bar.until) {
			continue // a ring with such a member is not complete
		}
		if rings[p.bar.ring] == nil {
			order = append(order, p.bar.ring)
		}
		rings[p.bar.ring] = append(rings[p.bar.ring], id)
	}
	all := slices.Clone(m.ring.Members)
	for _, r := range order {
		members := rings[r]
		if len(members) == int(m.book[members[0]].bar.size) && m.allMutual(members, all) {
			all = append(all, members...)
			ids = append(ids, members...)
		}
	}
	sortIDs(ids)
	return ids
}

// allMutual reports whether each member of another ring has said that it hears, and is heard by, all the given ones.
func (m *Machine) allMutual(members, all []wire.MemberID) bool {
	for _, id := range members {
		for _, o := range all {
			if !m.book[id].bar.mutual[o] {
				return false
			}
		}
	}
	return true
}

// hearsUnproved reports whether somebody else who was given up is heard again, in every way: another exchange of beacons, and it may be
// proved as well. It is waited for once, so that three sides become one in one step.
func (m *Machine) hearsUnproved(ids []wire.MemberID) bool {
	for _, id := range sortedKeys(m.book) {
		if p := m.book[id]; p.bar.up && m.hearsWell(p) && m.ring.Index(id) < 0 && !slices.Contains(ids, id) && !m.now.Before(p.bar.until) {
			return true
		}
	}
	return false
}

// considerMerge waits a moment when another ring could be merged with this one: a third may be about to prove the same.
func (m *Machine) considerMerge() {
	if m.liveness.mergeAt.IsZero() && len(m.proved()) > 0 {
		m.liveness.mergeAt = m.now.Add(m.cfg.Timing.Beacon / 8)
	}
}

// mergeProved forms one ring with those who proved that all hear all.
func (m *Machine) mergeProved() {
	m.liveness.mergeAt = time.Time{}
	if m.state != StateOperational {
		return
	}
	ids := m.proved()
	if len(ids) > 0 && !m.liveness.mergeLate && m.hearsUnproved(ids) {
		m.liveness.mergeAt, m.liveness.mergeLate = m.now.Add(m.cfg.Timing.Beacon), true
		return
	}
	ids = slices.DeleteFunc(ids, func(id wire.MemberID) bool { return !m.admit(m.Info(id)) })
	if len(ids) == 0 {
		return
	}
	m.Coverage.Proved++
	m.gather.proved = nil
	m.takeProof(ids)
	m.startGather("all hear all of the ring of "+m.name(ids[0]), ids, wire.MemberID{}, 0)
}
