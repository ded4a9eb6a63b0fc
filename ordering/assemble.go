package ordering

// Messages from chunks: positions, and large messages that travel in fragments.

import "github.com/lockstep-go/lockstep/internal/wire"

// A Message is one message in its place.
type Message struct {
	Origin   wire.MemberID
	Group    wire.GroupID
	Kind     wire.Kind
	Order    wire.Order
	Position wire.Position
	Payload  []byte
	Seq      uint64 // of the packet in which it ended
}

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

// Packet calls deliver for each message that ends in the packet, sent by origin.
func (a *Assembler) Packet(d *wire.Data, origin wire.MemberID, deliver func(Message)) {
	position := d.Position
	for i := range d.Chunks {
		c := &d.Chunks[i]
		if c.Kind == wire.KindRecovered {
			continue
		}
		at := position
		if c.Flags&wire.ChunkLast != 0 {
			position++
		}
		payload, whole := a.chunk(c, origin)
		if whole {
			deliver(Message{Origin: origin, Group: c.Group, Kind: c.Kind, Order: c.Order, Position: at, Payload: payload, Seq: d.Seq})
		}
	}
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
			p.data = append(make([]byte, 0, min(p.total, 1<<20)), c.Payload...)
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
		p.data = append(p.data, c.Payload...)
	}
	if c.Flags&wire.ChunkLast == 0 {
		return nil, false
	}
	delete(a.open, s)
	return p.data, p.got == p.total
}
