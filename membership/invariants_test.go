package membership

// Each invariant is broken once, in a member that was whole, and must be named.

import (
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/ordering"
)

// inState runs three members and cuts one off until a member of the rest is in the given state; with is asked for more.
func inState(t *testing.T, s State, with func(*Machine) bool) *Machine {
	n := newTestNet(t, 7, "a", "b", "c")
	n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
	for _, x := range n.nodes {
		x.send("a" + x.info.Name)
	}
	if s != StateOperational {
		n.partition(n.nodes[:1], n.nodes[1:])
	}
	var found *Machine
	for range 2_000_000 {
		for _, x := range n.nodes {
			if x.m.State() == s && with(x.m) {
				found = x.m
			}
		}
		if found != nil {
			break
		}
		n.run(50 * time.Microsecond)
	}
	if found == nil {
		t.Fatalf("nobody was in state %v as wanted", s)
	}
	if err := found.Invariant(); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestABrokenMachineIsNamed(t *testing.T) {
	stranger := wire.NewMemberID("stranger", 9)
	any := func(*Machine) bool { return true }
	several := func(m *Machine) bool { return m.ring.Len() > 1 }
	owes := func(m *Machine) bool { return m.recovery.received && len(m.recovery.trans) > 1 }
	for _, c := range []struct {
		name  string
		state State
		with  func(*Machine) bool
		want  string
		spoil func(*Machine)
	}{
		{"an old ring in operation", StateOperational, several, "membership invariant 1:", func(m *Machine) { m.old = m.ring }},
		{"a ring in gather", StateGather, any, "membership invariant 1:", func(m *Machine) { m.ring = m.old }},
		{"another's place", StateOperational, several, "membership invariant 2:", func(m *Machine) { m.ring.Self = (m.ring.Self + 1) % m.ring.Len() }},
		{"the ring's own invariant", StateOperational, several, "ordering invariant 9:", func(m *Machine) { m.ring.Self = -1 }},
		{"a sequence that went back", StateOperational, several, "membership invariant 3:", func(m *Machine) { m.ringSeq = 0 }},
		{"a ring no newer than the old one", StateRecovery, any, "membership invariant 3:", func(m *Machine) { m.old.ID.Seq = m.ring.ID.Seq }},
		{"from a newer ring", StateRecovery, several, "membership invariant 3:", func(m *Machine) { m.commit.entries[1-m.ring.Self].OldRing.Seq += 9 }},
		{"a stranger to itself", StateOperational, several, "membership invariant 4:", func(m *Machine) { delete(m.book, m.cfg.Self.ID) }},
		{"a promise without end", StateOperational, several, "membership invariant 5:", func(m *Machine) { m.recovery.received = true }},
		{"sets without end", StateOperational, several, "membership invariant 5:", func(m *Machine) { m.gather.proc = map[wire.MemberID]bool{} }},
		{"a token nobody watches", StateOperational, several, "membership invariant 6:", func(m *Machine) { m.token.lossAt = time.Time{} }},
		{"a token that rests for ever", StateOperational, func(m *Machine) bool { return m.token.held != nil }, "membership invariant 6:",
			func(m *Machine) { m.token.restAt = time.Time{} }},
		{"a token that was accepted anew stays", StateOperational, several, "membership invariant 6:", func(m *Machine) {
			m.token.stay = stay{token: &wire.Token{TokenSeq: m.ring.TokenSeq() + 1}, until: m.now}
		}},
		{"no consensus time-out", StateGather, any, "membership invariant 6:", func(m *Machine) { m.gather.consensusAt = time.Time{} }},
		{"a commit token nobody watches", StateCommit, any, "membership invariant 6:", func(m *Machine) { m.commit.lossAt = time.Time{} }},
		{"a recovery without end", StateRecovery, several, "membership invariant 6:", func(m *Machine) { m.token.lossAt = time.Time{} }},
		{"not in its own proposal", StateGather, any, "membership invariant 7:", func(m *Machine) { delete(m.gather.proc, m.cfg.Self.ID) }},
		{"the old ring forgotten", StateGather, any, "membership invariant 7:", func(m *Machine) { delete(m.gather.proc, m.old.Next()) }},
		{"gave up a stranger", StateGather, any, "membership invariant 7:", func(m *Machine) { m.gather.fail[stranger] = wire.ReasonCrash }},
		{"one more than proposed", StateCommit, any, "membership invariant 8:", func(m *Machine) { m.gather.proc[stranger] = true }},
		{"gave up who is on the ring", StateRecovery, several, "membership invariant 8:", func(m *Machine) {
			id := m.ring.Next()
			m.gather.fail[id], m.gather.proc[stranger] = wire.ReasonCrash, true
		}},
		{"another ring than committed", StateRecovery, several, "membership invariant 8:", func(m *Machine) { m.commit.ring.Seq++ }},
		{"took in more after its word", StateCommit, any, "membership invariant 9:", func(m *Machine) {
			m.commit.entries[m.commit.index(m.cfg.Self.ID)].Aru--
			m.commit.entries[m.commit.index(m.cfg.Self.ID)].HighDelivered--
		}},
		{"delivered after its word", StateRecovery, several, "membership invariant 9:", func(m *Machine) {
			m.commit.entries[m.ring.Self].HighDelivered--
		}},
		{"obliged to a stranger", StateGather, any, "membership invariant 10:", func(m *Machine) {
			m.recovery.obliged = map[wire.MemberID]bool{m.cfg.Self.ID: true, stranger: true}
		}},
		{"obliged to others only", StateGather, any, "membership invariant 10:", func(m *Machine) { m.recovery.received = true }},
		{"a companion it owes nothing", StateRecovery, owes, "membership invariant 10:", func(m *Machine) {
			m.recovery.obliged = map[wire.MemberID]bool{m.cfg.Self.ID: true}
		}},
		{"a stranger moves along", StateRecovery, several, "membership invariant 11:", func(m *Machine) {
			m.recovery.trans = append(m.recovery.trans, stranger)
		}},
		{"moves along without itself", StateRecovery, several, "membership invariant 11:", func(m *Machine) {
			m.recovery.trans, m.recovery.received = nil, false
		}},
		{"sends again what it has not", StateRecovery, several, "membership invariant 11:", func(m *Machine) {
			m.recovery.queue = []*wire.Data{{Seq: 99}}
		}},
		{"a message larger than it said", StateOperational, several, "ordering invariant 10:", func(m *Machine) {
			m.assembler = ordering.NewAssembler(4, func(wire.GroupID) bool { return true })
			d := &wire.Data{Chunks: []wire.Chunk{{Flags: wire.ChunkFirst, Kind: wire.KindApp, Group: 1, Total: 3, Payload: []byte("four")}}}
			m.assembler.Packet(d, stranger, nil)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := inState(t, c.state, c.with)
			c.spoil(m)
			if err := m.Invariant(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestABrokenDirectoryIsNamed(t *testing.T) {
	stranger := wire.NewMemberID("stranger", 9)
	waits := func(id wire.MemberID) wire.GroupJoin {
		return wire.GroupJoin{Name: "g", Member: wire.GroupMember{ID: id, Name: "w"}}
	}
	for _, c := range []struct {
		name, want string
		spoil      func(*Directory, *record)
	}{
		{"a side without itself", "invariant 12:", func(d *Directory, r *record) { d.side = d.side[1:] }},
		{"a side off the ring", "invariant 12:", func(d *Directory, r *record) { d.infos = d.infos[:2] }},
		{"not all of the ring", "invariant 12:", func(d *Directory, r *record) { d.side = d.side[:2] }},
		{"a side out of order", "invariant 12:", func(d *Directory, r *record) { d.side[1], d.side[2] = d.side[2], d.side[1] }},
		{"directories after the sync", "invariant 13:", func(d *Directory, r *record) { d.collected = []wire.Directory{{}} }},
		{"a directory of another ring", "invariant 13:", func(d *Directory, r *record) { d.synced, d.collected = false, []wire.Directory{{}} }},
		{"one member spoken for twice", "invariant 13:", func(d *Directory, r *record) {
			d.synced = false
			d.collected = []wire.Directory{{Ring: d.ring, Side: d.side}, {Ring: d.ring, Side: d.side}}
		}},
		{"beliefs out of order", "invariant 13:", func(d *Directory, r *record) { d.seen = []wire.Failed{{ID: stranger}, {ID: stranger}} }},
		{"a record that is not indexed", "invariant 14:", func(d *Directory, r *record) { d.index = nil }},
		{"records out of order", "invariant 14:", func(d *Directory, r *record) {
			d.records = append(d.records, &record{GroupRecord: wire.GroupRecord{Name: "a"}})
			d.index[1] = d.records[1:]
		}},
		{"a memory beside a primary", "invariant 15:", func(d *Directory, r *record) {
			d.records = append(d.records, &record{GroupRecord: *cloneRecord(&r.GroupRecord)})
			d.index[1] = d.records[1:]
		}},
		{"held by who was not in it", "invariant 15:", func(d *Directory, r *record) { r.Primary, r.Holders = false, []wire.MemberID{stranger} }},
		{"two memories of one member", "invariant 15:", func(d *Directory, r *record) {
			r.Primary, r.Holders = false, []wire.MemberID{d.self.ID}
			d.records = append(d.records, &record{GroupRecord: *cloneRecord(&r.GroupRecord)})
			d.index[1] = d.records[1:]
		}},
		{"more attempts than allowed", "invariant 16:", func(d *Directory, r *record) { r.Attempts = make([]wire.Attempt, wire.MaxAttempts+1) }},
		{"attempts out of order", "invariant 16:", func(d *Directory, r *record) { r.Attempts = []wire.Attempt{{Position: 2}, {Position: 1}} }},
		{"holds back while all is well", "invariant 17:", func(d *Directory, r *record) { r.holding = true }},
		{"attempts that nobody resolved", "invariant 17:", func(d *Directory, r *record) { r.Attempts = []wire.Attempt{{Position: 2}} }},
		{"members without a founding", "invariant 18:", func(d *Directory, r *record) { r.Founding = 0 }},
		{"joins wait for a group that goes on", "invariant 18:", func(d *Directory, r *record) { r.Waiting = []wire.GroupJoin{waits(stranger)} }},
		{"waits twice", "invariant 18:", func(d *Directory, r *record) {
			r.Primary, r.Holders, r.Waiting = false, nil, []wire.GroupJoin{waits(stranger), waits(stranger)}
		}},
		{"more voters than the size", "invariant 19:", func(d *Directory, r *record) { r.Voters = append(r.Voters, "d", "e") }},
		{"votes twice", "invariant 19:", func(d *Directory, r *record) { r.Voters[1] = r.Voters[0] }},
		{"not by age", "invariant 20:", func(d *Directory, r *record) { r.Members[0].Joined = lastPosition }},
		{"in it twice", "invariant 20:", func(d *Directory, r *record) { r.Members[2] = r.Members[1] }},
		{"in it and not on the ring", "invariant 20:", func(d *Directory, r *record) { r.Members[2].ID = stranger }},
		{"nobody has the state", "invariant 21:", func(d *Directory, r *record) {
			for i := range r.Members {
				r.Members[i].Loaded = false
			}
		}},
		{"has the state and a donor", "invariant 21:", func(d *Directory, r *record) { r.Members[1].Donor = stranger }},
		{"loads from a stranger", "invariant 21:", func(d *Directory, r *record) { r.Members[1].Loaded, r.Members[1].Donor = false, stranger }},
		{"has the state and a spare", "invariant 21:", func(d *Directory, r *record) { r.Members[1].Spares = memberIDs(r.Members[2:]) }},
		{"a spare too many", "invariant 21:", func(d *Directory, r *record) {
			r.Members[1].Loaded, r.Members[1].Donor, r.Members[1].Spares = false, r.Members[0].ID, memberIDs(r.Members[2:])
		}},
		{"may load from a stranger", "invariant 21:", func(d *Directory, r *record) {
			r.Config.Spares = 1
			r.Members[1].Loaded, r.Members[1].Donor, r.Members[1].Spares = false, r.Members[0].ID, []wire.MemberID{stranger}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := cluster(t, "abc", wire.GroupConfig{Size: 3})
			d := w.proc("a").dir
			if err := d.Invariant(); err != nil {
				t.Fatal(err)
			}
			r := d.records[0]
			if len(r.Members) != 3 || len(r.Voters) != 3 {
				t.Fatalf("not the group this test is about: %v", r.GroupRecord)
			}
			c.spoil(d, r)
			if err := d.Invariant(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
