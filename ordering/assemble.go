package ordering

// Messages from chunks: positions, and large messages that travel in fragments.

import "github.com/lockstep-go/lockstep/internal/wire"

// Messages are one or more messages in their places: of one sender, to one group, alike in kind and order, that end in one packet and
// follow each other in it. A chunk's Total is set if its message was put together from fragments: then its payload is memory that nobody
// else has, and otherwise a part of a packet that others still read. What costs a little for each message is so done once for many. Membership events come one by one.
type Messages struct {
	Origin   wire.MemberID
	Group    wire.GroupID
	Kind     wire.Kind
	Order    wire.Order
	Position wire.Position // of the first; the others follow by one
	Seq      uint64        // of the packet in which they ended
	Whole    []wire.Chunk  // each a whole message, of which only the payload means anything, and Total; never empty
	Memory   any           // of the packet, if the payloads lie in it
}

// Last is the position of the last of the messages.
func (m *Messages) Last() wire.Position { return m.Position + wire.Position(len(m.Whole)-1) }

// Payload is the first message's.
func (m *Messages) Payload() []byte { return m.Whole[0].Payload }

// An Assembler turns the packets of one ring, in the order of delivery, into messages. A message is delivered whole, in one
// view, or not at all: a change of its group's view before its last fragment makes its sender begin again, and until it does
// everything of that sender in that group is left out, so that its messages keep their order.
type Assembler struct {
	max     int // largest message
	open    map[stream]*partial
	restart map[stream]bool
	// Keep says whether this member keeps fragments of a group. Of others it knows when a message is whole, which the directory must
	// hear of at all members alike, and delivers it without its payload.
	Keep func(wire.GroupID) bool
	// Cut counts messages that a view change cut in two.
	Cut uint64
}

// A stream is one sender's messages in one group. Membership events are a stream of their own: a view change does not cut them.
type stream struct {
	origin wire.MemberID
	group  wire.GroupID
	event  bool
}

type partial struct {
	kept  bool
	total int
	got   int // bytes so far
	data  []byte
}

// atOnce is how much room a message is given on its sender's word alone, in bytes. A larger one gets four times what it has brought: so
// little is copied twice, and an announcement costs its sender a part of what it makes others keep.
const atOnce = 1 << 20

// take keeps a fragment. It fits: more than the total is not kept.
func (p *partial) take(fragment []byte) {
	if need := len(p.data) + len(fragment); need > cap(p.data) {
		grown := make([]byte, len(p.data), min(p.total, max(atOnce, 4*need)))
		copy(grown, p.data)
		p.data = grown
	}
	p.data = append(p.data, fragment...)
}

// NewAssembler returns an Assembler for messages of at most max bytes.
func NewAssembler(max int, keep func(wire.GroupID) bool) *Assembler {
	return &Assembler{max: max, open: map[stream]*partial{}, restart: map[stream]bool{}, Keep: keep}
}

// Reset forgets all fragments: a new ring begins, and every sender begins its unfinished messages again.
func (a *Assembler) Reset() {
	clear(a.open)
	clear(a.restart)
}

// ViewChanged cuts the messages of a group that are under way. It reports whether origin's was among them.
func (a *Assembler) ViewChanged(group wire.GroupID, origin wire.MemberID) bool {
	cut := false
	for s := range a.open {
		if s.group == group && !s.event {
			delete(a.open, s)
			a.restart[s] = true
			a.Cut++
			cut = cut || s.origin == origin
		}
	}
	return cut
}

// Packet calls deliver for the messages that end in the packet, sent by origin.
func (a *Assembler) Packet(d *wire.Data, origin wire.MemberID, deliver func(Messages)) {
	position := d.Position
	for i := 0; i < len(d.Chunks); {
		c := &d.Chunks[i]
		if c.Kind == wire.KindRecovered {
			i++
			continue
		}
		m := Messages{Origin: origin, Group: c.Group, Kind: c.Kind, Order: c.Order, Position: position, Seq: d.Seq}
		if n := a.run(d.Chunks[i:]); n > 0 {
			m.Whole, m.Memory = d.Chunks[i:i+n:i+n], d.Memory
			i, position = i+n, position+wire.Position(n)
			deliver(m)
			continue
		}
		payload, whole := a.chunk(c, origin)
		if c.Last() {
			position++
		}
		i++
		if whole {
			one := wire.Chunk{Payload: payload}
			if c.First() {
				m.Memory = d.Memory
			} else {
				one.Total = uint32(len(payload))
			}
			m.Whole = []wire.Chunk{one}
			deliver(m)
		}
	}
}

// run is how many of the chunks, from the first on, are whole messages that are delivered together; 0 if the first has to be looked at.
func (a *Assembler) run(chunks []wire.Chunk) int {
	c := &chunks[0]
	if !c.First() || !c.Last() || c.Kind >= wire.KindGroupJoin || len(a.restart) > 0 {
		return 0
	}
	n := 1
	for n < len(chunks) {
		x := &chunks[n]
		if x.Group != c.Group || x.Kind != c.Kind || x.Order != c.Order || !x.First() || !x.Last() {
			break
		}
		n++
	}
	return n
}

// chunk takes one chunk and returns the message it completes.
func (a *Assembler) chunk(c *wire.Chunk, origin wire.MemberID) ([]byte, bool) {
	s := stream{origin, c.Group, c.Kind >= wire.KindGroupJoin}
	if a.restart[s] {
		if c.Flags&wire.ChunkFirst == 0 || c.Flags&wire.ChunkRestart == 0 {
			return nil, false
		}
		delete(a.restart, s)
	}
	const both = wire.ChunkFirst | wire.ChunkLast
	if c.Flags&both == both {
		return c.Payload, true
	}
	if c.Flags&wire.ChunkFirst != 0 {
		if int64(c.Total) > int64(a.max) {
			delete(a.open, s)
			return nil, false
		}
		p := &partial{total: int(c.Total), kept: s.event || a.Keep(c.Group), got: len(c.Payload)}
		if p.kept {
			p.take(c.Payload)
		}
		a.open[s] = p
		return nil, false
	}
	p := a.open[s]
	if p == nil {
		return nil, false
	}
	if p.got += len(c.Payload); p.got > p.total {
		delete(a.open, s)
		return nil, false
	}
	if p.kept {
		p.take(c.Payload)
	}
	if c.Flags&wire.ChunkLast == 0 {
		return nil, false
	}
	delete(a.open, s)
	return p.data, p.got == p.total
}
