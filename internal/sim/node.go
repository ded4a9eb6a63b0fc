package sim

// One node and the process that runs on it: what the root package's loop does around a core, played.

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// inboxLimit bounds what a paused process finds in its socket when it wakes.
const inboxLimit = 400

// A node is one host: a name and an address. At most one process runs on it at a time.
type node struct {
	c     *Cluster
	index int
	name  string
	addr  netip.AddrPort
	runs  int
	p     *process // nil while nothing runs
	slow  bool     // its handlers take their time
	disk  disk

	wall time.Duration // by how much its wall clock is off: the next run reads it
	pace time.Duration // how long it takes for each packet
	free time.Duration // when it is done with those that have come
	died time.Duration // when its last run ended
}

// A process is one run of a node, with a core of its own.
type process struct {
	n        *node
	id       wire.MemberID
	member   evs.Member
	core     *core.Core
	counters map[uint64]uint64
	keys     map[uint64][32]byte
	gone     map[uint64]bool // keys removed in this step
	apps     []*app          // in the order of the cluster's groups; nil where the node has no part
	steady   steady
	paused   bool
	pauses   int // so far
	inbox    []*datagram
	in       core.Received // the packet being taken in
	armed    time.Duration // when a timer will look at the core; 0: none will
	pumping  bool
	settling bool         // handlers run while the token stays here
	stepping bool         // the effects of a step are being carried out
	later    []core.Event // what came meanwhile
	tags     uint64
	ring     wire.RingID // the last one installed
	synced   wire.RingID // the last one on which all directories became one
	direct   directs
	rings    *ringLog
	recovers bool // in recovery, as far as noticed
	heard    heard
}

func (n *node) alive() bool { return n.p != nil }

// member names the run in progress, or the last one.
func (n *node) member() evs.Member { return evs.Member(fmt.Sprintf("%s/%d", n.name, n.runs)) }

// start begins a new run.
func (n *node) start() {
	c := n.c
	if n.runs > 0 && c.clock.now-n.died < c.opts.Timing.TokenLoss {
		c.stats.QuickRestarts++
	}
	n.runs++
	wall := n.readWall()
	id := wire.NewMemberID(n.name, uint64(wall.UnixMilli())<<20|uint64(c.rng.Uint32N(1<<20)))
	p := &process{n: n, id: id, member: n.member(), steady: steady{base: wall, since: c.clock.now}, counters: map[uint64]uint64{},
		keys: map[uint64][32]byte{}, gone: map[uint64]bool{}, direct: newDirects()}
	c.members[id] = p.member
	c.runs = append(c.runs, id)
	cfg := core.Config{
		Self:    wire.Info{ID: id, Name: n.name, Addrs: []wire.Addr{{Addr: n.addr}}},
		Timing:  c.opts.Timing,
		MaxBody: c.opts.MaxBody, MaxMessage: c.opts.MaxMessage,
	}
	for i := 0; i < len(cfg.Secret); i += 8 {
		binary.BigEndian.PutUint64(cfg.Secret[i:], c.rng.Uint64())
	}
	n.mount(&cfg, wall)
	p.rings = c.watchRings(p.member)
	if c.lends() {
		cfg.Room = room
	}
	cfg.Watch = p.rings.watch
	p.core = core.New(cfg, p.time())
	n.p = p
	c.tracef("%s starts as %s (%s)", n.name, p.member, id)
	for _, g := range c.groups {
		var a *app
		if g.has(n.index) {
			a = newApp(p, g)
		}
		p.apps = append(p.apps, a)
	}
	var seeds []netip.AddrPort
	for i, o := range c.nodes {
		if o != n && (c.opts.Seeds == 0 || i < c.opts.Seeds) {
			seeds = append(seeds, o.addr)
		}
	}
	p.step(core.Seeds{Addrs: seeds})
}

// crash ends the run as kill -9 does: its sockets close, and whoever can still hear of that gets a hint.
func (n *node) crash() {
	p := n.p
	if p == nil {
		return
	}
	c := n.c
	c.tracef("%s ends", p.member)
	c.stats.Crashes++
	if p.recovers {
		c.stats.CrashesInRecovery++
	}
	for _, a := range p.apps {
		if a != nil {
			a.log.Add(evs.Event{Kind: evs.Crash, At: c.clock.now})
		}
	}
	p.rings.fail()
	n.p = nil
	n.died, n.free = c.clock.now, 0
	c.retire(p)
	for _, o := range c.nodes {
		if o == n || !o.alive() {
			continue
		}
		q := o.p
		c.clock.after(time.Millisecond, func() {
			if q.n.p == q && c.net.open(n.index, q.n.index) {
				q.when(func() { q.step(core.Hint{Member: p.id}) })
			}
		})
	}
}

// when does something now, or when the process runs again.
func (p *process) when(do func()) {
	if p.n.p != p {
		return
	}
	if p.paused {
		p.n.c.clock.after(5*time.Millisecond, func() { p.when(do) })
		return
	}
	do()
}

// pause stops the process for d. What arrives waits in its socket, and is read before its timers are looked at.
func (p *process) pause(d time.Duration) {
	if p.paused {
		return
	}
	p.paused = true
	p.pauses++
	p.n.c.tracef("%s pauses for %v", p.member, d)
	this := p.pauses
	p.n.c.clock.after(d, func() {
		if p.pauses == this {
			p.resume()
		}
	})
}

// resume lets a paused process go on.
func (p *process) resume() {
	if !p.paused || p.n.p != p {
		return
	}
	p.n.c.tracef("%s goes on, %d packets wait", p.member, len(p.inbox))
	p.paused = false
	inbox := p.inbox
	p.inbox = nil
	for _, d := range inbox {
		if p.n.p != p {
			return
		}
		p.receive(d)
	}
	p.step(nil)
	p.pump()
}

