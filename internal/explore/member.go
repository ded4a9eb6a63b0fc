package main

// One member: its machine, the messages it is to send, its keys and its history. What it does with one input is worked out once.

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"reflect"
	"runtime/debug"
	"time"
	"unsafe"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/ordering"
)

// size is how many members there are.
const size = 3

// epoch is the moment at which every member always is: all its times are kept relative to it.
var epoch = time.UnixMilli(1_700_000_000_000)

// lan are the limits of the preset LAN.
var lan = membership.Timing{
	TokenLoss: 900 * time.Millisecond, TokenRetransmit: 20 * time.Millisecond, Rest: 200 * time.Millisecond, Join: 30 * time.Millisecond,
	Consensus: 250 * time.Millisecond, CommitRetransmit: 25 * time.Millisecond, Probe: 200 * time.Millisecond,
	Silence: 900 * time.Millisecond, Beacon: 500 * time.Millisecond,
}

// brief are limits in the same order, close together: what is repeated until a limit is repeated a few times only.
var brief = membership.Timing{
	TokenRetransmit: 20 * time.Millisecond, CommitRetransmit: 25 * time.Millisecond, Join: 30 * time.Millisecond,
	Probe: 40 * time.Millisecond, Rest: 40 * time.Millisecond, Consensus: 50 * time.Millisecond, Beacon: 65 * time.Millisecond,
	TokenLoss: 70 * time.Millisecond, Silence: 70 * time.Millisecond,
}

// A member is the whole state of one process.
type member struct {
	m       *membership.Machine
	unsaid  []string // messages that its application has not given it yet
	pending []string // messages that wait for their number
	keys    map[uint64][32]byte
	log     int32 // its history: see history.go
}

// An input is what can happen to a member.
type input struct {
	kind inputKind
	what int32 // a packet, or an index of a member
}

type inputKind uint8

const (
	inputPacket inputKind = iota + 1
	inputTimer
	inputSubmit
	inputSettle
	inputHint
)

// A packet is one datagram on its way to one member.
type packet struct {
	from, to uint8
	hint     bool // no datagram, but the news that from's sockets are closed
	header   wire.Header
	salt     [32]byte
	body     string
}

// An outcome is what a member becomes by an input, and what it sends.
type outcome struct {
	state int32
	sends []int32
	fault string // what must not be
}

// A summary is what the search wants to know of a member's state again and again.
type summary struct {
	deadline time.Duration // from now; negative or zero: due; never: none
	ready    bool          // operational, everything sent and delivered
	rests    bool          // the token is here and idle
	unsaid   bool          // messages are to be submitted
	stays    bool          // the token is here until its handlers have run
	alone    bool          // the last ring installed has one member
	ring     wire.RingID
	members  uint8 // of the ring, by bit
	log      int32
}

const never = time.Duration(1<<63 - 1)

// A port is where a machine's packets, deliveries and wants go while it takes one step.
type port struct {
	e     *explorer
	index uint8
	x     *member
	sends []int32
	fault string
	gone  map[uint64]bool
}

// info is who a member is.
func info(i int) wire.Info {
	name := string(rune('a' + i))
	return wire.Info{ID: wire.NewMemberID(name, 1), Name: name,
		Addrs: []wire.Addr{{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 7946)}}}
}

// born starts a member.
func (e *explorer) born(i int) int32 {
	p := e.ports[i]
	cfg := membership.Config{Self: info(i), Timing: e.limits.timing, Limits: ordering.DefaultLimits(1300), MaxMessage: 1 << 20, Watch: p.watch}
	cfg.Secret[0] = byte(i + 1)
	x := &member{keys: map[uint64][32]byte{}, log: none}
	p.x = x
	x.m = membership.NewMachine(cfg, p, p, epoch)
	x.m.Start()
	x.m.Input(epoch)
	var seeds []netip.AddrPort
	for j := range size {
		seeds = append(seeds, info(j).Addrs[0].Addr)
	}
	x.m.SetSeeds(seeds)
	return e.keep(x)
}

// react works out what a member does with an input. The state is not changed; the outcome is remembered.
func (e *explorer) react(i int, state int32, in input) outcome {
	k := reaction{state, uint8(i), in}
	if o, ok := e.reactions[k]; ok {
		return o
	}
	o := e.play(i, clone(e.plans, e.members[state], 0), in)
	e.reactions[k] = o
	return o
}

type reaction struct {
	state int32
	index uint8
	in    input
}

func (e *explorer) play(i int, x *member, in input) (o outcome) {
	p := e.ports[i]
	p.x, p.sends, p.fault = x, nil, ""
	clear(p.gone)
	defer func() {
		if r := recover(); r != nil {
			o = outcome{fault: fmt.Sprintf("panic: %v\n%s", r, debug.Stack())}
		}
	}()
	x.m.Input(epoch)
	switch in.kind {
	case inputPacket:
		q := &e.packets[in.what]
		if q.header.Context != 0 && x.keys[q.header.Context] != q.salt {
			break // its seal does not open
		}
		parsed, err := wire.Parse([]byte(q.body))
		if err != nil {
			return outcome{fault: fmt.Sprintf("%s sent what cannot be parsed: %v", name(q.from), err)}
		}
		x.m.Receive(info(int(q.from)).Addrs[0].Addr, q.header, parsed)
	case inputHint:
		x.m.Hint(info(int(in.what)).ID)
	case inputSubmit:
		x.pending, x.unsaid = append(x.pending, x.unsaid[0]), x.unsaid[1:]
	case inputSettle:
		x.m.Settled()
	}
	x.m.Tick()
	if len(x.pending) > 0 {
		x.m.Kick()
	}
	x.m.Recycle()
	if e.tamper != nil {
		e.tamper(x.m)
	}
	if err := x.m.Invariant(); err != nil && p.fault == "" && !e.blind {
		p.fault = err.Error()
	}
	return outcome{state: e.keep(x), sends: p.sends, fault: p.fault}
}

