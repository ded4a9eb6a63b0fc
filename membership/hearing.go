package membership

// Who hears whom. Totem and its descendants take it for granted that whoever hears is heard; where a network lets packets pass one
// way only, or joins two members through a third alone, they form rings that break again, for ever. Here members say in their
// Joins whom they hear, pass on what others said, and form a ring only of members all of whom hear all.

import (
	"fmt"
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A hearing is whom one member hears, by its own word.
type hearing struct {
	version uint32 // of the Join in which it said so
	heard   map[wire.MemberID]bool
	seen    uint32 // the version at our last consensus time-out: when it has grown since, somebody hears this member
}

// hears reports whether this member has lately heard another.
func (m *Machine) hears(id wire.MemberID) bool {
	p := m.book[id]
	return id == m.cfg.Self.ID || p != nil && !p.heard.IsZero() && m.now.Sub(p.heard) < m.cfg.Timing.Silence
}

// sayHearing notes whom this member hears, under the number of its next Join.
func (m *Machine) sayHearing() {
	m.joins++
	own := map[wire.MemberID]bool{}
	for id := range m.gather.proc {
		if m.hears(id) {
			own[id] = true
		}
	}
	m.gather.hearing[m.cfg.Self.ID] = &hearing{version: m.joins, heard: own}
}

// writeHearing puts all that is known into a Join whose Proc is filled in.
func (m *Machine) writeHearing(j *wire.Join) {
	for i := range j.Proc {
		h := m.gather.hearing[j.Proc[i].ID]
		if h == nil {
			continue
		}
		w := wire.Hearing{Member: uint16(i), Version: h.version}
		for k := range j.Proc {
			if h.heard[j.Proc[k].ID] {
				w.Hear(k, len(j.Proc))
			}
		}
		j.Hearing = append(j.Hearing, w)
	}
}

// readHearing takes in what a Join says of whom others hear. The Join's bits are copied.
func (m *Machine) readHearing(j *wire.Join) {
	for i := range j.Hearing {
		w := &j.Hearing[i]
		id := j.Proc[w.Member].ID
		h := m.gather.hearing[id]
		if id == m.cfg.Self.ID || h != nil && w.Version <= h.version {
			continue
		}
		if h == nil {
			h = &hearing{}
			m.gather.hearing[id] = h
		}
		h.version, h.heard = w.Version, map[wire.MemberID]bool{}
		for k := range j.Proc {
			if w.Hears(k) {
				h.heard[j.Proc[k].ID] = true
			}
		}
	}
}

// sayWhenAllHeard sends a Join at once when the last proposed member has been heard that our own last Join did not name: whoever
// forms the ring waits for that word.
func (m *Machine) sayWhenAllHeard() {
	own := m.gather.hearing[m.cfg.Self.ID]
	news := false
	for id := range m.gather.proc {
		if m.gather.fail[id] != 0 || own != nil && own.heard[id] {
			continue
		}
		if !m.hears(id) {
			return
		}
		news = true
	}
	if news {
		m.sendJoin()
	}
}

// live reports whether anybody has had a Join of a member since our last consensus time-out.
func (m *Machine) live(id wire.MemberID) bool {
	h := m.gather.hearing[id]
	return id == m.cfg.Self.ID || h != nil && h.version > h.seen
}

// mutual reports whether two members are known to hear each other.
func (m *Machine) mutual(a, b wire.MemberID) bool {
	x, y := m.gather.hearing[a], m.gather.hearing[b]
	return x != nil && y != nil && x.heard[b] && y.heard[a]
}

// allHearAll reports whether the members could form a ring.
func (m *Machine) allHearAll(ids []wire.MemberID) bool {
	for i, a := range ids {
		for _, b := range ids[i+1:] {
			if !m.mutual(a, b) {
				return false
			}
		}
	}
	return true
}

// leaveOut chooses who is left out so that all the others hear all: again and again the member that misses most of the others,
// and of several the last in ring order. Everybody who knows the same chooses the same. Pairs that touch a member of which
// nothing has been heard lately are not looked at: silence is judged elsewhere. why names a pair for each.
func (m *Machine) leaveOut(ids []wire.MemberID) (out []wire.MemberID, why []string) {
	var in []wire.MemberID
	for _, id := range ids {
		if m.live(id) {
			in = append(in, id)
		}
	}
	for {
		worst, most := -1, 0
		var other wire.MemberID
		for i, a := range in {
			n := 0
			var one wire.MemberID
			for _, b := range in {
				if a != b && !m.mutual(a, b) {
					n++
					one = b
				}
			}
			if n >= most && n > 0 {
				worst, most, other = i, n, one
			}
		}
		if worst < 0 {
			return out, why
		}
		id := in[worst]
		out = append(out, id)
		why = append(why, m.describeGap(id, other))
		in = append(in[:worst:worst], in[worst+1:]...)
	}
}

// describeGap says for an operator who does not hear whom.
func (m *Machine) describeGap(a, b wire.MemberID) string {
	x, y := m.gather.hearing[a], m.gather.hearing[b]
	ab := y != nil && y.heard[a] // b hears a
	ba := x != nil && x.heard[b]
	switch {
	case ab:
		return fmt.Sprintf("%s hears %s but is not heard by it", m.name(b), m.name(a))
	case ba:
		return fmt.Sprintf("%s hears %s but is not heard by it", m.name(a), m.name(b))
	}
	return fmt.Sprintf("%s and %s do not hear each other, others hear both", m.name(a), m.name(b))
}

// markHearing begins a new period in which members show that they live.
func (m *Machine) markHearing() {
	for _, h := range m.gather.hearing {
		h.seen = h.version
	}
}

// judgeHearing is asked when agreement takes too long: it leaves out whoever keeps the others from hearing each other.
func (m *Machine) judgeHearing() (changed bool) {
	out, why := m.leaveOut(m.proposed())
	for i, id := range out {
		if id == m.cfg.Self.ID {
			// The others go on without this member, and it without them.
			for _, o := range m.proposed() {
				if o != id && !slices.Contains(out, o) && m.live(o) {
					m.giveUp(o, why[i])
				}
			}
			m.Coverage.LeftOut++
			return true
		}
	}
	for i, id := range out {
		m.giveUp(id, why[i])
		m.Coverage.LeftOut++
	}
	return len(out) > 0
}

// ---- members heard only through others ----

// relayedMost is how many packets of a silent member may come through others before it is doubted that it can be heard here.
const relayedMost = 5

// heardThrough notes a packet that its origin sent and somebody else had to send again. On a ring on which one member does not hear
// another that is not its neighbour everything arrives, late and twice, and nobody misses anything but speed: so it is looked for.
func (m *Machine) heardThrough(origin wire.MemberID) {
	p := m.book[origin]
	if p == nil || origin == m.cfg.Self.ID {
		return
	}
	if p.relayed++; p.relayed >= relayedMost && !p.probing && m.now.Sub(p.heard) >= m.cfg.Timing.Silence {
		m.verify(p)
		p.overheard = true
	}
}

// ---- members that receive nothing though they are heard ----

// failToReceive is at how many visits in a row the token's aru must stand still, held back by one member, before that member is
// given up; and it must have done so for the time of Silence, too, since fast rings visit often.
const failToReceive = 30

// aruWatch follows who holds the token's aru back.
type aruWatch struct {
	aru    uint64
	member uint16
	visits int
	since  time.Time
}

// watchAru is Totem's fail-to-receive: "if aru has not grown for so many visits and aru_id is not mine, aru_id is put into the
// fail set". A member that gets the token and not the data would keep the ring waiting for ever, and so would one that passes the
// token and whose data gets nowhere.
func (m *Machine) watchAru(t *wire.Token) {
	w := &m.token.watch
	if t.Aru >= t.Seq || t.AruMember == wire.NoMember || t.Aru != w.aru || t.AruMember != w.member {
		*w = aruWatch{aru: t.Aru, member: t.AruMember, since: m.now}
		return
	}
	if w.visits++; w.visits < failToReceive || m.now.Sub(w.since) < m.cfg.Timing.Silence {
		return
	}
	m.Coverage.FailedToReceive++
	text := fmt.Sprintf("packets beyond %d of %d have not come through for %v", t.Aru, t.Seq, m.now.Sub(w.since).Round(time.Millisecond))
	for _, id := range m.blamed(t) {
		m.suspect(id, wire.ReasonPartition, text)
	}
}

// blamed is who is to go when the token's aru stands still: the one that holds it back, or, when more members lack the next packets
// than have them, those who have them and cannot get them to the others. The token says which; all read the same.
func (m *Machine) blamed(t *wire.Token) []wire.MemberID {
	behind := uint32(min(t.Seq-t.Aru, uint64(wire.FarBehind)))
	var have []wire.MemberID
	for i, s := range t.Members {
		if s.Aru < behind {
			have = append(have, m.ring.Members[i])
		}
	}
	if 2*len(have) < m.ring.Len() {
		return have
	}
	return []wire.MemberID{m.ring.Members[t.AruMember]}
}
