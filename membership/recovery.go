package membership

// Recovery and installation: members that come from one old ring exchange its messages, and then all install the new one.

import (
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/ordering"
)

// recoveryState is the exchange, and the promises that outlive a failed one.
type recoveryState struct {
	trans []wire.MemberID // who comes from my old ring
	queue []*wire.Data    // of the old ring, to be sent again in the new one
	from  wire.GroupID    // the old ring's context: who is from another old ring has no use for them
	seen  map[uint64]bool // old packets that somebody sent again

	// received is the thesis' my_received_flg: this member has acknowledged everything that was exchanged, and others may
	// have delivered safe messages because of it. obliged are those whose messages it must deliver for that reason. Both
	// survive failed attempts and end with an installation.
	received bool
	obliged  map[wire.MemberID]bool

	quiet      int    // consecutive visits at which nobody had anything to send again
	installSeq uint64 // the token's seq at the second of them
	enough     int    // consecutive visits at which token.aru covered installSeq
	install    bool
}

// startRecovery enters recovery: the ring's keys are known and the old ring's messages can be exchanged.
func (m *Machine) startRecovery() {
	c := &m.commit
	alone := len(c.entries) == 1
	if !alone {
		m.out.Key(RingKey{Context: c.ring.Context(), Salt: salt(c.ring, c.entries)})
	}
	m.ring = m.newRing()
	m.token = tokenState{rotation: m.token.rotation, lossAt: m.now.Add(m.cfg.Timing.TokenLoss / 2)}
	r := &m.recovery
	r.trans, r.queue, r.seen, r.quiet, r.installSeq, r.enough, r.install = nil, nil, map[uint64]bool{}, 0, 0, 0, false
	r.from = wire.GroupID(m.old.Context)
	low, exchange := m.old.Aru(), false
	for i := range c.entries {
		e := &c.entries[i]
		// "Transitional: those whose entry carries my old ring's id", not those whom I know from it: a reborn or separated
		// member is no companion.
		if e.OldRing != m.old.ID {
			continue
		}
		r.trans = append(r.trans, e.ID)
		low = min(low, e.Aru)
		exchange = exchange || !e.Received
	}
	m.enter(StateRecovery, "ring %v, %d of %d from ring %v", c.ring, len(r.trans), len(c.entries), m.old.ID)
	if exchange {
		r.received = false
		for seq := low + 1; seq <= m.old.High(); seq++ {
			if d := m.old.Held(seq); d != nil {
				r.queue = append(r.queue, d)
			}
		}
	}
	if alone {
		r.promise(m)
		m.install()
	}
}

// firstToken turns the commit token into the ring's first regular token.
func (m *Machine) firstToken() {
	m.visitToken(m.ring.FirstToken())
}

// Backlog implements ordering.Source with what is to be sent again.
func (r *recoveryState) Backlog() int { return len(r.queue) }

// Token implements ordering.Source; recovery has no groups.
func (r *recoveryState) Token(*wire.Token, uint16) {}

// Fill implements ordering.Source: one old packet, encapsulated whole, in each new one. What somebody else has sent again
// meanwhile is left out.
func (r *recoveryState) Fill(chunks []wire.Chunk, room int) []wire.Chunk {
	for len(r.queue) > 0 {
		d := r.queue[0]
		r.queue = r.queue[1:]
		if r.seen[d.Seq] {
			continue
		}
		r.seen[d.Seq] = true
		return append(chunks, wire.Chunk{Group: r.from, Kind: wire.KindRecovered,
			Flags: wire.ChunkFirst | wire.ChunkLast, Payload: d.Append(nil)})
	}
	return chunks
}

// recovered takes an old packet out of a new one.
func (m *Machine) recovered(d *wire.Data) {
	if m.old == nil {
		return
	}
	for i := range d.Chunks {
		c := &d.Chunks[i]
		if c.Kind != wire.KindRecovered || c.Group != wire.GroupID(m.old.Context) {
			continue
		}
		old, err := wire.ParseData(c.Payload)
		if err != nil {
			m.drop(m.ring.Members[d.Origin], "recovered packet: %v", err)
			continue
		}
		m.recovery.seen[old.Seq] = true
		if m.old.Add(old) {
			m.Coverage.Recovered++
		}
	}
}

// recoveryVisit follows the exchange on the token: when two rotations pass in which nobody has anything to send again, what
// was numbered so far is all there is; when all have that, the ring can be installed.
func (m *Machine) recoveryVisit(t *wire.Token) {
	r := &m.recovery
	self := uint16(m.ring.Self)
	switch {
	case len(r.queue) > 0 && t.Retrans == wire.NoMember:
		t.Retrans = self
	case len(r.queue) == 0 && t.Retrans == self:
		t.Retrans = wire.NoMember
	}
	if t.Retrans != wire.NoMember || len(r.queue) > 0 {
		r.quiet, r.enough = 0, 0
		return
	}
	if r.quiet++; r.quiet == 2 {
		r.installSeq = t.Seq
	}
	if r.quiet < 2 {
		return
	}
	if m.ring.Aru() >= r.installSeq {
		r.promise(m)
	}
	if t.Aru < r.installSeq {
		r.enough = 0
		return
	}
	r.enough++
	r.install = r.quiet >= 3 && r.enough >= 2
}

