package membership

// The ring half of membership: one member's path through gather, commit, recovery and operation, and what all states share.

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/netip"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/ordering"
)

// Timing holds the limits of the protocol, each a duration from one event to what is done about it.
type Timing struct {
	TokenLoss        time.Duration // without a token until the ring is believed broken
	TokenRetransmit  time.Duration // without a sign of progress until the token is sent again
	Rest             time.Duration // a resting token goes round once in this time
	Join             time.Duration // between two Joins in gather
	Consensus        time.Duration // without an answer in gather until a silent member is left out
	CommitRetransmit time.Duration // between two sendings of the commit token
	Probe            time.Duration // between two probes of a quiet neighbour
	Silence          time.Duration // without any packet until a neighbour is believed gone
	Beacon           time.Duration // between two beacons to those not on the ring
}

// Config is what a Machine is made of.
type Config struct {
	Self       wire.Info
	Timing     Timing
	Limits     ordering.Limits
	MaxMessage int
	Secret     [32]byte // nonces are drawn from it

	Begin  Mark // ring sequences and positions of this run begin above it
	Stored Mark // what is stored at the start; zero: nothing is, and only incarnations keep ring ids apart
	Ahead  Mark // how far beyond its use a mark is stored; zero fields: 64 rings, 2^26 positions

	// Watch, if not nil, is shown what happens on the ring. Nothing depends on it.
	Watch func(*Watched)
}

// A State is where a member is on its way from one ring to the next.
type State uint8

const (
	StateOperational State = iota + 1 // the ring is installed and passes its token
	StateGather                       // members agree who forms the next ring
	StateCommit                       // the commit token collects what each of them brings
	StateRecovery                     // the new ring exchanges the old rings' messages
)

func (s State) String() string {
	switch s {
	case StateOperational:
		return "operational"
	case StateGather:
		return "gather"
	case StateCommit:
		return "commit"
	case StateRecovery:
		return "recovery"
	}
	return "none"
}

// A Send is one packet for one or more addresses. Body is valid until Recycle; To is shared and never changes.
type Send struct {
	To      []netip.AddrPort
	Class   wire.Class
	Context uint64 // the ring whose key seals it, 0 for none
	Body    []byte
}

// A RingKey installs the key of a ring, or removes it.
type RingKey struct {
	Context uint64
	Salt    [32]byte // hash of the ring id and every member's nonce
	Remove  bool
}

// A NoticeKind says what a Notice reports.
type NoticeKind uint8

const (
	NoticeState     NoticeKind = iota + 1 // the ring's state changed; Text says from, to and why
	NoticeRing                            // a ring was installed
	NoticeSuspect                         // a member is believed gone; Text says why
	NoticeDrop                            // a packet was dropped after its seal was opened; Text says why
	NoticeSync                            // the directories of a new ring agree
	NoticeDiverged                        // members delivered something else than others; Text has the chains
	NoticeInvariant                       // an invariant was broken: the member went back to gather
)

// A Notice is something an operator may want to know; nothing depends on it.
type Notice struct {
	Kind   NoticeKind
	Ring   wire.RingID
	Member wire.MemberID
	Text   string
}

// A Delivery is one thing the ring hands up, in order. Exactly one field group is meant, by Kind.
type Delivery struct {
	Kind         DeliveryKind
	Messages     ordering.Messages // DeliverMessages
	Transitional bool              // DeliverMessages: in the transitional configuration
	Contiguous   bool              // DeliverMessages: nothing before them on their ring is missing
	Members      []wire.MemberID   // DeliverTransitional: who moves along; DeliverRing: the new ring's members
	Trans        []wire.MemberID   // DeliverRing: who moved along
	Departed     []wire.Failed     // DeliverRing: who was given up on the way, and why
	Ring         wire.RingID       // DeliverRing
	Link         wire.Link         // DeliverRing: what was delivered on the ring before, without groups; none at the start
}

// A DeliveryKind says what a Delivery is.
type DeliveryKind uint8

const (
	DeliverMessages     DeliveryKind = iota + 1
	DeliverTransitional              // the old ring's transitional configuration begins
	DeliverRing                      // the new ring's regular configuration begins
)