// keep puts a member's state aside, and returns its number: equal states have one.
func (e *explorer) keep(x *member) int32 {
	e.buffer = e.plans.of(reflect.TypeFor[member]()).digest(e.buffer[:0], unsafe.Pointer(x))
	sum := sha256.Sum256(e.buffer)
	h := [16]byte(sum[:16])
	if id, ok := e.byDigest[h]; ok {
		return id
	}
	id := int32(len(e.members))
	e.byDigest[h] = id
	e.members = append(e.members, x)
	e.summaries = append(e.summaries, e.summarize(x))
	return id
}

// later is a member's state after some time in which nothing happened to it.
func (e *explorer) later(state int32, d time.Duration) int32 {
	k := aging{state, d}
	if id, ok := e.agings[k]; ok {
		return id
	}
	x := clone(e.plans, e.members[state], d)
	x.m.Input(epoch)
	id := e.keep(x)
	e.agings[k] = id
	return id
}

type aging struct {
	state int32
	by    time.Duration
}

func (e *explorer) summarize(x *member) summary {
	m := x.m
	s := summary{deadline: never, ring: m.Ring(), log: x.log, unsaid: len(x.unsaid) > 0, stays: m.Stays(), alone: len(m.Members()) == 1}
	if d := m.Deadline(); !d.IsZero() {
		s.deadline = d.Sub(epoch)
	}
	for _, id := range m.Members() {
		s.members |= 1 << index(id)
	}
	r := m.Ordering()
	s.ready = m.State() == membership.StateOperational && len(x.unsaid) == 0 && (len(x.pending) == 0 || s.alone && e.start.company) && r.Delivered() == r.High()
	s.rests = s.alone && !peek[bool](m, "token", "again") || peek[*wire.Token](m, "token", "held") != nil
	return s
}

// index is which member an id is of.
func index(id wire.MemberID) uint8 {
	for i := range size {
		if info(i).ID == id {
			return uint8(i)
		}
	}
	panic(fmt.Sprintf("explore: nobody is %v", id))
}

func name(i uint8) string { return string(rune('a' + i)) }

// ---- what the machine wants ----

// Fill implements ordering.Source.
func (p *port) Fill(chunks []wire.Chunk, room int) []wire.Chunk {
	x := p.x
	for p.Backlog() > 0 && wire.ChunkOverhead(wire.OrderSafe, true, true)+len(x.pending[0]) <= room {
		text := x.pending[0]
		c := wire.Chunk{Group: 1, Kind: wire.KindApp, Order: wire.OrderAgreed, Flags: wire.ChunkFirst | wire.ChunkLast, Payload: []byte(text)}
		if isSafe(text) && !p.e.hasty {
			c.Order = wire.OrderSafe
		}
		x.pending = x.pending[1:]
		room -= c.Size()
		chunks = append(chunks, c)
	}
	return chunks
}

// Backlog implements ordering.Source. A member that is alone keeps its messages until it has company: two messages that nobody
// else may ever see are soon explored.
func (p *port) Backlog() int {
	if p.e.start.company && len(p.x.m.Members()) < 2 {
		return 0
	}
	return len(p.x.pending)
}

// Token implements ordering.Source.
func (p *port) Token(*wire.Token, uint16) {}

// Send implements membership.Sink.
func (p *port) Send(s membership.Send) {
	salt, ok := p.x.keys[s.Context]
	if s.Context != 0 && !ok {
		if !p.gone[s.Context] {
			p.fault = fmt.Sprintf("%s sends on a ring without its key", name(p.index))
		}
		return
	}
	for _, to := range s.To {
		for j := range size {
			if j != int(p.index) && info(j).Addrs[0].Addr == to {
				p.sends = append(p.sends, p.e.packet(packet{from: p.index, to: uint8(j), salt: salt, body: string(s.Body),
					header: wire.Header{Version: wire.Version, Class: s.Class, Context: s.Context, Sealer: info(int(p.index)).ID}}))
			}
		}
	}
}

// Key implements membership.Sink.
func (p *port) Key(k membership.RingKey) {
	if k.Remove {
		delete(p.x.keys, k.Context)
		p.gone[k.Context] = true
		return
	}
	p.x.keys[k.Context] = k.Salt
}

// Persist implements membership.Sink: nothing is stored here.
func (p *port) Persist(membership.Mark) { p.fault = "a mark is to be stored where nothing is" }

// Notice implements membership.Sink.
func (p *port) Notice(n membership.Notice) {
	if p.e.notice != nil {
		p.e.notice(p.index, n)
	}
	if n.Kind == membership.NoticeInvariant {
		p.fault = n.Text
	}
}

// Deliver implements membership.Sink. What counts is what the machine shows of its ring: see watch.
func (p *port) Deliver(membership.Delivery) {}

// watch takes what the machine shows: the member's history.
func (p *port) watch(w *membership.Watched) {
	v := observe(p.x.m, w)
	if p.e.censor == nil || !p.e.censor(p.index, v) {
		p.x.log = p.e.history(p.x.log, v)
	}
}
