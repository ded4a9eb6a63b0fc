package transport

// How large a datagram each path carries. The Transport's MTU is what this host's links carry; a switch, a tunnel or the other host
// may carry less, and most say nothing when they drop what is too large. So while large packets go to an address, it is asked now and
// then: a small probe and one as large as datagrams may be, sealed like everything, and the other Endpoint acknowledges both. Where
// the small ones come back and the large ones do not, the path is narrow: packets to it go in parts, at first of the least size, and the
// largest that passes is searched for. Nothing above need know; a packet in parts is a packet.
//
// Where the Transport has the kernel cut runs of datagrams, probes go in runs as well. There are kernels and cards that spoil runs so that
// the receiver's kernel drops them: where single probes come back, round after round, and none of a run, runs are given up.
//
// Probes are sent by Send, of which there is one for each visit of the token, and acknowledged by the next Send: an idle member sends
// none. They never leave the package.

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	pathsMost  = 1024                   // addresses that are watched
	acksMost   = 64                     // acknowledgements that wait for a Send
	probeEvery = 250 * time.Millisecond // between two rounds to one address to which large packets go
	probeAgain = 50 * time.Millisecond  // between two tries of a round
	probeTries = 4                      // tries until a size may be given up
	probeHeard = 3                      // small probes that must have come back by then
	probeMost  = 20                     // tries after which a round ends with nothing learned
	pathRetry  = 30 * time.Second       // until a narrow path is tried with the full size again
	pathClose  = 16                     // bytes within which a search ends
	runsRound  = 2                      // runs of two probes in a round
	runsLost   = 5                      // rounds in a row of whose runs nothing came back until runs are given up
)

// The kinds of probe, each followed by that of its acknowledgement, and what its body holds: the kind, the length of the datagram, and what names the round.
const (
	probeSmall    = 1
	probeSmallAck = 2
	probeLarge    = 3
	probeLargeAck = 4
	probeRun      = 5 // like a large one, two by two; the round it names is the path's
	probeRunAck   = 6

	probeSize = 1 + 2 + 8
)

// A Path is an address to which datagrams of the Transport's MTU do not pass.
type Path struct {
	Addr      netip.AddrPort
	MTU       int  // the largest datagram sent there
	Searching bool // whether a larger one is being looked for
}

// path is what is known of one address.
type path struct {
	addr netip.AddrPort
	mtu  int // the largest datagram sent there
	high int // while searching: a size that does not pass; 0: not searching

	used    time.Time // when a packet last went there that the least MTU does not carry
	checked time.Time // the end of the last round
	narrow  time.Time // the end of the last search that found less than the full size

	// The round under way; size 0: none.
	size  int
	id    uint64
	tries int
	heard int // small probes that came back
	next  time.Time

	// What became of runs. The id is the path's for its life, so that an answer is never too late.
	runID   uint64
	runs    bool // some were sent in the last round, and a single one of their size came back
	runBack bool // one of a run came back since
	runLost int  // rounds in a row
}

// An ack is an acknowledgement that waits for the next Send.
type ack struct {
	to   netip.AddrPort
	body [probeSize]byte
}

// paths is shared by Send's and Receive's goroutines.
type paths struct {
	full   int // the Transport's MTU
	narrow atomic.Int32
	waits  atomic.Bool // acks are there

	mu     sync.Mutex
	byAddr map[netip.AddrPort]*path
	rounds map[uint64]*path // by id
	acks   []ack
	due    time.Time // when the next round or try may begin

	zeros [MaxDatagram]byte // Send's goroutine fills probes with it
	to    []netip.AddrPort  // its scratch
}

func (ps *paths) init(full int) {
	ps.full = full
	ps.byAddr = make(map[netip.AddrPort]*path)
	ps.rounds = make(map[uint64]*path)
}

// room is how large a body may be that goes to all these in one datagram. It notes that large packets go there: some that the least
// MTU does not carry.
func (ps *paths) room(to []netip.AddrPort, now time.Time) int {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	least := ps.full
	for _, a := range to {
		p := ps.byAddr[a]
		if p == nil {
			if p = ps.watch(a, now); p == nil {
				continue
			}
		}
		if p.size == 0 && !p.used.After(p.checked) {
			ps.wake(p.begins())
		}
		p.used = now
		least = min(least, p.mtu)
	}
	return least - overhead
}

