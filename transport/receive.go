package transport

// The way in: a datagram is opened before anything in it is believed, and what does not open is counted with its source and a
// reason. Replays pass: they open. The windows over Header.Counter are kept where the members are known.

import (
	"errors"
	"net/netip"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A Packet is one opened packet.
type Packet struct {
	From   netip.AddrPort // where the datagram came from; not authenticated
	Header wire.Header    // authenticated: Header.Sealer sealed it. Of a packet in parts, that of part 0, without FlagPart
	Body   []byte         // the receiver's own
}

// slabSize is how many bytes of opened text are allocated at a time. Packets of one slab are collected together.
const slabSize = 64 << 10

// receiver is what Receive's goroutine owns.
type receiver struct {
	batch []Datagram
	slab  []byte
	data  []byte // authenticated data: a header, then the label
	nonce [nonceSize]byte
	parts assembly
}

func (r *receiver) init(e *Endpoint) {
	r.batch = make([]Datagram, maxBatch)
	r.data = append(make([]byte, wire.HeaderSize), e.cluster.label...)
}

// Receive blocks until at least one packet has arrived whole and verified, appends to dst what is at hand, and returns it. It
// belongs to one goroutine. A member's own packets, if they come back, are among them. The error is net.ErrClosed after Close.
func (e *Endpoint) Receive(dst []Packet) ([]Packet, error) {
	had := len(dst)
	for len(dst) == had {
		n, err := e.transport.Receive(e.in.batch)
		if err != nil {
			return dst, err
		}
		for i := range e.in.batch[:n] {
			dst = e.open(dst, &e.in.batch[i])
		}
	}
	return dst, nil
}

// open appends the packet that a datagram holds or completes, if any.
func (e *Endpoint) open(dst []Packet, d *Datagram) []Packet {
	header, err := wire.ParseHeader(d.Buf)
	switch {
	case errors.Is(err, wire.ErrVersion):
		e.drops.add(d.Addr, DropVersion, uint32(d.Buf[0]))
		return dst
	case err != nil || len(d.Buf) < wire.HeaderSize+tagSize:
		e.drops.add(d.Addr, DropMalformed, 0)
		return dst
	case header.KeyID != e.keyID:
		// Also keeps apart members with and without a key, whose id is 0.
		e.drops.add(d.Addr, DropUnknownKey, header.KeyID)
		return dst
	}
	s := (*e.context.Load())[header.Context]
	if s == nil {
		e.drops.add(d.Addr, DropUnknownRing, 0)
		return dst
	}
	text, ok := e.verify(s, header, d.Buf)
	if !ok {
		e.drops.add(d.Addr, DropBadTag, 0)
		return dst
	}
	e.counts.opened.Add(1)
	p := Packet{From: d.Addr, Header: header, Body: text}
	if header.Flags&wire.FlagPart == 0 {
		return append(dst, p)
	}
	e.counts.partsIn.Add(1)
	whole, dropped, done := e.in.parts.add(p)
	if dropped > 0 {
		e.counts.partsDropped.Add(uint64(dropped))
	}
	if !done {
		return dst
	}
	e.counts.reassembled.Add(1)
	return append(dst, whole)
}

// verify opens a datagram into the slab.
func (e *Endpoint) verify(s *seal, header wire.Header, sealed []byte) ([]byte, bool) {
	r := &e.in
	key := opener{header.Sealer, header.Counter >> generationBits}
	aead := s.openers.find(key)
	known := aead != nil
	if !known {
		var err error
		if aead, err = s.aead(key.sealer, key.generation); err != nil {
			return nil, false
		}
	}
	size := len(sealed) - wire.HeaderSize - tagSize
	if cap(r.slab)-len(r.slab) < size {
		r.slab = make([]byte, 0, max(slabSize, size))
	}
	copy(r.data, sealed[:wire.HeaderSize])
	putNonce(&r.nonce, header.Counter)
	at := len(r.slab)
	text, err := aead.Open(r.slab[at:at:at+size], r.nonce[:], sealed[wire.HeaderSize:], r.data)
	if err != nil {
		return nil, false
	}
	if !known {
		s.openers.add(key, aead)
	}
	r.slab = r.slab[:at+size]
	return text, true
}