// A Machine is one member's part in the ring's membership. It is pure: time comes in with every call, packets and deliveries go
// to the owner's sinks at once. It is not safe for concurrent use.
type Machine struct {
	cfg   Config
	state State
	now   time.Time

	// out and deliver are the owner's sinks.
	out    Sink
	source ordering.Source

	book  map[wire.MemberID]*peer // everybody heard of
	seeds []netip.AddrPort

	ring    *ordering.Ring // the ring in operation or, in recovery, the one being formed; nil in gather and commit
	old     *ordering.Ring // the last ring installed, frozen, while a new one is sought; nil in operation
	ringSeq uint64         // the highest ring sequence met
	nonces  uint64         // how many nonces were drawn
	stored  Mark           // no ring or position above it is used; zero: nothing is stored
	asked   Mark           // the greatest mark that was asked for
	joins   uint32         // how many Joins were sent

	token     tokenState
	gather    gatherState
	commit    commitState
	recovery  recoveryState
	strangers strangersState
	liveness  livenessState
	assembler *ordering.Assembler
	chains    chains
	suffices  ordering.Enough // nil: everybody counts
	visit     ordering.Visit
	routes    routes
	arena     []byte  // bodies of this step's packets
	watched   Watched // the packet being shown

	past  ordering.Counters // of rings that are gone
	left  bool              // Leave was called
	taken *Taken

	exhausted string // which numbers are used up

	Coverage Coverage
}

// A Sink takes what a Machine produces, in order.
type Sink interface {
	Send(Send)
	Key(RingKey)
	Notice(Notice)
	// Persist asks for a mark to be stored; Persisted says when it is. A later mark covers the earlier.
	Persist(Mark)
	// Deliver hands up one delivery. It must not call back into the Machine, except Cut and Ring.
	Deliver(Delivery)
}

// Taken says that another member holds this one's name.
type Taken struct {
	By   wire.MemberID
	Addr netip.AddrPort
}

// Coverage counts what happened, so that a test can tell that it did.
type Coverage struct {
	TokensLost          int // token losses in operation
	TokenRetransmitted  int
	CommitRetransmitted int
	RingsInstalled      int
	Merged              int // rings installed with members of another ring
	Recovered           int // old-ring packets that arrived through recovery
	RecoveryBroken      int // recoveries that did not end in an installation
	CrashInRecovery     int // of these, with a member gone
	Discarded           int // old-ring packets discarded after a gap
	TransitionalSafe    int // safe messages delivered in a transitional configuration
	Obliged             int // deliveries after a gap because of an obligation
	Rested              int // times the token came to rest
	Woken               int
	Stayed              int // times a token was kept for what the handlers send
	StayedOn            int // times they sent something
	Accelerated         int // tokens passed on before the last packets of their visit
	Refused             int // newcomers refused because their name was taken
	RingsSpent          int // rings that ended because their numbers were used up
	CommitStored        int // commit tokens that waited for a mark to be stored
	Parked              int // tokens that waited for one
	Forced              int // members given up lest a membership be proposed for ever
	LeftOut             int // members left out because not all heard all
	FailedToReceive     int // members given up because they received nothing
	Proved              int // rings merged on proof that all hear all
	StaleTokens         int // tokens that had been here already
	Kept                int // obligations carried from a ring that was not installed into the next attempt
	MergedThree         int // rings installed with members of three or more rings
	Replayed            int // messages held back and delivered after all
	Restarted           int // own messages begun again because a view change cut them in two
}

// NewMachine returns a member that has not started.
func NewMachine(cfg Config, source ordering.Source, out Sink, now time.Time) *Machine {
	m := &Machine{cfg: cfg, source: source, out: out, now: now, book: map[wire.MemberID]*peer{}, ringSeq: cfg.Begin.Ring,
		stored: cfg.Stored, asked: cfg.Stored}
	m.assembler = ordering.NewAssembler(cfg.MaxMessage, func(wire.GroupID) bool { return true })
	m.chains.table = crc32.MakeTable(crc32.Castagnoli)
	m.remember(cfg.Self)
	m.liveness.nextBeacon = now
	return m
}

// Start installs a ring of this member alone, as a starting processor does.
func (m *Machine) Start() { m.installAlone() }

// Keep sets which groups' fragments are kept.
func (m *Machine) Keep(keep func(wire.GroupID) bool) { m.assembler.Keep = keep }