// wake has the paths looked at no later than then.
func (ps *paths) wake(at time.Time) {
	if ps.due.IsZero() || at.Before(ps.due) {
		ps.due = at
	}
}

// begins is when a round may begin: a search makes no pause.
func (p *path) begins() time.Time {
	if p.high > 0 {
		return p.checked
	}
	return p.checked.Add(probeEvery)
}

// watch begins to watch an address. If there are too many, the one unused for longest is forgotten, unless it is in use as well.
func (ps *paths) watch(a netip.AddrPort, now time.Time) *path {
	if len(ps.byAddr) >= pathsMost {
		var oldest *path
		for _, p := range ps.byAddr {
			if oldest == nil || p.used.Before(oldest.used) {
				oldest = p
			}
		}
		if now.Sub(oldest.used) < pathRetry {
			return nil
		}
		ps.set(oldest, ps.full)
		delete(ps.rounds, oldest.id)
		delete(ps.rounds, oldest.runID)
		delete(ps.byAddr, oldest.addr)
	}
	p := &path{addr: a, mtu: ps.full, runID: rand.Uint64()}
	ps.byAddr[a] = p
	ps.rounds[p.runID] = p
	return p
}

// set changes what is sent to an address.
func (ps *paths) set(p *path, mtu int) {
	if was, is := p.mtu < ps.full, mtu < ps.full; was != is {
		if is {
			ps.narrow.Add(1)
		} else {
			ps.narrow.Add(-1)
		}
	}
	p.mtu = mtu
}

