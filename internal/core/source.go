package core

// What fills the ring's packets: membership events first, then the groups' messages in turn.

import (
	"net/netip"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// unresolved stands among the seeds for a name without an address: it is on no ring, so nothing is founded meanwhile.
var unresolved = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)

// A congestion is which groups cannot take more messages, here and elsewhere.
type congestion struct {
	here  map[wire.GroupID]bool
	there map[wire.GroupID]bool
	dirty bool // here changed since the token was last seen
}

func (g *congestion) set(ev Congested) {
	if g.here == nil {
		g.here = map[wire.GroupID]bool{}
	}
	if g.here[ev.Group] == ev.On {
		return
	}
	if ev.On {
		g.here[ev.Group] = true
	} else {
		delete(g.here, ev.Group)
	}
	g.dirty = true
}

func (g *congestion) forget(id wire.GroupID) { g.set(Congested{Group: id}) }

// Token implements ordering.Source: "a member whose queue of a group is above half says so in its token entry, and nobody
// numbers messages of that group until it falls".
func (c *Core) Token(t *wire.Token, self uint16) {
	g := &c.congested
	if g.dirty {
		t.IdleHops = 0 // others may have waited for this
	}
	g.dirty = false
	kept := t.Congested[:0]
	g.there = nil
	for _, x := range t.Congested {
		if x.Member == self {
			continue
		}
		if g.there == nil {
			g.there = map[wire.GroupID]bool{}
		}
		g.there[x.Group] = true
		kept = append(kept, x)
	}
	var here groupSet
	for id := range g.here {
		if x := c.groups[id]; x != nil {
			here.add(x)
		}
	}
	for _, x := range here[:min(len(here), wire.MaxCongested-len(kept))] {
		kept = append(kept, wire.Congestion{Member: self, Group: x.id})
	}
	t.Congested = kept
}

// sendable reports whether a group's next message may be numbered now.
func (c *Core) sendable(g *group) bool {
	return g.queue.len() > 0 && c.dir.MayNumber(g.id) && !c.congested.here[g.id] && !c.congested.there[g.id]
}

// Backlog implements ordering.Source.
func (c *Core) Backlog() int {
	n := len(c.control)
	if c.congested.dirty {
		n++
	}
	for _, g := range c.sending {
		if c.sendable(g) {
			n += g.queue.len()
		}
	}
	return n
}

// fragment is the least room worth a piece of a message that does not fit whole: less would cost the receivers more than it fills.
const fragment = 64

// Fill implements ordering.Source.
func (c *Core) Fill(chunks []wire.Chunk, room int) []wire.Chunk {
	for len(c.control) > 0 {
		o := c.control[0]
		chunk, ok := o.next(room, len(chunks) == 0)
		if !ok {
			return chunks
		}
		chunks = append(chunks, chunk)
		room -= chunk.Size()
		if !chunk.Last() {
			return chunks
		}
		c.control[0] = nil
		c.control = c.control[1:]
	}
	for g := c.nextSender(); g != nil; g = c.nextSender() {
		// It stays this group's turn, and nothing keeps its next message back that did not keep back the first.
		for g.queue.len() > 0 {
			o := g.queue.first()
			if o.off == 0 && c.again[g.id] {
				o.restart = true
			}
			chunk, ok := o.next(room, len(chunks) == 0)
			if !ok {
				c.turn++
				return chunks
			}
			delete(c.again, g.id)
			chunks = append(chunks, chunk)
			room -= chunk.Size()
			if !chunk.Last() {
				// The packet is full; the next one is the next group's.
				c.turn++
				return chunks
			}
			tag := o.tag
			g.inflight.push(g.queue.pop())
			c.numbered(g, tag)
		}
	}
	c.turn++
	return chunks
}

// numbered reports a message that has its number, together with those before it where that can be.
func (c *Core) numbered(g *group, tag uint64) {
	if n := len(c.eff.Upcalls); n > 0 {
		if u := &c.eff.Upcalls[n-1]; u.Kind == UpNumbered && u.Group == g.id && u.Tag+uint64(u.Count) == tag {
			u.Count++
			return
		}
	}
	c.up(Upcall{Kind: UpNumbered, Group: g.id, Tag: tag, Count: 1})
}

// next cuts the message's next chunk for a packet with the given room; ok is false when it should wait for an emptier one.
func (o *outgoing) next(room int, empty bool) (chunk wire.Chunk, ok bool) {
	first := o.off == 0
	rest := o.payload[o.off:]
	chunk = wire.Chunk{Group: o.group, Kind: o.kind, Order: o.order}
	if first {
		chunk.Flags |= wire.ChunkFirst
		if o.restart {
			chunk.Flags |= wire.ChunkRestart
		}
	}
	if whole := wire.ChunkOverhead(o.order, first, true) + len(rest); whole <= room && len(rest) <= wire.MaxChunk {
		chunk.Flags |= wire.ChunkLast
		chunk.Payload = rest
		o.off = len(o.payload)
		return chunk, true
	}
	part := min(room-wire.ChunkOverhead(o.order, first, false), wire.MaxChunk)
	if part < fragment && !empty || part <= 0 {
		return chunk, false
	}
	if first {
		chunk.Total = uint32(len(o.payload))
	}
	chunk.Payload = rest[:part]
	o.off += part
	return chunk, true
}