// Room sets what gives memory for messages that are put together; see ordering.Assembler.
func (m *Machine) Room(room func(int) ([]byte, any)) { m.assembler.Room = room }

// Suffice sets who counts, in each group, where a message is to be safe at k. Without it every member of the ring does.
func (m *Machine) Suffice(enough ordering.Enough) { m.suffices = enough }

func (m *Machine) enough() ordering.Enough {
	if m.suffices == nil {
		return m.ring.Everybody
	}
	return m.suffices
}

// Ring is the id of the last ring installed.
func (m *Machine) Ring() wire.RingID { return m.installed().ID }

// Members are the members of the last ring installed, in ring order.
func (m *Machine) Members() []wire.MemberID { return m.installed().Members }

// State is where this member is.
func (m *Machine) State() State { return m.state }

// Ordering is the last ring installed, for reading.
func (m *Machine) Ordering() *ordering.Ring { return m.installed() }

// Taken reports whether another member was found to hold this one's name.
func (m *Machine) Taken() *Taken { return m.taken }

// Rotation is the measured time of one rotation of a busy token, zero before the first.
func (m *Machine) Rotation() time.Duration { return m.token.rotation }

// Cut tells the assembler that a group's view changed; it reports whether this member's own message was cut in two and must be
// begun again.
func (m *Machine) Cut(g wire.GroupID) bool { return m.assembler.ViewChanged(g, m.cfg.Self.ID) }

func (m *Machine) installed() *ordering.Ring {
	if m.old != nil {
		return m.old
	}
	return m.ring
}

// Input sets the time of what follows.
func (m *Machine) Input(now time.Time) { m.now = now }

// Recycle takes back the bodies of all packets given to the sink so far.
func (m *Machine) Recycle() { m.arena = m.arena[:0] }

// Freed appends the memory of packets and messages that is needed no more. A ring that is no longer in operation gives nothing back.
func (m *Machine) Freed(dst []any) []any {
	dst = m.assembler.Freed(dst)
	if m.ring == nil {
		return dst
	}
	return m.ring.Freed(dst)
}

// Receive handles one packet whose seal was opened and which is no replay.
func (m *Machine) Receive(from netip.AddrPort, h wire.Header, p wire.Packet) {
	if h.Sealer == m.cfg.Self.ID || m.left {
		return
	}
	m.heard(h.Sealer, from)
	if h.Context != 0 {
		m.receiveRing(h, p)
		return
	}
	switch p := p.(type) {
	case *wire.Probe:
		m.receiveProbe(from, h.Sealer, p)
	case *wire.Beacon:
		m.receiveBeacon(h.Sealer, h.Class, p)
	case *wire.Join:
		m.receiveJoin(h.Sealer, p)
	case *wire.CommitToken:
		m.receiveCommit(h.Sealer, p)
	case *wire.Leave:
		// Outside any ring a Leave names the newcomer whose name is taken.
		if p.Sender == m.cfg.Self.ID && h.Sealer.SameName(m.cfg.Self.ID) {
			m.taken = &Taken{By: h.Sealer, Addr: from}
		}
	default:
		m.drop(h.Sealer, "%v outside any ring", p.Type())
	}
}

// receiveRing handles a packet sealed with a ring's key.
func (m *Machine) receiveRing(h wire.Header, p wire.Packet) {
	r := m.ring
	if r == nil && m.state == StateGather {
		r = m.old // what still comes in of the old ring need not be recovered
	}
	if r == nil || h.Context != r.Context || r.Index(h.Sealer) < 0 {
		m.drop(h.Sealer, "packet of another ring")
		return
	}
	switch p := p.(type) {
	case *wire.Data:
		// "If all have my_received_flg true, there is nothing to exchange": whoever has promised to deliver what was exchanged takes
		// nothing of the old ring on top of it, which others lack.
		if m.ring != nil || !m.recovery.received {
			m.receiveData(r, h.Sealer, p)
		}
	case *wire.Token:
		if m.ring != nil {
			m.receiveToken(h.Sealer, p)
		}
	case *wire.Wake:
		if m.ring != nil {
			m.receiveWake(p)
		}
	case *wire.Leave:
		if p.Sender == h.Sealer {
			m.suspect(p.Sender, wire.ReasonLeave, "it left")
		}
	default:
		m.drop(h.Sealer, "%v on a ring", p.Type())
	}
}