// probe sends the acknowledgements that wait and the probes that are due.
func (e *Endpoint) probe(now time.Time) {
	ps := &e.paths
	if ps.waits.Load() {
		ps.mu.Lock()
		acks := ps.acks
		ps.acks = nil
		ps.waits.Store(false)
		ps.mu.Unlock()
		for i := range acks {
			e.sendProbe(acks[i].to, acks[i].body[:])
		}
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.due.IsZero() || now.Before(ps.due) {
		return
	}
	ps.due = time.Time{}
	for _, p := range ps.byAddr {
		if p.step(ps, now) {
			e.sendPair(p)
		}
		switch {
		case p.size > 0:
			ps.wake(p.next)
		case p.used.After(p.checked):
			ps.wake(p.begins())
		} // else the next large packet sets it going
	}
}

// sendPair sends a small probe and a large one, and with the first of a round's some in runs.
func (e *Endpoint) sendPair(p *path) {
	filling := e.paths.zeros[:p.size-overhead-probeSize]
	body := probeBody(probeSmall, p.size, p.id)
	e.sendProbe(p.addr, body[:])
	body[0] = probeLarge
	e.sendProbe(p.addr, append(body[:], filling...))
	if p.tries != 1 || p.size != p.mtu || e.out.offload == nil || !e.out.offload.segmenting() {
		return
	}
	if p.judgeRuns() {
		e.out.offload.distrustSegmenting("runs of datagrams do not arrive, and single ones do")
		return
	}
	body = probeBody(probeRun, p.size, p.runID)
	for range runsRound {
		e.flush() // what was before must not join the run
		for range 2 {
			e.sendProbe(p.addr, append(body[:], filling...))
		}
	}
	e.flush()
	p.runBack = false
}

// judgeRuns is asked before runs are sent again, and reports whether they are to be given up.
func (p *path) judgeRuns() bool {
	switch {
	case p.runBack:
		p.runLost = 0
	case p.runs:
		p.runLost++
	}
	p.runs = false
	return p.runLost >= runsLost
}

func (e *Endpoint) sendProbe(to netip.AddrPort, body []byte) {
	e.paths.to = append(e.paths.to[:0], to)
	base := (*e.context.Load())[0]
	if e.sealOne(base, wire.ClassControl, wire.FlagProbe, nil, body, 0) {
		e.fanOut(e.paths.to)
	}
}

func probeBody(kind byte, size int, id uint64) (b [probeSize]byte) {
	b[0] = kind
	binary.BigEndian.PutUint16(b[1:], uint16(size))
	binary.BigEndian.PutUint64(b[3:], id)
	return b
}

// step moves an address's round on. It reports whether a pair of probes is to be sent.
func (p *path) step(ps *paths, now time.Time) bool {
	if p.size == 0 {
		if !p.used.After(p.checked) || now.Before(p.begins()) {
			return false
		}
		p.begin(ps, now)
	}
	switch {
	case now.Before(p.next):
		return false
	case p.tries >= probeTries && p.heard >= probeHeard:
		p.fail(ps, now)
		if p.high == 0 {
			return false
		}
		p.begin(ps, now)
	case p.tries >= probeMost:
		p.end(ps, now) // nobody is there, or next to nothing passes: nothing is learned about sizes
		return false
	}
	p.tries++
	p.next = now.Add(probeAgain)
	return true
}

// begin starts a round: of the size that is used, of one between while searching, or, of a narrow path, now and then of the full one.
func (p *path) begin(ps *paths, now time.Time) {
	p.size = p.mtu
	switch {
	case p.high > 0:
		p.size = (p.mtu + p.high) / 2
	case p.mtu < ps.full && now.Sub(p.narrow) >= pathRetry:
		p.size = ps.full
	}
	p.id, p.tries, p.heard, p.next = rand.Uint64(), 0, 0, now
	ps.rounds[p.id] = p
}

func (p *path) end(ps *paths, now time.Time) {
	delete(ps.rounds, p.id)
	p.size, p.checked = 0, now
}

// fail: small probes come back, and those of the size do not.
func (p *path) fail(ps *paths, now time.Time) {
	size := p.size
	p.end(ps, now)
	switch {
	case size > p.mtu && p.high == 0:
		p.narrow = now // the full size still does not pass
		return
	case size > p.mtu:
		p.high = size
	case size > MinMTU:
		ps.set(p, MinMTU)
		p.high = size
	default:
		return // not even the least passes: nothing can be done here
	}
	p.settle(now)
}

// pass: a probe of the round's size came back.
func (p *path) pass(ps *paths, now time.Time) {
	size := p.size
	p.end(ps, now)
	p.runs = size == p.mtu
	if size > p.mtu {
		ps.set(p, size)
	}
	if size == ps.full {
		p.high = 0
	}
	p.settle(now)
}

// settle ends a search that can find little more.
func (p *path) settle(now time.Time) {
	if p.high > 0 && p.high-p.mtu <= pathClose {
		p.high, p.narrow = 0, now
	}
}

// takeProbe is given the body of each probe, and the length of its datagram, by Receive's goroutine.
func (ps *paths) takeProbe(from netip.AddrPort, body []byte, length int) (ok bool) {
	if len(body) < probeSize {
		return false
	}
	kind, size, id := body[0], int(binary.BigEndian.Uint16(body[1:])), binary.BigEndian.Uint64(body[3:])
	ps.mu.Lock()
	defer ps.mu.Unlock()
	switch kind {
	case probeSmall, probeLarge, probeRun:
		if kind != probeSmall && size != length {
			return false
		}
		if len(ps.acks) < acksMost {
			ps.acks = append(ps.acks, ack{from, probeBody(kind+1, size, id)})
			ps.waits.Store(true)
		}
		return true
	case probeRunAck:
		if p := ps.rounds[id]; p != nil && p.runID == id {
			p.runBack = true
		}
		return true
	case probeSmallAck, probeLargeAck:
		p := ps.rounds[id]
		if p == nil || p.id != id || p.size != size {
			return true // late
		}
		if kind == probeSmallAck {
			p.heard++
			return true
		}
		p.pass(ps, time.Now())
		ps.wake(p.begins())
		return true
	}
	return false
}

// Paths lists the addresses to which packets go in smaller datagrams than the Transport's MTU, because larger ones do not pass. It
// does not block.
func (e *Endpoint) Paths() []Path {
	ps := &e.paths
	if ps.narrow.Load() == 0 {
		return nil
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	var list []Path
	for _, p := range ps.byAddr {
		if p.mtu < ps.full {
			list = append(list, Path{Addr: p.addr, MTU: p.mtu, Searching: p.high > 0})
		}
	}
	slices.SortFunc(list, func(a, b Path) int { return a.Addr.Compare(b.Addr) })
	return list
}
