package transport

// The way out: each packet is sealed once, straight into a buffer, and written to all its receivers in as few batches as possible.
//
// Packets that follow each other and have the same receivers are written receiver by receiver, so that the datagrams to one address
// follow each other. A Transport that has the kernel cut its datagrams sends them as one run if they are of one length. Packets that
// are nearly as long as the longest are padded to it: some bytes more cost less than another trip through the kernel.

import (
	"net/netip"
	"slices"
	"time"

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
	batchDatagrams = 1024
	batchBytes     = 512 << 10
)

// padFrom is the part of the longest packet, in quarters, from which on a shorter one is padded to it.
const padFrom = 3

// overhead is what a datagram has beside its body, in bytes.
const overhead = wire.HeaderSize + tagSize

// sender is what Send's goroutine owns.
type sender struct {
	offload offloader // nil: the Transport has no use for runs
	scratch []byte    // sealed datagrams, one after the other
	run     [][]byte  // of them, those for the receivers at hand
	batch   []Datagram
	data    []byte // authenticated data: a header, then the label
	nonce   [nonceSize]byte
}

func (o *sender) init(e *Endpoint) {
	o.offload, _ = e.transport.(offloader)
	o.scratch = make([]byte, 0, batchBytes+2*runBytes)
	o.run = make([][]byte, 0, segmentsMost)
	o.batch = make([]Datagram, 0, 4*segmentsMost)
	o.data = append(make([]byte, wire.HeaderSize), e.cluster.label...)
}

// Send seals the packets and writes them, in order. A packet larger than MaxBody, or than what passes to its receivers, goes in parts. It belongs to one goroutine, and
// blocks no longer than the Transport's Send. What cannot be sent is counted in Stats: datagrams may be lost anyway.
func (e *Endpoint) Send(out []Outgoing) {
	contexts := *e.context.Load()
	pad := e.out.offload != nil && e.out.offload.segmenting()
	now := time.Now()
	e.probe(now)
	for len(out) > 0 {
		n, longest := e.sameReceivers(out)
		room := e.MaxBody()
		if longest+overhead > MinMTU {
			room = e.paths.room(out[0].To, now)
		}
		if !pad || room < e.MaxBody() {
			longest = 0
		}
		for i := range out[:n] {
			o := &out[i]
			if len(o.To) == 0 {
				continue
			}
			s := contexts[o.Context]
			switch k := len(o.Body); {
			case s == nil:
				e.counts.noRing.Add(1)
			case k > room:
				e.sendParts(s, o, room)
			case k < longest && 4*k >= padFrom*longest && i < n-1:
				e.sealOne(s, o.Class, wire.FlagPadded, nil, o.Body, longest-k)
			default:
				e.sealOne(s, o.Class, 0, nil, o.Body, 0)
			}
		}
		e.fanOut(out[0].To)
		out = out[n:]
	}
	e.flush()
}

// sameReceivers is how many packets from the first on have the same receivers and fit into one run, at least one, and how long the
// longest of those is; one longer than MaxBody counts as MaxBody.
func (e *Endpoint) sameReceivers(out []Outgoing) (n, longest int) {
	to, most, total := out[0].To, e.MaxBody(), 0
	for n < len(out) && n < segmentsMost {
		o := &out[n]
		if total += len(o.Body) + overhead; n > 0 && (total > runBytes || !slices.Equal(o.To, to)) {
			break
		}
		longest = max(longest, min(len(o.Body), most))
		n++
	}
	return n, longest
}

// sealOne seals one datagram, of an optional head, the text and padding, and puts it into the run. It reports
// false when the context has no counter left.
func (e *Endpoint) sealOne(s *seal, class wire.Class, flags uint16, head, text []byte, padding int) bool {
	w := &e.out
	if !s.advance(e.self) {
		e.spent.Store(true)
		return false
	}
	start := len(w.scratch)
	header := wire.Header{Version: wire.Version, Class: class, Flags: flags, KeyID: e.keyID, Context: s.context, Sealer: e.self, Counter: s.next}
	w.scratch = header.Append(w.scratch)
	copy(w.data, w.scratch[start:])
	putNonce(&w.nonce, s.next)
	if len(head) > 0 || padding > 0 {
		at := len(w.scratch)
		w.scratch = append(append(w.scratch, head...), text...)
		w.scratch = wire.AppendPadding(w.scratch, padding)
		w.scratch, text = w.scratch[:at], w.scratch[at:] // sealed where it is
	}
	w.scratch = s.own.Seal(w.scratch, w.nonce[:], text, w.data)
	e.counts.sealed.Add(1)
	if padding > 0 {
		e.counts.padding.Add(uint64(padding))
	}
	w.run = append(w.run, w.scratch[start:len(w.scratch):len(w.scratch)])
	return true
}

// fanOut puts the run into the batch, once for each receiver.
func (e *Endpoint) fanOut(to []netip.AddrPort) {
	w := &e.out
	for _, a := range to {
		for _, sealed := range w.run {
			w.batch = append(w.batch, Datagram{Addr: a, Buf: sealed})
		}
		if len(w.batch) >= batchDatagrams {
			e.write()
		}
	}
	clear(w.run)
	w.run = w.run[:0]
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
