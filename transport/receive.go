package transport

// The way in: a datagram is opened before anything in it is believed, and what does not open is counted with its source and a
// reason. Replays pass: they open. The windows over Header.Counter are kept where the members are known.

import (
	"crypto/cipher"
	"errors"
	"net/netip"
	"sync"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A Packet is one opened packet.
type Packet struct {
	From   netip.AddrPort // where the datagram came from; not authenticated
	Header wire.Header    // authenticated: Header.Sealer sealed it. Of a packet in parts, that of part 0. Flags are as sealed, but for FlagPart and FlagPadded
	Body   []byte         // nobody writes to it while Slab is held
	Slab   *Slab          // what Body lies in, held for whoever took the packet; nil: the garbage collector's
}

// How much opened text is allocated at a time. Data, which waits for its order, is opened into slabs that are given back (slab.go). Of the
// rest memory is the garbage collector's as soon as no packet in it is kept, so packets that live long should not lie among those that do
// not: direct messages have slabs of their own, and of control packets a kept one pins little.
const (
	slabBulk  = 64 << 10
	slabSmall = 4 << 10
)

// receiver is what Receive's goroutine owns.
type receiver struct {
	offload offloader // nil: the Transport joins nothing
	batch   []Datagram
	slabs   sync.Pool                    // of *Slab, for data
	filling *Slab                        // of these
	slab    [wire.ClassDirect + 1][]byte // by class; not for data
	part    []byte                       // a part is opened here
	data    []byte                       // authenticated data: a header, then the label
	nonce   [nonceSize]byte
	parts   assembly
	doubt   int // see judge

	// The key used last, and of which context: packets come in runs from one member.
	seal *seal
	key  opener
	aead cipher.AEAD
}

func (r *receiver) init(e *Endpoint) {
	r.offload, _ = e.transport.(offloader)
	r.batch = make([]Datagram, 2*maxBatch)
	r.part = make([]byte, 0, MaxDatagram)
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
		opened := 0
		for i := range e.in.batch[:n] {
			var ok bool
			if dst, ok = e.open(dst, &e.in.batch[i]); ok {
				opened++
			}
		}
		e.counts.opened.Add(uint64(opened))
	}
	return dst, nil
}

// open appends the packet that a datagram holds or completes, if any. It reports whether the datagram opened.
func (e *Endpoint) open(dst []Packet, d *Datagram) ([]Packet, bool) {
	header, err := wire.ParseHeader(d.Buf)
	switch {
	case errors.Is(err, wire.ErrVersion):
		e.drops.add(d.Addr, DropVersion, uint32(d.Buf[0]))
		return dst, false
	case err != nil || len(d.Buf) < overhead:
		e.drops.add(d.Addr, DropMalformed, 0)
		return dst, false
	case header.KeyID != e.keyID:
		// Also keeps apart members with and without a key, whose id is 0.
		e.drops.add(d.Addr, DropUnknownKey, header.KeyID)
		return dst, false
	}
	s := (*e.context.Load())[header.Context]
	if s == nil {
		e.drops.add(d.Addr, DropUnknownRing, 0)
		return dst, false
	}
	text, slab, known, ok := e.verify(s, header, d.Buf)
	if d.joined && known {
		e.judge(ok)
	}
	if !ok {
		e.drops.add(d.Addr, DropBadTag, 0)
		return dst, false
	}
	if header.Flags&wire.FlagProbe != 0 {
		if !e.paths.takeProbe(d.Addr, text, len(d.Buf)) {
			e.drops.add(d.Addr, DropMalformed, 0)
		}
		return dst, true
	}
	if header.Flags&wire.FlagPadded != 0 {
		if text, ok = wire.TrimPadding(text); !ok {
			e.drops.add(d.Addr, DropMalformed, 0)
			return dst, true
		}
		header.Flags &^= wire.FlagPadded
	}
	p := Packet{From: d.Addr, Header: header, Body: text, Slab: slab}
	if header.Flags&wire.FlagPart == 0 {
		if slab != nil {
			slab.Hold()
		}
		return append(dst, p), true
	}
	e.counts.partsIn.Add(1)
	whole, dropped, done := e.in.parts.add(p)
	if dropped > 0 {
		e.counts.partsDropped.Add(uint64(dropped))
	}
	if !done {
		return dst, true
	}
	e.counts.reassembled.Add(1)
	return append(dst, whole), true
}

// verify opens a datagram into a slab, or into memory of which it says nothing. known says that packets of the sealer have opened before.
func (e *Endpoint) verify(s *seal, header wire.Header, sealed []byte) (text []byte, slab *Slab, known, ok bool) {
	r := &e.in
	key := opener{header.Sealer, header.Counter >> generationBits}
	known = true
	if s != r.seal || key != r.key {
		aead := s.openers.find(key)
		if known = aead != nil; !known {
			var err error
			if aead, err = s.aead(key.sealer, key.generation); err != nil {
				return nil, nil, false, false
			}
		}
		r.seal, r.key, r.aead = s, key, aead
	}
	size := len(sealed) - overhead
	part := header.Flags&wire.FlagPart != 0
	if !part && header.Class == wire.ClassData {
		slab = r.bulk(size)
	}
	var room []byte
	switch {
	case part:
		room = r.part[:0] // the assembly copies it
	case slab != nil:
		at := len(slab.text)
		room = slab.text[at : at : at+size]
	default:
		room = r.room(header.Class, size)
	}
	copy(r.data, sealed[:wire.HeaderSize])
	putNonce(&r.nonce, header.Counter)
	text, err := r.aead.Open(room, r.nonce[:], sealed[wire.HeaderSize:], r.data)
	if err != nil {
		if !known {
			r.seal = nil // it is not in the cache either: a forged sealer leaves nothing behind
		}
		return nil, nil, known, false
	}
	if !known {
		s.openers.add(key, r.aead)
	}
	switch rest := &r.slab[header.Class]; {
	case part:
	case slab != nil:
		slab.text = slab.text[:len(slab.text)+len(text)]
	case cap(*rest)-len(*rest) >= len(text):
		*rest = (*rest)[:len(*rest)+len(text)]
	}
	return text, slab, known, true
}

// room is where a text of that size is opened: the rest of its class's slab, or a fresh one if that is short. Too large for any, it
// has memory of its own.
func (r *receiver) room(class wire.Class, size int) []byte {
	slab := &r.slab[class]
	if cap(*slab)-len(*slab) < size {
		most := slabBulk
		if class == wire.ClassControl || class == wire.ClassToken {
			most = slabSmall
		}
		if size > most/4 && size != 0 {
			return make([]byte, 0, size)
		}
		*slab = make([]byte, 0, most)
	}
	at := len(*slab)
	return (*slab)[at : at : at+size]
}

// What of joined datagrams may fail to open before joining is believed to be at fault.
const (
	doubtBad  = 8 // one that does not open weighs as much as so many that do
	doubtMost = 64 * doubtBad
)

// judge watches datagrams of known members that the kernel had joined. There are kernels and cards that join what does not belong
// together; then a good part of it does not open. To make this happen, an attacker must know a member's id, which only those see who
// see the packets, and gains that they come singly: slower, and as safe.
func (e *Endpoint) judge(opened bool) {
	r := &e.in
	if opened {
		r.doubt = max(0, r.doubt-1)
		return
	}
	if r.doubt += doubtBad; r.doubt >= doubtMost && r.offload != nil {
		r.doubt = 0
		r.offload.distrustCoalescing("packets that the kernel had joined did not open")
	}
}
