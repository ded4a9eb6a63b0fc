package evs

// A good history of rings to break: two members meet, a third joins, is cut off, ends, and comes back as another process.

// A ringTeller writes ring histories.
type ringTeller struct {
	h    *History
	logs map[Member]*RingLog
	on   map[Member]RingID
	seq  map[RingID]uint64
	sent map[RingID]map[uint64]RingEvent
}

func newRingTeller() *ringTeller {
	return &ringTeller{h: &History{}, logs: map[Member]*RingLog{}, on: map[Member]RingID{}, seq: map[RingID]uint64{}, sent: map[RingID]map[uint64]RingEvent{}}
}

func (t *ringTeller) log(m Member) *RingLog {
	if t.logs[m] == nil {
		t.logs[m] = t.h.Ring(m)
	}
	return t.logs[m]
}

// start begins a process: alone on a ring of its own.
func (t *ringTeller) start(who ...Member) {
	for _, m := range who {
		id := RingID{1, m}
		t.propose(id, m)
		t.install(id, []Member{m}, m)
	}
}

func (t *ringTeller) propose(id RingID, members ...Member) {
	t.log(id.Rep).Add(RingEvent{Kind: Proposed, Ring: id, Conf: &Configuration{Members: members}})
}

func (t *ringTeller) install(id RingID, members []Member, who ...Member) {
	for _, m := range who {
		t.on[m] = id
		t.log(m).Add(RingEvent{Kind: Regular, Ring: id, Conf: &Configuration{Members: members}})
	}
}

// cross begins the transitional configuration of who, all from one ring.
func (t *ringTeller) cross(next RingID, who ...Member) {
	for _, m := range who {
		t.log(m).Add(RingEvent{Kind: TransitionalRing, Ring: t.on[m], Conf: &Configuration{Next: next, Members: who}})
	}
}

// number lets m number a packet on its ring.
func (t *ringTeller) number(m Member, safe bool) uint64 {
	id := t.on[m]
	t.seq[id]++
	e := RingEvent{Kind: Originate, Safe: safe, Ring: id, Seq: t.seq[id], Origin: m, Digest: id.Seq*1000 + t.seq[id]}
	if t.sent[id] == nil {
		t.sent[id] = map[uint64]RingEvent{}
	}
	t.sent[id][e.Seq] = e
	t.log(m).Add(e)
	return e.Seq
}

// hand delivers a packet of their ring at all of who.
func (t *ringTeller) hand(seq uint64, who ...Member) {
	for _, m := range who {
		e := t.sent[t.on[m]][seq]
		e.Kind = Hand
		t.log(m).Add(e)
	}
}

func (t *ringTeller) fail(m Member) { t.log(m).Add(RingEvent{Kind: Fail}) }

var ring2, ring3, ring4, ring5, ring6 = RingID{2, a}, RingID{3, a}, RingID{4, c}, RingID{5, a}, RingID{6, a}

func goodRings() *History {
	t := newRingTeller()
	t.start(a, b, c)
	t.propose(ring2, a, b)
	for _, m := range []Member{a, b} {
		t.cross(ring2, m)
		t.install(ring2, []Member{a, b}, m)
	}
	t.number(a, false)
	t.hand(1, a, b)
	t.number(b, true)
	t.hand(2, a, b)

	t.propose(ring3, a, b, c)
	t.cross(ring3, a, b)
	t.cross(ring3, c)
	t.install(ring3, []Member{a, b, c}, a, b, c)
	t.number(a, false) // 1
	t.number(b, false) // 2
	t.number(c, false) // 3
	t.number(a, true)  // 4: safe, and known to be so at a and b only
	for seq := uint64(1); seq <= 3; seq++ {
		t.hand(seq, a, b, c)
	}
	t.hand(4, a, b)
	t.number(c, false) // 5: nobody else has it
	t.number(b, false) // 6: c does not have it

	t.propose(ring4, c)
	t.cross(ring4, c)
	t.hand(4, c)
	t.hand(5, c)
	t.install(ring4, []Member{c}, c)
	t.propose(ring5, a, b)
	t.cross(ring5, a, b)
	t.hand(6, a, b)
	t.install(ring5, []Member{a, b}, a, b)
	t.number(a, false)
	t.hand(1, a, b)
	t.fail(c)

	t.start(c2)
	t.propose(ring6, a, b, c2)
	t.cross(ring6, a, b)
	t.cross(ring6, c2)
	t.install(ring6, []Member{a, b, c2}, a, b, c2)
	t.number(c2, true)
	t.hand(1, a, b, c2)
	t.number(b, false)
	t.hand(2, a, b, c2)
	t.h.Quiet = true
	return t.h
}

// alone tells what a alone goes on with: on one ring with b and c, tell has its say, then a goes to a ring of its own, with then
// in between.
func alone(tell, then func(t *ringTeller)) *History {
	t := newRingTeller()
	t.start(a, b, c)
	t.propose(ring3, a, b, c)
	for _, m := range []Member{a, b, c} {
		t.cross(ring3, m)
		t.install(ring3, []Member{a, b, c}, m)
	}
	tell(t)
	t.propose(ring5, a)
	t.cross(ring5, a)
	then(t)
	t.install(ring5, []Member{a}, a)
	return t.h
}