// arrive is a datagram at a node's socket.
func (n *node) arrive(d *datagram) {
	p := n.p
	switch {
	case p == nil:
		return
	case p.paused:
		if len(p.inbox) < inboxLimit {
			p.inbox = append(p.inbox, d)
		}
		return
	case n.pace > 0 || n.free > n.c.clock.now:
		n.takeTime(d)
		return
	}
	p.receive(d)
}

// takeTime lets a datagram wait until those before it are done with; a socket holds only so many.
func (n *node) takeTime(d *datagram) {
	c := n.c
	at := max(n.free, c.clock.now) + n.pace
	if at-c.clock.now > inboxLimit*max(n.pace, time.Microsecond) {
		return
	}
	n.free = at
	p := n.p
	c.clock.at(at, func() { p.when(func() { p.receive(d) }) })
}

// receive opens, parses and hands over one datagram.
func (p *process) receive(d *datagram) {
	c := p.n.c
	if d.header.Context != 0 && p.keys[d.header.Context] != d.salt {
		c.stats.Unopened++
		return
	}
	parse := wire.Parse
	if c.lends() && d.header.Class == wire.ClassData {
		parse = lend
	}
	packet, err := parse(d.body)
	if err != nil {
		c.trouble("wire", "", p.member, "cannot parse what %s sent: %v", c.nodes[d.from].name, err)
		return
	}
	c.hash(1, uint64(p.n.index)<<32|uint64(d.from), d.header.Counter, d.sum)
	if c.opts.Trace != nil {
		c.tracef("%s <- %s  %s", p.member, c.nodes[d.from].name, packet)
	}
	if c.opts.tamper != nil {
		c.opts.tamper(p.n.index, packet)
	}
	p.in = core.Received{From: c.nodes[d.from].addr, Header: d.header, Packet: packet}
	p.step(&p.in)
}

// step gives the core one event and carries out what it wants. It must not be called for a paused process. An event that comes
// out of carrying out another's effects waits until that is done: effects are valid until the next step.
func (p *process) step(ev core.Event) {
	c := p.n.c
	if p.n.p != p {
		return
	}
	if p.stepping {
		p.later = append(p.later, ev)
		return
	}
	p.stepping = true
	c.stats.Steps++
	p.core.Step(p.time(), ev)
	if c.stats.Steps%gaugeEvery == 0 {
		p.gauge()
	}
	if err := p.core.Invariant(); err != nil {
		c.trouble("invariant", "", p.member, "%v", err)
	}
	e := p.core.Effects()
	p.heard.between = false
	clear(p.gone)
	for _, k := range e.Keys {
		if k.Remove {
			delete(p.keys, k.Context)
			p.gone[k.Context] = true
		} else {
			p.keys[k.Context] = k.Salt
		}
	}
	for i := range e.Sends {
		p.send(&e.Sends[i])
	}
	for _, m := range e.Kept {
		hold(m)
	}
	for i := range e.Upcalls {
		p.route(&e.Upcalls[i])
	}
	for _, m := range e.Freed {
		c.release(m)
	}
	for _, n := range e.Notices {
		p.notice(n)
	}
	p.persist(e.Persist)
	p.stepping = false
	for len(p.later) > 0 {
		ev := p.later[0]
		p.later = p.later[1:]
		p.step(ev)
	}
	p.arm()
	p.pump()
	p.settle()
}

// send seals one packet and puts it on its ways.
func (p *process) send(s *core.Send) {
	c := p.n.c
	salt, ok := p.keys[s.Context]
	if s.Context != 0 && !ok {
		if p.gone[s.Context] { // the ring ended in the same step: nobody misses its last packets
			c.stats.Unsealed++
			return
		}
		c.trouble("keys", "", p.member, "sends a packet of context %x without its key", s.Context)
		return
	}
	parts := max(1, (len(s.Body)+c.opts.MaxBody-1)/c.opts.MaxBody)
	if s.Class == wire.ClassData && parts > 1 {
		c.trouble("wire", "", p.member, "sends a data packet of %d bytes; the limit is %d", len(s.Body), c.opts.MaxBody)
	}
	counter := max(p.counters[s.Context], c.opts.Near.Counter) + 1
	p.counters[s.Context] = counter + uint64(parts) - 1
	d := &datagram{from: p.n.index, salt: salt, body: append([]byte(nil), s.Body...), sum: sum(s.Body),
		header: wire.Header{Version: wire.Version, Class: s.Class, Context: s.Context, Sealer: p.id, Counter: counter}}
	for _, to := range s.To {
		if o := c.host(to); o != nil && o != p.n {
			c.net.send(d, o.index, parts)
		}
	}
}

// arm makes sure that somebody looks at the core when its deadline comes.
func (p *process) arm() {
	deadline := p.core.Deadline()
	if deadline.IsZero() {
		return
	}
	c := p.n.c
	at := max(p.virtual(deadline), c.clock.now)
	if p.armed != 0 && p.armed <= at {
		return
	}
	p.armed = at
	c.clock.at(at, func() { p.timer(at) })
}

func (p *process) timer(at time.Duration) {
	if p.n.p != p || p.armed != at {
		return
	}
	p.armed = 0
	if p.paused {
		return // it is stepped when it goes on
	}
	if free := p.n.free; free > at {
		p.armed = free // what has arrived comes before the timers
		p.n.c.clock.at(free, func() { p.timer(free) })
		return
	}
	if d := p.core.Deadline(); !d.IsZero() && p.virtual(d) <= p.n.c.clock.now {
		p.n.c.hash(2, uint64(p.n.index), uint64(p.n.c.clock.now), 0)
		if p.spins(at) {
			return
		}
		p.step(nil)
		return
	}
	p.arm()
}