// promise makes the obligation: having acknowledged all that was exchanged, this member lets others deliver safe messages, and
// so must deliver what they do, even if this ring is never installed here (EVS, section 3; thesis, figure 4.16).
func (r *recoveryState) promise(m *Machine) {
	if r.received {
		return
	}
	r.received = true
	if r.obliged == nil {
		r.obliged = map[wire.MemberID]bool{}
	}
	for _, id := range r.trans {
		r.obliged[id] = true
		for _, o := range m.commit.entries[m.commit.index(id)].Obligations {
			r.obliged[o] = true
		}
	}
}

// install is Totem's Install_Ring, one step: the rest of the old regular configuration, the transitional configuration and its
// messages, the new regular configuration.
func (m *Machine) install() {
	r, c := &m.recovery, &m.commit
	var high uint64
	var merged []wire.RingID // which other rings come in
	for i := range c.entries {
		switch e := &c.entries[i]; {
		case e.OldRing == m.old.ID:
			high = max(high, e.HighDelivered)
		case !slices.Contains(merged, e.OldRing):
			merged = append(merged, e.OldRing)
		}
	}
	m.old.Regular(high, func(d *wire.Data) { m.assemble(m.old, d, false, true) })
	m.watch(Watched{Kind: WatchTransitional, Next: m.ring.ID, Members: r.trans})
	m.out.Deliver(Delivery{Kind: DeliverTransitional, Members: r.trans})
	m.chains.chain.transitional()
	discarded := m.old.Transitional(func(id wire.MemberID) bool { return r.obliged[id] }, func(d *wire.Data, contiguous bool) {
		if !contiguous {
			m.Coverage.Obliged++
		}
		m.assemble(m.old, d, true, contiguous)
	})
	m.Coverage.Discarded += discarded
	m.Coverage.RingsInstalled++
	if len(merged) > 0 {
		m.Coverage.Merged++
	}
	if len(merged) > 1 {
		m.Coverage.MergedThree++
	}
	m.forgetFailed()
	former, trans, seen := m.old, r.trans, m.departed()
	m.past.Add(former.Counters)
	m.old = nil
	m.recovery = recoveryState{}
	m.gather.proc, m.gather.fail, m.gather.join, m.gather.hearing, m.gather.proved = nil, nil, nil, nil, nil
	m.commit.handled = 0
	m.assembler.Reset()
	if former.Len() > 1 {
		m.out.Key(RingKey{Context: former.Context, Remove: true})
	}
	m.liveness.nextProbe = m.now.Add(m.cfg.Timing.Probe)
	m.enter(StateOperational, "ring %v of %d", m.ring.ID, m.ring.Len())
	m.beaconSoon()
	m.ripen()
	m.out.Notice(Notice{Kind: NoticeRing, Ring: m.ring.ID, Text: m.describeRing()})
	m.watch(Watched{Kind: WatchRing, Ring: m.ring.ID, Members: m.ring.Members})
	link := m.chains.link(former.Context, m.ring.Context)
	m.out.Deliver(Delivery{Kind: DeliverRing, Ring: m.ring.ID, Members: m.ring.Members, Trans: trans, Departed: seen, Link: link})
	if m.ring.Len() == 1 {
		m.token.last = m.ring.FirstToken()
		m.token.lossAt = time.Time{}
		m.token.again = true
	}
}

// forgetFailed bars those whom this ring was formed without, so that they come back only on proof; and forgets for good who left or
// was reborn.
func (m *Machine) forgetFailed() {
	for _, id := range sortedKeys(m.gather.fail) {
		p := m.book[id]
		if p == nil || m.commit.index(id) >= 0 {
			continue
		}
		switch m.gather.fail[id] {
		case wire.ReasonLeave, wire.ReasonCrash:
			delete(m.book, id)
		default:
			m.raiseBar(p)
		}
	}
	for i := range m.commit.entries {
		if p := m.book[m.commit.entries[i].ID]; p != nil {
			p.bar = bar{}
		}
		for id := range m.book {
			if id != m.commit.entries[i].ID && id.SameName(m.commit.entries[i].ID) {
				delete(m.book, id)
			}
		}
	}
}

func (m *Machine) describeRing() string {
	s := "members"
	for _, id := range m.ring.Members {
		s += " " + m.name(id)
	}
	return s
}

// breakRecovery goes back to gather from commit or recovery. What was recovered of the old ring is kept, and so are the
// promises; the new ring never was.
func (m *Machine) breakRecovery(why string) {
	if m.state == StateRecovery {
		m.Coverage.RecoveryBroken++
		m.past.Add(m.ring.Counters)
		if m.ring.Len() > 1 {
			m.out.Key(RingKey{Context: m.ring.Context, Remove: true})
		}
	}
	m.proposalFailed(why)
	m.resumeGather(why)
}

// installAlone is how a starting member begins: on a ring of its own. Its positions begin at the clock, or above those that an
// earlier run may have used.
func (m *Machine) installAlone() {
	m.ringSeq++
	id := wire.RingID{Seq: m.ringSeq, Rep: m.cfg.Self.ID}
	m.ring = ordering.NewRing(id, []wire.MemberID{m.cfg.Self.ID}, 0, m.cfg.Limits, FirstPosition(m.now, m.cfg.Begin))
	m.state = StateOperational
	m.token = tokenState{last: m.ring.FirstToken(), again: true}
	m.watch(Watched{Kind: WatchProposed, Ring: id, Members: m.ring.Members})
	m.watch(Watched{Kind: WatchRing, Ring: id, Members: m.ring.Members})
	m.out.Deliver(Delivery{Kind: DeliverRing, Ring: id, Members: m.ring.Members, Trans: m.ring.Members})
}
