package transport

// Parts: how a packet larger than one datagram travels. Each part is sealed by itself, with consecutive counters, and the
// receiver puts them together in any order. A lost part loses the packet: who sent it repeats what matters.

import (
	"bytes"

	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	// MaxParts bounds the parts of one packet.
	MaxParts = 64
	// MaxWhole bounds the bytes of a packet in parts.
	MaxWhole = 256 << 10

	pendingPerSealer = 4        // unfinished packets of one sealer
	pendingMost      = 1024     // unfinished packets of all
	pendingBytes     = 16 << 20 // bytes in them
)

// sendParts cuts a packet into parts of which each, with its header, is at most a body's room. The counter of part i is that of part 0
// plus i.
func (e *Endpoint) sendParts(s *seal, o *Outgoing, room int) {
	size := room - wire.PartHeaderSize
	count := (len(o.Body) + size - 1) / size
	if count > MaxParts || len(o.Body) > MaxWhole {
		e.counts.tooLarge.Add(1)
		return
	}
	rest := o.Body
	for i := range count {
		part := rest[:min(size, len(rest))]
		rest = rest[len(part):]
		var room [wire.PartHeaderSize]byte
		head := wire.PartHeader{Index: uint16(i), Count: uint16(count), Total: uint32(len(o.Body))}.Append(room[:0])
		if !e.sealOne(s, o.Class, wire.FlagPart, head, part, 0) {
			return
		}
		e.counts.partsOut.Add(1)
	}
}

// partKey names a packet in parts. Everything in it was authenticated.
type partKey struct {
	sealer  wire.MemberID
	context uint64
	first   uint64 // the counter of part 0
}

// stream is what all packets of a sealer in a context have in common.
func (k partKey) stream() partKey { return partKey{sealer: k.sealer, context: k.context} }

// pending is a packet of which some parts are here.
type pending struct {
	key    partKey
	header wire.Header // that of part 0
	total  uint32
	bytes  int
	here   int
	parts  [][]byte // by index; nil: not here
}

// An assembly holds unfinished packets within bounds, for Receive's goroutine. Where a bound is met the oldest is given up: of the
// same sealer if that one has its share, else of all.
type assembly struct {
	pending map[partKey]*pending
	order   []*pending // the oldest first
	bytes   int
	// gone is, by sealer and context, the newest packet that was given up for newer ones. What is as old is not begun again: its late parts
	// would take the place of packets that can still become whole, and their late parts the place of others, for ever.
	gone map[partKey]uint64
}

// add takes a part. It returns the packet that the part completes, and how many parts were dropped.
func (a *assembly) add(p Packet) (whole Packet, dropped int, done bool) {
	head, err := wire.ParsePartHeader(p.Body)
	text := p.Body
	if err == nil {
		text = p.Body[wire.PartHeaderSize:]
	}
	if err != nil || head.Count > MaxParts || head.Total > MaxWhole || len(text) == 0 || p.Header.Counter <= uint64(head.Index) {
		return Packet{}, 1, false
	}
	key := partKey{p.Header.Sealer, p.Header.Context, p.Header.Counter - uint64(head.Index)}
	w := a.pending[key]
	if w == nil && key.first <= a.gone[key.stream()] {
		return Packet{}, 1, false
	}
	if w == nil {
		w, dropped = a.begin(key, p.Header, head)
	}
	switch {
	case len(w.parts) != int(head.Count) || w.total != head.Total || w.header.Class != p.Header.Class:
		return Packet{}, dropped + 1, false // does not belong to what came before
	case w.parts[head.Index] != nil:
		return Packet{}, dropped, false // here already
	case w.bytes+len(text) > int(w.total):
		return Packet{}, dropped + 1 + a.giveUp(w), false
	}
	w.parts[head.Index] = bytes.Clone(text) // it was opened in scratch
	w.here++
	w.bytes += len(text)
	a.bytes += len(text)
	if w.here < len(w.parts) {
		for a.bytes > pendingBytes {
			dropped += a.giveUp(a.order[0])
		}
		return Packet{}, dropped, false
	}
	a.giveUp(w)
	if w.bytes != int(w.total) {
		return Packet{}, dropped + w.here, false
	}
	body := make([]byte, 0, w.total)
	for _, part := range w.parts {
		body = append(body, part...)
	}
	return Packet{From: p.From, Header: w.header, Body: body}, dropped, true
}

func (a *assembly) begin(key partKey, header wire.Header, head wire.PartHeader) (w *pending, dropped int) {
	header.Counter = key.first
	header.Flags &^= wire.FlagPart
	var oldest *pending
	share := 0
	for _, o := range a.order {
		if o.key.sealer == key.sealer {
			if share++; oldest == nil {
				oldest = o
			}
		}
	}
	if share >= pendingPerSealer {
		dropped = a.giveUp(oldest)
		if a.gone == nil || len(a.gone) >= pendingMost {
			a.gone = map[partKey]uint64{}
		}
		stream := oldest.key.stream()
		a.gone[stream] = max(a.gone[stream], oldest.key.first)
	} else if len(a.order) >= pendingMost {
		dropped = a.giveUp(a.order[0])
	}
	w = &pending{key: key, header: header, total: head.Total, parts: make([][]byte, head.Count)}
	if a.pending == nil {
		a.pending = make(map[partKey]*pending)
	}
	a.pending[key] = w
	a.order = append(a.order, w)
	return w, dropped
}

// giveUp forgets a packet and returns how many of its parts were here.
func (a *assembly) giveUp(w *pending) int {
	delete(a.pending, w.key)
	for i, o := range a.order {
		if o == w {
			a.order = append(a.order[:i], a.order[i+1:]...)
			break
		}
	}
	a.bytes -= w.bytes
	return w.here
}
