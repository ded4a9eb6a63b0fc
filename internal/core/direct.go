package core

// Point to point: answers and SendTo between two incarnations, numbered, acknowledged, repeated, and ended by the ring that
// removes either of them.

import (
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	directWindow  = 64      // fragments under way to one member
	directQueue   = 1 << 16 // fragments waiting for one member: enough for 64 MiB at an MTU of 1280
	directPending = 8192    // messages that wait for their place in one group
)

type direct struct {
	peers   map[wire.MemberID]*channel
	epoch   uint64
	resends int // channels with something to repeat
}

// A channel is both directions between this member and another.
type channel struct {
	epoch  uint64 // of what is sent
	next   uint64 // number of the next fragment
	queue  []fragmentOut
	sent   int // how many of queue are under way
	resend time.Time

	theirs  uint64 // epoch of what is received
	got     uint64 // every fragment up to here was received
	early   map[uint64]*wire.Direct
	partial *wire.Direct // the message being put together
}

type fragmentOut struct {
	packet *wire.Direct
	tag    uint64
}

// A pendingDirect waits until its group has delivered the position it follows.
type pendingDirect struct {
	follow wire.Position
	up     Upcall
}

func (c *Core) channel(id wire.MemberID) *channel {
	ch := c.direct.peers[id]
	if ch == nil {
		c.direct.epoch++
		ch = &channel{epoch: c.direct.epoch, next: 1, early: map[uint64]*wire.Direct{}}
		c.direct.peers[id] = ch
	}
	return ch
}

func (c *Core) sendDirect(ev SendDirect) {
	lost := Upcall{Kind: UpDirectLost, Group: ev.Group, Tag: ev.Tag, Sender: c.member(ev.To)}
	if !slices.Contains(c.ring.Members(), ev.To) {
		c.up(lost)
		return
	}
	ch := c.channel(ev.To)
	room := c.cfg.MaxBody - wire.DirectHeaderSize - wire.ChunkTotalSize
	if len(ch.queue)+len(ev.Payload)/room >= directQueue {
		c.up(lost)
		return
	}
	rest := ev.Payload
	for first := true; first || len(rest) > 0; first = false {
		n := min(len(rest), room)
		p := &wire.Direct{To: ev.To, Epoch: ch.epoch, Seq: ch.next, First: first, Last: n == len(rest), Kind: ev.Kind, Group: ev.Group,
			Follow: ev.Follow, Call: ev.Call, Status: ev.Status, Payload: rest[:n]}
		if first && !p.Last {
			p.Total = uint32(len(ev.Payload))
		}
		ch.next++
		rest = rest[n:]
		ch.queue = append(ch.queue, fragmentOut{p, ev.Tag})
	}
	c.pump(ev.To, ch)
}

// pump sends what the window allows.
func (c *Core) pump(to wire.MemberID, ch *channel) {
	for ch.sent < len(ch.queue) && ch.sent < directWindow {
		c.sendTo(to, ch.queue[ch.sent].packet)
		ch.sent++
	}
	if ch.sent > 0 && ch.resend.IsZero() {
		c.direct.repeat(ch, c.now.Add(c.cfg.Timing.DirectRetransmit))
	}
}

// repeat sets when what is under way on a channel is sent again, zero for never.
func (d *direct) repeat(ch *channel, at time.Time) {
	if ch.resend.IsZero() {
		d.resends++
	}
	if at.IsZero() {
		d.resends--
	}
	ch.resend = at
}

func (c *Core) sendTo(id wire.MemberID, p wire.Packet) { c.ring.SendDirect(id, p) }

func (c *Core) tickDirect() {
	if c.direct.resends == 0 {
		return
	}
	for _, id := range c.ring.Members() {
		ch := c.direct.peers[id]
		if ch == nil || ch.resend.IsZero() || c.now.Before(ch.resend) {
			continue
		}
		for i := range min(ch.sent, 8) {
			c.sendTo(id, ch.queue[i].packet)
		}
		c.direct.repeat(ch, c.now.Add(c.cfg.Timing.DirectRetransmit))
	}
}

func (d *direct) deadline() (at time.Time) {
	if d.resends == 0 {
		return at
	}
	for _, ch := range d.peers {
		if !ch.resend.IsZero() && (at.IsZero() || ch.resend.Before(at)) {
			at = ch.resend
		}
	}
	return at
}

func (d *direct) paused(by time.Duration) {
	for _, ch := range d.peers {
		if !ch.resend.IsZero() {
			ch.resend = ch.resend.Add(by)
		}
	}
}

