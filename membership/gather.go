package membership

// Gather: members tell each other whom they hear, until all who answer agree on who forms the next ring.

import (
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/ordering"
)

// gatherState is Totem's my_proc_set, my_fail_set and consensus array.
type gatherState struct {
	proc map[wire.MemberID]bool        // who was heard of since the last installation
	fail map[wire.MemberID]wire.Reason // whom nobody should wait for, and why
	join map[wire.MemberID]*wire.Join  // the last Join of each

	hearing map[wire.MemberID]*hearing // whom each hears, by its own word
	proved  []wire.MemberID            // whom beacons have proved to hear all of the ring and to be heard by it

	started     time.Time
	joinAt      time.Time // the next Join of ours
	consensusAt time.Time // silent members are given up
	commitAt    time.Time // all agree, but no commit token came
	rounds      int       // consensus time-outs in which everybody answered and yet disagreed
	proposals   map[string]int
}

// startGather leaves operation, with more members to hear (newcomers) or one to give up (gone), if not zero. The ring becomes the
// old ring: what it holds is kept for recovery.
func (m *Machine) startGather(why string, newcomers []wire.MemberID, gone wire.MemberID, reason wire.Reason) {
	if m.old == nil {
		m.old = m.ring
		m.recovery.received = false
		m.recovery.obliged = nil
	}
	m.ring, m.strangers = nil, strangersState{}
	m.token = tokenState{rotation: m.token.rotation}
	g := &m.gather
	*g = gatherState{proc: map[wire.MemberID]bool{}, fail: map[wire.MemberID]wire.Reason{}, join: map[wire.MemberID]*wire.Join{},
		hearing: map[wire.MemberID]*hearing{}, proved: g.proved, started: m.now, proposals: map[string]int{}}
	for _, id := range m.old.Members {
		g.proc[id] = true
	}
	for _, id := range newcomers {
		g.proc[id] = true
	}
	if !gone.IsZero() {
		g.proc[gone] = true
		g.fail[gone] = reason
	}
	m.enter(StateGather, "%s", why)
	m.shiftGather()
}

// resumeGather goes back to gather from a ring that could not be installed. The sets stay: "they grow until a ring is
// installed", which is why gather ends.
func (m *Machine) resumeGather(why string) {
	m.ring = nil
	m.token = tokenState{rotation: m.token.rotation}
	m.gather.started = m.now
	m.gather.rounds = 0
	clear(m.gather.join) // whoever agreed before may be gone: only a new Join counts
	clear(m.gather.hearing)
	m.enter(StateGather, "%s", why)
	m.shiftGather()
}

// shiftGather sends the sets anew after they changed.
func (m *Machine) shiftGather() {
	if m.state != StateGather {
		return
	}
	g := &m.gather
	g.proc[m.cfg.Self.ID] = true
	g.consensusAt = m.now.Add(m.cfg.Timing.Consensus)
	g.commitAt = time.Time{}
	m.markHearing()
	m.sendJoin()
	m.tryToForm()
}

func (m *Machine) sendJoin() {
	g := &m.gather
	g.joinAt = m.now.Add(m.joinEvery())
	m.sayHearing()
	j := &wire.Join{Sender: m.cfg.Self.ID, RingSeq: m.ringSeq, Rotation: m.commit.handled, Ring: m.old.ID, Barred: m.barred(), Proved: g.proved}
	for _, id := range sortedKeys(g.proc) {
		info := m.Info(id)
		if id == m.cfg.Self.ID {
			info = m.cfg.Self
		}
		if len(info.Addrs) == 0 {
			continue // never met: whoever knows it will tell
		}
		j.Proc = append(j.Proc, info)
	}
	for _, id := range sortedKeys(g.fail) {
		j.Fail = append(j.Fail, wire.Failed{ID: id, Reason: g.fail[id]})
	}
	m.writeHearing(j)
	body := m.body(j)
	s := Send{Class: wire.ClassControl, Body: body}
	for _, id := range sortedKeys(g.proc) {
		if a, ok := m.address(id); ok && id != m.cfg.Self.ID && g.fail[id] == 0 {
			s.To = append(s.To, a)
		}
	}
	if len(s.To) > 0 {
		m.out.Send(s)
	}
}

// joinEvery is how long a Join is not repeated. Each of n members sends it to all others, and it grows with n: where many gather, each
// repeats itself more rarely, but twice before a consensus time-out.
func (m *Machine) joinEvery() time.Duration {
	every := m.cfg.Timing.Join
	return max(every, min(every*time.Duration(len(m.gather.proc))/joinCrowd, m.cfg.Timing.Consensus/2))
}

// joinCrowd is how many members may gather before each repeats its Join more rarely.
const joinCrowd = 8