// Tick does what is due.
func (m *Machine) Tick() {
	if m.left {
		return
	}
	switch m.state {
	case StateOperational, StateRecovery:
		m.tickToken()
	case StateGather:
		m.tickGather()
	case StateCommit:
		m.tickCommit()
	}
	m.tickLiveness()
}

// Deadline is when Tick has something to do next.
func (m *Machine) Deadline() time.Time {
	if m.left {
		return time.Time{}
	}
	d := m.deadlineLiveness()
	switch m.state {
	case StateOperational, StateRecovery:
		d = earliest(d, m.deadlineToken())
	case StateGather:
		d = earliest(d, m.deadlineGather())
	case StateCommit:
		d = earliest(d, m.deadlineCommit())
	}
	return d
}

// Paused tells the machine that its process did not run for d: nobody is to be blamed for what happened meanwhile, so every
// deadline moves.
func (m *Machine) Paused(d time.Duration) {
	shift(d, &m.token.lossAt, &m.token.retransmitAt, &m.gather.joinAt, &m.gather.consensusAt, &m.gather.commitAt,
		&m.commit.retransmitAt, &m.commit.lossAt)
	for _, p := range m.book {
		if !p.heard.IsZero() {
			p.heard = p.heard.Add(d)
		}
		if p.probing {
			p.probeStart = p.probeStart.Add(d)
		}
	}
}

func shift(d time.Duration, at ...*time.Time) {
	for _, t := range at {
		if !t.IsZero() {
			*t = t.Add(d)
		}
	}
}

// Leave tells the ring that this member goes. The machine does nothing more.
func (m *Machine) Leave() {
	if m.left {
		return
	}
	p := &wire.Leave{Sender: m.cfg.Self.ID}
	if m.ring != nil && m.ring.Len() > 1 {
		// Three times: nobody acknowledges it, and a lost one costs the others a time-out.
		for range 3 {
			m.multicast(m.ring, wire.ClassControl, p)
		}
	}
	m.left = true
}

// ---- sending ----

func (m *Machine) body(p wire.Packet) []byte {
	start := len(m.arena)
	m.arena = p.Append(m.arena)
	return m.arena[start:len(m.arena):len(m.arena)]
}

// unicast sends a packet to one member.
func (m *Machine) unicast(id wire.MemberID, class wire.Class, context uint64, p wire.Packet) {
	if a, ok := m.address(id); ok {
		m.out.Send(Send{To: []netip.AddrPort{a}, Class: class, Context: context, Body: m.body(p)})
	}
}

// ---- what all states use ----

func (m *Machine) enter(s State, format string, args ...any) {
	text := fmt.Sprintf("%v to %v: ", m.state, s) + fmt.Sprintf(format, args...)
	m.state = s
	m.out.Notice(Notice{Kind: NoticeState, Ring: m.Ring(), Text: text})
}

func (m *Machine) drop(from wire.MemberID, format string, args ...any) {
	m.out.Notice(Notice{Kind: NoticeDrop, Ring: m.Ring(), Member: from, Text: fmt.Sprintf(format, args...)})
}

// nonce draws a fresh nonce: a hash of the secret and a counter, so that the machine needs no random source.
func (m *Machine) nonce() (n [16]byte) {
	m.nonces++
	var b [40]byte
	copy(b[:32], m.cfg.Secret[:])
	binary.BigEndian.PutUint64(b[32:], m.nonces)
	h := sha256.Sum256(b[:])
	copy(n[:], h[:16])
	return n
}

// earliest returns the earlier of two deadlines; a zero time is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// due reports whether a deadline has come.
func (m *Machine) due(t time.Time) bool { return !t.IsZero() && !m.now.Before(t) }

// SendDirect sends a point-to-point packet to a member, outside any ring.
func (m *Machine) SendDirect(id wire.MemberID, p wire.Packet) { m.unicast(id, wire.ClassDirect, 0, p) }

// Counters count packets on all rings so far.
func (m *Machine) Counters() ordering.Counters {
	c := m.past
	for _, r := range []*ordering.Ring{m.ring, m.old} {
		if r != nil {
			c.Add(r.Counters)
		}
	}
	return c
}
