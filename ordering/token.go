package ordering

// One visit of the token: answer requests, number packets, write down what is here, ask for what is not.

import (
	"cmp"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A Source has messages waiting for numbers.
type Source interface {
	// Fill appends chunks for one packet, which together take at most room bytes (each chunk's Size counted), and returns the
	// extended slice; unchanged when there is nothing to send.
	Fill(chunks []wire.Chunk, room int) []wire.Chunk
	// Backlog estimates how many packets wait and may be sent.
	Backlog() int
	// Token shows the token before anything is numbered: the source reads which groups are congested elsewhere and writes
	// which are here. self is this member's index.
	Token(t *wire.Token, self uint16)
}

// A Visit is what a token visit gives to the network: first what is sent again, then what is new, the last After of it after the token.
type Visit struct {
	Retransmit []*wire.Data
	New        []*wire.Data
	After      int
}

// A visit is what the ring keeps of one from its Begin to its End.
type visit struct {
	requests int           // on the token as it came
	position wire.Position // of the token as it came
	again    int           // bytes sent again
	packets  int           // numbered
	bytes    int           // in them
}

// Fresh reports whether a token has not been here before. "A retransmitted token must not touch last_aru or timers."
func (r *Ring) Fresh(t *wire.Token) bool { return t.TokenSeq > r.tokenSeq }

// TokenSeq is the sequence number of the last token accepted.
func (r *Ring) TokenSeq() uint64 { return r.tokenSeq }

// Plausible reports whether a token could belong to this ring; one that could not is dropped.
func (r *Ring) Plausible(t *wire.Token) bool {
	return len(t.Members) == len(r.Members) && t.Aru <= t.Seq && t.Seq >= r.high && t.Seq-r.store.base <= limit &&
		(t.AruMember == wire.NoMember || int(t.AruMember) < len(r.Members))
}

// Visit handles a fresh, plausible token and leaves it ready to be forwarded.
func (r *Ring) Visit(t *wire.Token, src Source, v *Visit) {
	r.Begin(t, src, v)
	r.End(t, src, v)
}

// Begin is a visit up to where it has numbered what waits. Whoever keeps the token for a while (see stay.go) may have More numbered before
// the End.
func (r *Ring) Begin(t *wire.Token, src Source, v *Visit) {
	v.Retransmit = v.Retransmit[:0]
	r.tokenSeq = t.TokenSeq
	r.position = max(r.position, t.Position)
	r.visit = visit{requests: len(t.Requests), position: t.Position}
	src.Token(t, uint16(r.Self))
	if r.Self == 0 {
		r.tune(t)
	}
	r.answer(t, v)
	r.visit.again = bytesOf(v.Retransmit)
	r.More(t, src, v)
}

// More numbers what waits, within what the visit that has begun may number altogether. Only that is in v.New then.
func (r *Ring) More(t *wire.Token, src Source, v *Visit) {
	v.New = v.New[:0]
	before := t.Seq
	r.number(t, src, v)
	r.fall(t, t.Seq-before)
	r.visit.packets += len(v.New)
	r.visit.bytes += bytesOf(v.New)
}

// End writes down what is here and asks for what is not. Of v.New, what was not multicast yet, some may go out after the token.
func (r *Ring) End(t *wire.Token, src Source, v *Visit) {
	backlog := src.Backlog()

	// "If my_aru < token.aru, or aru_id is mine or invalid, token.aru becomes my_aru": the aru is lowered by whoever misses
	// something and raised again only by the same member, or when nobody misses anything.
	self := uint16(r.Self)
	if r.aru < t.Aru || t.AruMember == self || t.AruMember == wire.NoMember {
		t.Aru = r.aru
		t.AruMember = self
		if r.aru == t.Seq {
			t.AruMember = wire.NoMember
		}
	}
	asked := r.Counters.Requested
	r.request(t)
	r.account(t, r.visit.again+r.visit.bytes, r.Counters.Requested-asked, backlog > 0)
	v.After = r.after(t, len(v.New))
	t.Members[r.Self].Aru = uint32(min(t.Seq-r.aru, uint64(wire.FarBehind)))
	r.learn(t)

	// "Safe when the token was forwarded with an aru that covers the message on two successive rotations."
	r.safe = max(r.safe, min(t.Aru, r.lastAru))
	r.lastAru = t.Aru
	r.lastSeq = t.Seq
	r.store.release(min(r.safe, r.delivered))

	t.TokenSeq++
	r.tokenSeq = t.TokenSeq
	if r.Self == 0 {
		t.Round++
		if len(r.Members) > 1 {
			r.Counters.Rotations++
		}
	}
	r.lastPosition = t.Position
	if r.visit.packets > 0 {
		t.LastSender = self
	}
	if r.visit.packets+r.visit.again+r.visit.requests > 0 || len(t.Requests) > 0 || t.Aru != t.Seq || backlog > 0 {
		t.IdleHops = 0
	} else {
		t.IdleHops = min(t.IdleHops+1, 1<<30)
	}
	r.visit = visit{}
}

// Rest takes in a token that comes to rest here, after so many idle hops that its aru covers all there is and did so at the last visit.
func (r *Ring) Rest(t *wire.Token) {
	r.safe = max(r.safe, min(t.Aru, r.lastAru))
	r.store.release(min(r.safe, r.delivered))
}

// answer retransmits what others ask for and this member holds, up to half a window; what it does not stays on the token.
func (r *Ring) answer(t *wire.Token, v *Visit) {
	var left []wire.Request
	budget := r.window(t) / 2
	for _, q := range t.Requests {
		for i := range uint64(q.Count) {
			seq := q.First + i
			if seq > t.Seq {
				break
			}
			if d := r.store.get(seq); d != nil && budget > 0 {
				budget -= d.Size()
				v.Retransmit = append(v.Retransmit, d)
				r.Counters.Retransmitted++
				continue
			}
			left = appendRequest(left, seq)
		}
	}
	t.Requests = left
}

// number gives the next numbers to what waits, as far as flow control allows. What was sent again counts, but never for more than half
// of this member's share: who answers is not who lost.
func (r *Ring) number(t *wire.Token, src Source, v *Visit) {
	share := r.share(t)
	spend := share - min(r.visit.again, share/2) - r.visit.bytes
	// Nobody may run so far ahead that a slow member's window is left behind.
	stable := min(t.Aru, r.lastAru)
	room := r.limits.Body - wire.DataHeaderSize
	for spend > 0 && r.mayName(t) && len(v.New) < r.limits.Visit && t.Seq-stable < r.limits.Outstanding && !r.full() {
		chunks := r.fill(src, room)
		if len(chunks) == 0 {
			return
		}
		t.Seq++
		d := &wire.Data{Origin: uint16(r.Self), Seq: t.Seq, Position: t.Position + 1, Round: t.Round, Chunks: chunks}
		if chunks[0].Kind == wire.KindRecovered {
			d.Flags |= wire.DataRecovered
		}
		if r.lastOwn != 0 {
			d.Prev = uint32(min(t.Seq-r.lastOwn, 1<<32-1))
		}
		if r.control != 0 {
			d.Control = uint32(min(t.Seq-r.control, 1<<32-1))
		}
		if membershipEvent(d) {
			r.control = d.Seq
		}
		r.lastOwn = t.Seq
		t.Position += wire.Position(ends(d))
		r.store.put(d)
		r.note(d)
		r.Counters.Sent++
		v.New = append(v.New, d)
		spend -= d.Size()
	}
}

// MostMessages is how many messages one rotation numbers at most. A new ring's positions go on so far above those seen, lest what a member
// numbered and delivered alone be numbered again.
const MostMessages = 1<<17 - 1

// mayName reports whether a packet full of the smallest messages may still be numbered: those that all have numbered since the token left
// here and those of this visit are together no more than MostMessages, and this member's no more than its part of them.
func (r *Ring) mayName(t *wire.Token) bool {
	packet := wire.Position(r.PerPacket())
	since, own := t.Position-min(t.Position, r.lastPosition), t.Position-min(t.Position, r.visit.position)
	return since+packet <= MostMessages && own+packet <= max(packet, MostMessages/wire.Position(len(r.Members)))
}

// full reports whether as much is held here as may be. On a ring that is not installed yet nothing is delivered, so all is held: then what
// is numbered is what members have held of their old rings, and the packets outstanding are bound enough.
func (r *Ring) full() bool { return r.store.bytes >= r.limits.Held && r.delivered >= r.safe }

// chunkSlab is how many chunks are allocated at a time: a packet's chunks are no allocation of their own.
const chunkSlab = 256

// fill takes the chunks of the next packet from the source.
func (r *Ring) fill(src Source, room int) []wire.Chunk {
	if cap(r.chunks)-len(r.chunks) < chunkSlab/8 {
		r.chunks = make([]wire.Chunk, 0, chunkSlab)
	}
	n := len(r.chunks)
	chunks := src.Fill(r.chunks[n:], room)
	if len(chunks) <= cap(r.chunks)-n {
		r.chunks = r.chunks[:n+len(chunks)] // else they have grown out of it
	}
	return chunks[:len(chunks):len(chunks)]
}

// membershipEvent reports whether a packet carries an event that changes groups.
func membershipEvent(d *wire.Data) bool {
	for i := range d.Chunks {
		if k := d.Chunks[i].Kind; k >= wire.KindGroupJoin && k <= wire.KindSync {
			return true
		}
	}
	return false
}

// request asks for the holes that were there a rotation ago already: what the token's sender numbered since may still be on
// its way, and asking for it would only multiply traffic.
func (r *Ring) request(t *wire.Token) {
	until := min(r.lastSeq, t.Seq)
	var own []wire.Request
	for seq := r.aru + 1; seq <= until && len(t.Requests)+len(own) < wire.MaxRequests; seq++ {
		if r.store.get(seq) != nil || requested(t.Requests, seq) {
			continue
		}
		own = appendRequest(own, seq)
		r.Counters.Requested++
	}
	if len(own) > 0 {
		t.Requests = append(t.Requests, own...)
		slices.SortFunc(t.Requests, func(a, b wire.Request) int { return cmp.Compare(a.First, b.First) })
	}
}

func requested(q []wire.Request, seq uint64) bool {
	for i := range q {
		if seq >= q[i].First && seq-q[i].First < uint64(q[i].Count) {
			return true
		}
	}
	return false
}

// appendRequest adds one number, joined to the range before it where it follows.
func appendRequest(q []wire.Request, seq uint64) []wire.Request {
	if n := len(q); n > 0 && q[n-1].First+uint64(q[n-1].Count) == seq && q[n-1].Count < 1<<16-1 {
		q[n-1].Count++
		return q
	}
	if len(q) >= wire.MaxRequests {
		return q
	}
	return append(q, wire.Request{First: seq, Count: 1})
}