// proposed is proc less fail, in ring order.
func (m *Machine) proposed() []wire.MemberID {
	var ids []wire.MemberID
	for _, id := range sortedKeys(m.gather.proc) {
		if m.gather.fail[id] == 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

func (m *Machine) receiveJoin(sender wire.MemberID, j *wire.Join) {
	if j.Sender != sender {
		return
	}
	for i := range j.Proc {
		if id := j.Proc[i].ID; id == sender || m.book[id] == nil || len(m.book[id].info.Addrs) == 0 {
			m.remember(j.Proc[i])
		}
	}
	m.meet(j.RingSeq)
	switch m.state {
	case StateOperational:
		m.joinInOperation(sender, j)
	case StateGather:
		m.joinInGather(sender, j)
	case StateCommit, StateRecovery:
		m.joinInFormation(sender, j)
	}
}

// joinInOperation: a Join of a member from before this ring is stale; a Join of anybody else, or of a member that has left this
// ring for a new one, ends this ring. corosync needed two fixes for the two directions.
func (m *Machine) joinInOperation(sender wire.MemberID, j *wire.Join) {
	member := m.ring.Index(sender) >= 0
	if member && j.Ring != m.ring.ID {
		return
	}
	if !member && m.keepsOut(sender, j) {
		m.tellBarred(sender)
		return
	}
	if !member && (failed(j, m.cfg.Self.ID) || !m.admit(m.Info(sender))) {
		return
	}
	why := "a Join of " + m.name(sender)
	if member {
		m.startGather(why, nil, wire.MemberID{}, 0)
	} else if !m.comes(sender, why) {
		return
	}
	if m.state == StateGather {
		m.joinInGather(sender, j)
	}
}

// joinInFormation: while a ring is formed only a member of it that has gone back to gather counts, or that never left it: sets grow, so
// who proposes others than the commit token names will not accept it any more.
func (m *Machine) joinInFormation(sender wire.MemberID, j *wire.Join) {
	if m.commit.index(sender) < 0 || j.RingSeq < m.commit.ring.Seq && !m.contradicts(sender, j) {
		return
	}
	m.breakRecovery(m.name(sender) + " went back to gather")
	if m.state == StateGather {
		m.joinInGather(sender, j)
	}
}

// contradicts reports whether a Join, of the same gather as the one that was agreed on, proposes other members than the commit
// token that is under way.
func (m *Machine) contradicts(sender wire.MemberID, j *wire.Join) bool {
	agreed := m.gather.join[sender]
	if m.state != StateCommit || agreed == nil || agreed.Ring != j.Ring {
		return false
	}
	for i := range j.Proc {
		if id := j.Proc[i].ID; m.commit.index(id) < 0 && !failed(j, id) {
			return true
		}
	}
	for i := range j.Fail {
		if m.commit.index(j.Fail[i].ID) >= 0 {
			return true
		}
	}
	return false
}

func failed(j *wire.Join, id wire.MemberID) bool {
	for i := range j.Fail {
		if j.Fail[i].ID == id {
			return true
		}
	}
	return false
}

// joinInGather is the heart of the membership protocol; the cases are those of Agarwal's thesis, figure 4.5.
func (m *Machine) joinInGather(sender wire.MemberID, j *wire.Join) {
	g := &m.gather
	if g.fail[sender] != 0 {
		return
	}
	if !g.proc[sender] && (m.keepsOut(sender, j) || m.rival(sender) || !m.admit(m.Info(sender))) {
		return
	}
	m.readHearing(j)
	m.readBars(j)
	g.join[sender] = j
	changed := false
	add := func(id wire.MemberID) {
		if !g.proc[id] {
			g.proc[id] = true
			changed = true
		}
	}
	fail := func(id wire.MemberID, why wire.Reason) {
		if id == m.cfg.Self.ID {
			return
		}
		add(id)
		if g.fail[id] == 0 {
			changed = true
		}
		g.fail[id] = max(g.fail[id], why)
	}
	add(sender)
	for i := range j.Proc {
		// A name is on one ring once: the newer of two incarnations waits until the older is given up.
		if !m.rival(j.Proc[i].ID) {
			add(j.Proc[i].ID)
		}
	}
	if failed(j, m.cfg.Self.ID) {
		// Whoever does not hear me cannot be on a ring with me.
		fail(sender, wire.ReasonPartition)
	} else {
		insider := m.old.Index(sender) >= 0
		for _, f := range j.Fail {
			// An outsider may not break up my ring.
			if insider || m.old.Index(f.ID) < 0 {
				fail(f.ID, max(f.Reason, wire.ReasonPartition))
			}
		}
	}
	if changed {
		m.shiftGather()
		return
	}
	m.sayWhenAllHeard()
	m.tryToForm()
}

// rival reports whether another incarnation of the same name is in the set and not given up.
func (m *Machine) rival(id wire.MemberID) bool {
	if m.gather.proc[id] {
		return false
	}
	for other := range m.gather.proc {
		if other != id && other.SameName(id) && m.gather.fail[other] == 0 {
			return true
		}
	}
	return false
}

// agrees reports whether a member's last Join has the same sets as ours, by which so many are proposed.
func (m *Machine) agrees(id wire.MemberID, proposed int) bool {
	g := &m.gather
	if id == m.cfg.Self.ID {
		return true
	}
	j := g.join[id]
	if j == nil || len(j.Fail) != len(g.fail) {
		return false
	}
	for _, f := range j.Fail {
		if g.fail[f.ID] == 0 {
			return false
		}
	}
	n := 0
	for i := range j.Proc {
		if g.fail[j.Proc[i].ID] != 0 {
			continue
		}
		if !g.proc[j.Proc[i].ID] {
			return false
		}
		n++
	}
	return n == proposed
}

// tryToForm creates the commit token when all proposed members agree and this one is the representative: the lowest.
func (m *Machine) tryToForm() {
	g := &m.gather
	ids := m.proposed()
	for _, id := range ids {
		if !m.agrees(id, len(ids)) {
			return
		}
	}
	if !m.allHearAll(ids) {
		return // until Joins say so, or judgeHearing leaves somebody out
	}
	if ids[0] != m.cfg.Self.ID {
		if g.commitAt.IsZero() {
			g.commitAt = m.now.Add(2 * m.cfg.Timing.Consensus)
		}
		return
	}
	m.createCommit(ids)
}

func (m *Machine) tickGather() {
	g := &m.gather
	if m.due(g.commitAt) {
		m.proposalFailed("no commit token came")
		m.shiftGather()
		return
	}
	if m.due(g.consensusAt) {
		m.consensusTimeout()
		return
	}
	if m.due(g.joinAt) {
		m.sendJoin()
	}
}

// consensusTimeout gives up who is silent, and who keeps the others from hearing each other. A member of the old ring that was heard
// within the silence limit may only be paused: it keeps its place until the limit is over.
func (m *Machine) consensusTimeout() {
	g := &m.gather
	var silent, waiting, differing []wire.MemberID
	proposed := m.proposed()
	for _, id := range proposed {
		p := m.book[id]
		switch {
		case id == m.cfg.Self.ID:
		case m.live(id):
			if !m.agrees(id, len(proposed)) {
				differing = append(differing, id)
			}
		case p != nil && p.heard.After(g.started):
			differing = append(differing, id) // it speaks, but of other things: it may be on another ring
		case p != nil && m.old.Index(id) >= 0 && m.now.Sub(p.heard) < m.cfg.Timing.Silence:
			waiting = append(waiting, id)
		default:
			silent = append(silent, id)
		}
	}
	for _, id := range silent {
		m.giveUp(id, "no answer in gather")
	}
	if len(silent) == 0 && !m.judgeHearing() && len(waiting) == 0 {
		if len(differing) == 0 {
			// All agree: the representative has until commitAt.
			g.consensusAt = m.now.Add(m.cfg.Timing.Consensus)
			m.markHearing()
			return
		}
		// Everybody answers and yet the sets differ: more time at first, then progress is forced.
		if g.rounds++; g.rounds > 3 {
			g.rounds = 0
			m.Coverage.Forced++
			for _, id := range differing {
				m.giveUp(id, "no agreement in gather")
			}
		}
	}
	m.shiftGather()
	for _, id := range waiting {
		g.consensusAt = earliest(g.consensusAt, m.book[id].heard.Add(m.cfg.Timing.Silence))
	}
}

func (m *Machine) giveUp(id wire.MemberID, why string) {
	if m.gather.fail[id] == 0 {
		m.gather.fail[id] = wire.ReasonPartition
		m.out.Notice(Notice{Kind: NoticeSuspect, Ring: m.Ring(), Member: id, Text: why})
	}
}

// proposalFailed counts failed attempts with one membership: "forcing an additional failure rather than repeating a proposed
// membership". The member that handled the commit token least often is where it stopped.
func (m *Machine) proposalFailed(why string) {
	g := &m.gather
	ids := m.proposed()
	key := ""
	for _, id := range ids {
		key += string(id[:])
	}
	if g.proposals[key]++; g.proposals[key] < 2 {
		return
	}
	worst, least := wire.MemberID{}, uint32(1<<32-1)
	for _, id := range ids {
		if id == m.cfg.Self.ID {
			continue
		}
		n := uint32(0)
		if j := g.join[id]; j != nil {
			n = j.Rotation
		}
		if n < least {
			worst, least = id, n
		}
	}
	if !worst.IsZero() {
		m.Coverage.Forced++
		m.giveUp(worst, why+" twice with one membership")
	}
}

func (m *Machine) deadlineGather() time.Time {
	g := &m.gather
	return earliest(earliest(g.joinAt, g.consensusAt), g.commitAt)
}

// departed lists, for the directories, the members that were given up on the way to this ring, and why.
func (m *Machine) departed() []wire.Failed {
	var f []wire.Failed
	for _, id := range sortedKeys(m.gather.fail) {
		f = append(f, wire.Failed{ID: id, Reason: m.gather.fail[id]})
	}
	return f
}

// sortedKeys returns a map's members in ring order: no decision may depend on the order of a map.
func sortedKeys[V any](set map[wire.MemberID]V) []wire.MemberID {
	ids := make([]wire.MemberID, 0, len(set))
	for id := range set {
		ids = append(ids, id)
	}
	sortIDs(ids)
	return ids
}

func sortIDs(ids []wire.MemberID) { slices.SortFunc(ids, wire.MemberID.Compare) }

var _ ordering.Source = (*recoveryState)(nil)