func (c *Core) receiveAck(from wire.MemberID, a *wire.DirectAck) {
	ch := c.direct.peers[from]
	if ch == nil || a.To != c.cfg.Self.ID || a.Epoch != ch.epoch {
		return
	}
	n := 0
	for n < ch.sent && ch.queue[n].packet.Seq <= a.Seq {
		if f := ch.queue[n]; f.packet.Last {
			c.up(Upcall{Kind: UpDirectDone, Group: f.packet.Group, Tag: f.tag, Sender: c.member(from)})
		}
		ch.queue[n] = fragmentOut{}
		n++
	}
	if n == 0 {
		return
	}
	ch.queue = ch.queue[n:]
	ch.sent -= n
	c.direct.repeat(ch, time.Time{})
	c.pump(from, ch)
}

func (c *Core) receiveDirect(from wire.MemberID, p *wire.Direct) {
	if p.To != c.cfg.Self.ID || !slices.Contains(c.ring.Members(), from) || p.Epoch < c.channel(from).theirs {
		return
	}
	ch := c.channel(from)
	if p.Epoch > ch.theirs {
		ch.theirs, ch.got, ch.partial = p.Epoch, 0, nil
		clear(ch.early)
	}
	if p.Seq > ch.got && p.Seq <= ch.got+2*directWindow {
		ch.early[p.Seq] = p
	}
	for ch.early[ch.got+1] != nil {
		ch.got++
		f := ch.early[ch.got]
		delete(ch.early, ch.got)
		c.joinFragment(from, ch, f)
	}
	c.sendTo(from, &wire.DirectAck{To: from, Epoch: ch.theirs, Seq: ch.got})
}

// joinFragment adds a fragment to its message and hands the whole on.
func (c *Core) joinFragment(from wire.MemberID, ch *channel, f *wire.Direct) {
	switch {
	case f.First && f.Last:
		ch.partial = nil
		c.directArrived(from, f)
	case f.First:
		ch.partial = nil
		if int64(f.Total) <= int64(c.cfg.MaxMessage) {
			head := *f
			head.Payload = slices.Clone(f.Payload)
			ch.partial = &head
		}
	case ch.partial != nil:
		p := ch.partial
		p.Payload = append(p.Payload, f.Payload...)
		if len(p.Payload) > int(p.Total) {
			ch.partial = nil
		} else if f.Last {
			ch.partial = nil
			if len(p.Payload) == int(p.Total) {
				c.directArrived(from, p)
			}
		}
	}
}

// directArrived hands a whole message to its group, once the group has delivered what it follows.
func (c *Core) directArrived(from wire.MemberID, p *wire.Direct) {
	g := c.groups[p.Group]
	if g == nil {
		return
	}
	u := Upcall{Kind: UpDirect, Group: p.Group, Position: p.Follow, Sender: c.member(from), Call: p.Call, Status: p.Status, Payload: p.Payload,
		ViewID: g.view}
	if p.Kind == wire.DirectAnswer {
		u.Kind = UpAnswer
	}
	if p.Follow <= g.delivered {
		c.up(u)
		return
	}
	if len(g.pending) < directPending {
		g.pending = append(g.pending, pendingDirect{p.Follow, u})
	}
}

// flushDirect hands over what waited for the position just delivered.
func (c *Core) flushDirect(g *group) {
	if len(g.pending) == 0 {
		return
	}
	kept := g.pending[:0]
	for _, p := range g.pending {
		if p.follow <= g.delivered {
			c.up(p.up)
			continue
		}
		kept = append(kept, p)
	}
	g.pending = kept
}

// maxPeers bounds the channels remembered; those to members on the ring are never forgotten.
const maxPeers = 1024

// retain ends what is under way to whoever is not on the new ring. What was received of them is remembered: they may still have
// this member on their ring, and go on where they were.
func (d *direct) retain(c *Core, members []wire.MemberID) {
	var gone []wire.MemberID
	for id := range d.peers {
		if !slices.Contains(members, id) {
			gone = append(gone, id)
		}
	}
	slices.SortFunc(gone, wire.MemberID.Compare)
	for _, id := range gone {
		ch := d.peers[id]
		for _, f := range ch.queue {
			if f.packet.Last {
				c.up(Upcall{Kind: UpDirectLost, Group: f.packet.Group, Tag: f.tag, Sender: c.member(id)})
			}
		}
		d.epoch++
		ch.epoch, ch.next, ch.queue, ch.sent = d.epoch, 1, nil, 0
		d.repeat(ch, time.Time{})
		if len(d.peers) > maxPeers {
			delete(d.peers, id)
		}
	}
}
