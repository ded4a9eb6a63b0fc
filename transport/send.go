package transport

// The way out: each packet is sealed once, straight into a buffer, and written to all its receivers in as few batches as possible.

import (
	"net/netip"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// Outgoing is one packet and who receives it.
type Outgoing struct {
	To      []netip.AddrPort
	Class   wire.Class
	Context uint64 // of the ring whose keys seal it; 0 for no ring
	Body    []byte // the packet's bytes, not retained
}

// A batch is written when it holds this many datagrams or sealed bytes.
const (
	batchDatagrams = 256
	batchBytes     = 512 << 10
)

// sender is what Send's goroutine owns.
type sender struct {
	scratch []byte // sealed datagrams, one after the other
	batch   []Datagram
	data    []byte // authenticated data: a header, then the label
	nonce   [nonceSize]byte
	scrap   []byte // one part's header and bytes
}

func (o *sender) init(e *Endpoint) {
	o.scratch = make([]byte, 0, batchBytes+MaxDatagram)
	o.batch = make([]Datagram, 0, batchDatagrams)
	o.data = append(make([]byte, wire.HeaderSize), e.cluster.label...)
	o.scrap = make([]byte, 0, MaxDatagram)
}

// Send seals the packets and writes them, in order. A packet larger than MaxBody goes in parts. It belongs to one goroutine, and
// blocks no longer than the Transport's Send. What cannot be sent is counted in Stats: datagrams may be lost anyway.
func (e *Endpoint) Send(out []Outgoing) {
	contexts := *e.context.Load()
	for i := range out {
		o := &out[i]
		if len(o.To) == 0 {
			continue
		}
		s := contexts[o.Context]
		switch {
		case s == nil:
			e.counts.noRing.Add(1)
		case len(o.Body) <= e.MaxBody():
			if !e.advance(s) {
				continue
			}
			e.sealOne(s, o, 0, s.next, o.Body)
		default:
			e.sendParts(s, o)
		}
	}
	e.flush()
}

// advance takes a context's next counter, or notes that there is none.
func (e *Endpoint) advance(s *seal) bool {
	ok := s.advance(e.self)
	if !ok {
		e.spent.Store(true)
	}
	return ok
}

// sealOne seals one datagram and puts it into the batch, once for each receiver.
func (e *Endpoint) sealOne(s *seal, o *Outgoing, flags uint16, counter uint64, text []byte) {
	w := &e.out
	start := len(w.scratch)
	header := wire.Header{Version: wire.Version, Class: o.Class, Flags: flags, KeyID: e.keyID, Context: s.context, Sealer: e.self, Counter: counter}
	w.scratch = header.Append(w.scratch)
	copy(w.data, w.scratch[start:])
	putNonce(&w.nonce, counter)
	w.scratch = s.own.Seal(w.scratch, w.nonce[:], text, w.data)
	e.counts.sealed.Add(1)
	sealed := w.scratch[start:len(w.scratch):len(w.scratch)]
	for _, to := range o.To {
		w.batch = append(w.batch, Datagram{Addr: to, Buf: sealed})
		if len(w.batch) >= batchDatagrams {
			e.write()
		}
	}
	if len(w.scratch) >= batchBytes {
		e.flush()
	}
}

// write hands the batch to the Transport and keeps the scratch, which a datagram may still be sent from.
func (e *Endpoint) write() {
	w := &e.out
	if len(w.batch) == 0 {
		return
	}
	if err := e.transport.Send(w.batch); err != nil {
		e.counts.sendFailures.Add(1)
	}
	clear(w.batch)
	w.batch = w.batch[:0]
}

func (e *Endpoint) flush() {
	e.write()
	e.out.scratch = e.out.scratch[:0]
}
