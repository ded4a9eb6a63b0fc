package ordering

// Messages from chunks: positions, and large messages that travel in fragments.

import "github.com/lockstep-go/lockstep/internal/wire"

// Messages are one or more messages in their places: of one sender, to one group, alike in kind and order, that end in one packet and
// follow each other in it. A chunk's Total is set if its message was put together from fragments: then its payload is memory that nobody
// else has, and otherwise a part of what others still read. What costs a little for each message is so done once for many. Membership
// events come one by one.
type Messages struct {
	Origin   wire.MemberID
	Group    wire.GroupID
	Kind     wire.Kind
	Order    wire.Order
	Position wire.Position // of the first; the others follow by one
	Seq      uint64        // of the packet in which they ended
	Whole    []wire.Chunk  // each a whole message, of which only the payload means anything, and Total; never empty
	Memory   any           // what the payloads lie in: the packet's, or what Assembler.Room gave
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
	// Room, unless nil, gives memory for a message that is put together from fragments: no bytes, with room for size of them, and what
	// stands for it, nil if nobody wants it back. Freed names what it is needed for no more.
	Room  func(size int) (room []byte, memory any)
	freed []any
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
	kept   bool
	alias  bool // data is not a copy: the sender's own message, of which each fragment is a part
	total  int
	got    int // bytes so far
	data   []byte
	memory any           // that data lies in, from Room
	whole  [1]wire.Chunk // what is delivered in the end
}

// atOnce is how much room a message is given on its sender's word alone, in bytes. A larger one gets four times what it has brought: so
// little is copied twice, and an announcement costs its sender a part of what it makes others keep.
const atOnce = 1 << 20

// begin keeps the first fragment. What this member sends itself is nobody's to give back, and its fragments lie one after the other in
// memory: then nothing is copied.
func (a *Assembler) begin(p *partial, s stream, fragment []byte, lent bool) {
	switch {
	case !lent && cap(fragment) >= p.total:
		p.data, p.alias = fragment, true
		return
	case a.Room != nil && !s.event && p.total <= atOnce:
		p.data, p.memory = a.Room(p.total)
	}
	p.take(fragment)
}

// take keeps a fragment. It fits: more than the total is not kept.
func (p *partial) take(fragment []byte) {
	had := len(p.data)
	need := had + len(fragment)
	if p.alias {
		if more := p.data[:min(need, cap(p.data))]; len(more) == need && len(fragment) > 0 && &more[had] == &fragment[0] {
			p.data = more
			return
		}
		p.alias = false
		p.data = p.data[:had:had]
	}
	if need > cap(p.data) {
		grown := make([]byte, had, min(p.total, max(atOnce, 4*need)))
		copy(grown, p.data)
		p.data = grown
	}
	p.data = append(p.data, fragment...)
}

// NewAssembler returns an Assembler for messages of at most max bytes.
func NewAssembler(max int, keep func(wire.GroupID) bool) *Assembler {
	return &Assembler{max: max, open: map[stream]*partial{}, restart: map[stream]bool{}, Keep: keep}
}

// Freed appends the memory of messages that were delivered, and forgets it. What was delivered may still be in use. What becomes of other
// messages' memory nobody is told: it is the garbage collector's.
func (a *Assembler) Freed(dst []any) []any {
	dst = append(dst, a.freed...)
	clear(a.freed)
	a.freed = a.freed[:0]
	return dst
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
		p, whole := a.chunk(c, origin, d.Memory != nil)
		if c.Last() {
			position++
		}
		i++
		switch {
		case !whole:
		case p == nil:
			m.Whole, m.Memory = []wire.Chunk{{Payload: c.Payload}}, d.Memory
			deliver(m)
		default:
			p.whole[0].Payload = p.data
			if !p.alias {
				p.whole[0].Total = uint32(len(p.data))
			}
			m.Whole, m.Memory = p.whole[:], p.memory
			deliver(m)
			if p.memory != nil {
				a.freed = append(a.freed, p.memory)
			}
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

// chunk takes one chunk, and reports whether it completes a message: p if it was put together, nil if it is the chunk alone. lent says that
// somebody wants the chunk's memory back.
func (a *Assembler) chunk(c *wire.Chunk, origin wire.MemberID, lent bool) (p *partial, whole bool) {
	s := stream{origin, c.Group, c.Kind >= wire.KindGroupJoin}
	if a.restart[s] {
		if c.Flags&wire.ChunkFirst == 0 || c.Flags&wire.ChunkRestart == 0 {
			return nil, false
		}
		delete(a.restart, s)
	}
	const both = wire.ChunkFirst | wire.ChunkLast
	if c.Flags&both == both {
		return nil, true
	}
	if c.Flags&wire.ChunkFirst != 0 {
		if int64(c.Total) > int64(a.max) {
			delete(a.open, s)
			return nil, false
		}
		p := &partial{total: int(c.Total), kept: s.event || a.Keep(c.Group), got: len(c.Payload)}
		if p.kept {
			a.begin(p, s, c.Payload, lent)
		}
		a.open[s] = p
		return nil, false
	}
	if p = a.open[s]; p == nil {
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
	return p, p.got == p.total
}
