package ordering

// One ring played by hand: members pass a token and lose packets as the test says.

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A twin is a ring of members that share one token.
type twin struct {
	t      testing.TB
	rings  []*Ring
	src    []*queue
	token  *wire.Token
	at     int
	lose   func(to int, d *wire.Data) bool
	got    [][]string
	enough Enough // of safe at k; nil: everybody
	quick  bool   // many packets: nobody asks what was delivered, and invariants are looked at now and then
	passes int
	mute   bool // nobody delivers: as in recovery
}

type queue struct {
	messages []string
	order    wire.Order
	full     int // so many messages that fill a packet, all alike, wait as well
}

// filling is what fills a packet.
var filling = make([]byte, 1100)

func (q *queue) Backlog() int              { return len(q.messages) + q.full }
func (q *queue) Token(*wire.Token, uint16) {}
func (q *queue) Fill(chunks []wire.Chunk, room int) []wire.Chunk {
	switch {
	case q.full > 0:
		q.full--
		return append(chunks, wire.Chunk{Group: 1, Kind: wire.KindApp, Order: q.order, Flags: wire.ChunkFirst | wire.ChunkLast, Payload: filling})
	case len(q.messages) == 0:
		return chunks
	}
	c := wire.Chunk{Group: 1, Kind: wire.KindApp, Order: q.order, Flags: wire.ChunkFirst | wire.ChunkLast, Payload: []byte(q.messages[0])}
	q.messages = q.messages[1:]
	return append(chunks, c)
}

func newTwin(t testing.TB, n int) *twin {
	w := &twin{t: t, got: make([][]string, n), lose: func(int, *wire.Data) bool { return false }}
	var ids []wire.MemberID
	for i := range n {
		ids = append(ids, wire.MemberID{byte(i + 1)})
	}
	for i := range n {
		w.rings = append(w.rings, NewRing(wire.RingID{Seq: 1, Rep: ids[0]}, ids, i, DefaultLimits(1200), 1000))
		w.src = append(w.src, &queue{order: wire.OrderAgreed})
	}
	w.token = &wire.Token{TokenSeq: 1, Position: 1000, AruMember: wire.NoMember, Retrans: wire.NoMember, LastSender: wire.NoMember,
		Members: make([]wire.MemberState, n)}
	return w
}

// pass lets the token visit the next member.
func (w *twin) pass() { w.visit(w.src[w.at]) }

func (w *twin) visit(src Source) {
	r := w.rings[w.at]
	if !r.Fresh(w.token) || !r.Plausible(w.token) {
		w.t.Fatalf("token %v refused at %d", w.token, w.at)
	}
	var v Visit
	r.Visit(w.token, src, &v)
	w.spread(append(v.Retransmit, v.New...))
	w.next()
}

// next is the member that the token visits next.
func (w *twin) next() { w.at = (w.at + 1) % len(w.rings) }

// spread brings packets to all who do not lose them, and lets everybody deliver.
func (w *twin) spread(packets []*wire.Data) {
	for _, d := range packets {
		for i, to := range w.rings {
			if i != w.at && !w.lose(i, d) {
				to.Add(d)
			}
		}
	}
	for i := range w.rings {
		w.deliver(i)
	}
}

func (w *twin) deliver(i int) {
	if w.mute {
		return
	}
	enough := w.enough
	if enough == nil {
		enough = w.rings[i].Everybody
	}
	for d := w.rings[i].NextDelivery(enough); d != nil; d = w.rings[i].NextDelivery(enough) {
		if !w.quick {
			w.got[i] = append(w.got[i], string(d.Chunks[0].Payload))
		}
	}
	if w.passes++; w.quick && w.passes%97 != 0 {
		return
	}
	if err := w.rings[i].Invariant(); err != nil {
		w.t.Fatal(err)
	}
	for j, upTo := range w.rings[i].holders.upTo {
		if upTo > w.rings[j].aru {
			w.t.Fatalf("member %d takes it that %d holds all up to %d; it does up to %d", i, j, upTo, w.rings[j].aru)
		}
	}
}

func (w *twin) rotate(n int) {
	for range n * len(w.rings) {
		w.pass()
	}
}

func (w *twin) want(i int, messages ...string) {
	if h, ok := w.t.(*testing.T); ok {
		h.Helper()
	}
	if fmt.Sprint(w.got[i]) != fmt.Sprint(messages) {
		w.t.Fatalf("member %d delivered %v, want %v", i, w.got[i], messages)
	}
}

func TestAgreedIsDeliveredOnArrival(t *testing.T) {
	w := newTwin(t, 3)
	w.src[0].messages = []string{"x"}
	w.pass()
	for i := range 3 {
		w.want(i, "x")
	}
}

// "Safe when the token was forwarded with a covering aru on two successive rotations."
func TestSafeWaitsForTwoRotations(t *testing.T) {
	w := newTwin(t, 3)
	w.src[0].order = wire.OrderSafe
	w.src[0].messages = []string{"x"}
	w.pass() // numbered at 0, which forwards a covering aru for the first time
	w.pass()
	w.pass()
	for i := range 3 {
		w.want(i)
		if !w.rings[i].WaitsSafe() {
			t.Error("the packet is here and waits to become safe")
		}
	}
	w.pass()
	w.want(0, "x") // the token came back to 0 with a covering aru: 1 and 2 have it, but do not know yet that 0 knows
	w.want(1)
	w.rotate(1)
	for i := range 3 {
		w.want(i, "x")
	}
}

func TestSafeWaitsForWhoeverMissesIt(t *testing.T) {
	w := newTwin(t, 3)
	w.src[0].order = wire.OrderSafe
	w.src[0].messages = []string{"x"}
	w.lose = func(to int, d *wire.Data) bool { return to == 2 }
	w.rotate(5)
	for i := range 3 {
		w.want(i)
	}
	w.lose = func(int, *wire.Data) bool { return false }
	w.rotate(6)
	for i := range 3 {
		w.want(i, "x")
	}
	if w.rings[2].Counters.Repaired != 1 {
		t.Errorf("repaired %d, want 1", w.rings[2].Counters.Repaired)
	}
}

// The last message of a burst is lost and nothing follows it: the token's seq shows the hole (corosync 084d19cd).
func TestLostLastMessageIsAskedFor(t *testing.T) {
	w := newTwin(t, 3)
	w.src[1].messages = []string{"a", "b"}
	w.lose = func(to int, d *wire.Data) bool { return to == 0 && d.Seq == 2 }
	w.rotate(1)
	w.want(0, "a")
	w.lose = func(int, *wire.Data) bool { return false }
	w.rotate(3)
	w.want(0, "a", "b")
}

// Nobody asks for what may still be on its way: holes above the last rotation's seq are left alone.
func TestFreshHolesAreNotAskedFor(t *testing.T) {
	w := newTwin(t, 3)
	w.src[0].messages = []string{"a"}
	w.lose = func(to int, d *wire.Data) bool { return to == 1 }
	w.pass()
	w.pass()
	if len(w.token.Requests) != 0 {
		t.Errorf("asked for %v on first sight", w.token.Requests)
	}
	w.rotate(1)
	if len(w.token.Requests) != 1 {
		t.Errorf("requests %v after a rotation, want one", w.token.Requests)
	}
}

func TestRetransmittedTokenChangesNothing(t *testing.T) {
	w := newTwin(t, 3)
	copied := *w.token
	w.pass()
	if w.rings[0].Fresh(&copied) {
		t.Error("a token seen before is fresh")
	}
}

func TestImplausibleTokensAreRefused(t *testing.T) {
	w := newTwin(t, 3)
	good := *w.token
	for name, spoil := range map[string]func(*wire.Token){
		"members": func(t *wire.Token) { t.Members = t.Members[:2] },
		"aru":     func(t *wire.Token) { t.Aru = t.Seq + 1 },
		"holder":  func(t *wire.Token) { t.AruMember = 3 },
		"jump":    func(t *wire.Token) { t.Seq = 1 << 40 },
	} {
		bad := good
		spoil(&bad)
		if w.rings[0].Plausible(&bad) {
			t.Errorf("%s: %v passes", name, &bad)
		}
	}
}

func TestFlowControlBoundsARotation(t *testing.T) {
	w := newTwin(t, 3)
	for i := range w.src {
		for range 1000 {
			w.src[i].messages = append(w.src[i].messages, "x")
		}
	}
	limits := DefaultLimits(1200)
	for range 5 {
		before := w.token.Seq
		w.rotate(1)
		size := (&wire.Data{Chunks: []wire.Chunk{{Flags: wire.ChunkFirst | wire.ChunkLast, Payload: []byte("x")}}}).Size()
		if n := int(w.token.Seq - before); n*size > 2*limits.Window {
			t.Fatalf("%d packets of %d bytes in a rotation, limit %d", n, size, limits.Window)
		}
	}
}

// A member that receives nothing stops the others within the window.
func TestOutstandingIsBounded(t *testing.T) {
	w := newTwin(t, 3)
	w.lose = func(to int, d *wire.Data) bool { return to == 2 }
	for range 20_000 {
		w.src[0].messages = append(w.src[0].messages, "x")
	}
	w.rotate(400)
	if max := DefaultLimits(1200).Outstanding; w.token.Seq > max {
		t.Errorf("seq %d with a deaf member, bound %d", w.token.Seq, max)
	}
}

// Whatever is lost, all deliver the same in the same order, and everything in the end.
func TestOneOrderWhateverIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 5).Draw(rt, "members")
		w := newTwin(t, n)
		loss := rapid.IntRange(0, 60).Draw(rt, "loss percent")
		state := rapid.Uint32().Draw(rt, "seed")
		w.lose = func(int, *wire.Data) bool {
			state = state*1664525 + 1013904223
			return int(state>>16)%100 < loss
		}
		total := 0
		for round := range 30 {
			for i := range w.src {
				w.src[i].order = []wire.Order{wire.OrderAgreed, wire.OrderSafe, wire.OrderSafeAt, wire.SafeAt(2)}[round%4]
				w.src[i].messages = append(w.src[i].messages, fmt.Sprintf("%d-%d", i, round))
				total++
			}
			w.rotate(1)
		}
		w.lose = func(int, *wire.Data) bool { return false }
		w.rotate(20)
		for i := range w.rings {
			if len(w.got[i]) != total {
				rt.Fatalf("member %d delivered %d of %d", i, len(w.got[i]), total)
			}
			if fmt.Sprint(w.got[i]) != fmt.Sprint(w.got[0]) {
				rt.Fatalf("member %d has another order", i)
			}
		}
	})
}

func piece(group wire.GroupID, flags uint8, total int, payload string) *wire.Data {
	return &wire.Data{Position: 7, Chunks: []wire.Chunk{{Group: group, Kind: wire.KindApp, Flags: flags, Total: uint32(total), Payload: []byte(payload)}}}
}

func TestFragmentsMakeOneMessage(t *testing.T) {
	a := NewAssembler(100, func(wire.GroupID) bool { return true })
	x := wire.MemberID{1}
	var got []Messages
	take := func(m Messages) { got = append(got, m) }
	a.Packet(piece(1, wire.ChunkFirst, 9, "abc"), x, take)
	a.Packet(piece(2, wire.ChunkFirst|wire.ChunkLast, 0, "other"), x, take)
	a.Packet(piece(1, 0, 0, "def"), x, take)
	a.Packet(piece(1, wire.ChunkLast, 0, "ghi"), x, take)
	if len(got) != 2 || string(got[0].Payload()) != "other" || string(got[1].Payload()) != "abcdefghi" || got[1].Position != 7 {
		t.Fatalf("got %v", got)
	}
	if got[0].Whole[0].Total != 0 || got[1].Whole[0].Total != 9 {
		t.Error("a whole chunk's payload belongs to its packet, that of fragments to nobody")
	}
}

// TestRoomIsGivenBack: what arrives in memory that somebody wants back is copied into room that comes back too; a member's own message, of
// which the fragments are parts, is delivered where it lies.
func TestRoomIsGivenBack(t *testing.T) {
	a := NewAssembler(100, func(wire.GroupID) bool { return true })
	given := 0
	a.Room = func(size int) ([]byte, any) {
		given++
		return make([]byte, 0, size), given
	}
	x, y := wire.MemberID{1}, wire.MemberID{2}
	var got []Messages
	take := func(m Messages) { got = append(got, m) }
	whole := []byte("abcdefghi")
	for i, flags := range []uint8{wire.ChunkFirst, 0, wire.ChunkLast} {
		part := whole[3*i : 3*i+3]
		own := piece(1, flags, 9, "")
		own.Chunks[0].Payload = part
		others := piece(1, flags, 9, string(part))
		others.Memory = "a packet"
		a.Packet(own, x, take)
		a.Packet(others, y, take)
		clear(others.Chunks[0].Payload)
		if freed := a.Freed(nil); len(freed) != i/2 || i == 2 && freed[0] != 1 {
			t.Errorf("after part %d: %v was given back", i, freed)
		}
	}
	if len(got) != 2 || &got[0].Payload()[0] != &whole[0] || len(got[0].Payload()) != 9 || got[0].Whole[0].Total != 0 || got[0].Memory != nil {
		t.Errorf("the own message: %v", got)
	}
	if string(got[1].Payload()) != "abcdefghi" || got[1].Memory != 1 || got[1].Whole[0].Total != 9 || given != 1 {
		t.Errorf("the other one: %v; room was given %d times", got, given)
	}
	// Fragments that do not lie together are copied, wherever they are.
	a.Packet(&wire.Data{Chunks: []wire.Chunk{{Group: 1, Kind: wire.KindApp, Flags: wire.ChunkFirst, Total: 6, Payload: whole[:3]}}}, x, take)
	a.Packet(piece(1, wire.ChunkLast, 0, "xyz"), x, take)
	if m := got[len(got)-1]; string(m.Payload()) != "abcxyz" || m.Whole[0].Total != 6 || string(whole) != "abcdefghi" {
		t.Errorf("parts from two places: %q of %d, and %q", m.Payload(), m.Whole[0].Total, whole)
	}
}

// TestALargeMessageIsGivenRoomAsItComes: a message is copied into room of its final size, and one larger than that gets room as it brings
// bytes.
func TestALargeMessageIsGivenRoomAsItComes(t *testing.T) {
	const total = 20 << 20
	a := NewAssembler(total, func(wire.GroupID) bool { return true })
	x := wire.MemberID{1}
	part := string(make([]byte, 64<<10))
	s := stream{origin: x, group: 1}
	var got []Messages
	take := func(m Messages) { got = append(got, m) }
	a.Packet(piece(1, wire.ChunkFirst, total, part), x, take)
	grown, room := 0, cap(a.open[s].data)
	for sent := 2 * len(part); sent < total; sent += len(part) {
		a.Packet(piece(1, 0, 0, part), x, take)
		if p := a.open[s]; cap(p.data) != room {
			grown, room = grown+1, cap(p.data)
			if room > max(atOnce, 4*sent) || room > total {
				t.Fatalf("room for %d bytes when %d have come", room, sent)
			}
		}
	}
	a.Packet(piece(1, wire.ChunkLast, 0, part), x, take)
	if len(got) != 1 || len(got[0].Payload()) != total || cap(got[0].Payload()) != total || grown > 3 {
		t.Fatalf("%d messages, room given %d times again", len(got), grown)
	}
	if err := a.Invariant(); err != nil {
		t.Error(err)
	}
}

// TestMessagesComeTogether: whole messages of one group, kind and order are one delivery; another group, kind or order, or a fragment,
// parts them, and positions go on by one.
func TestMessagesComeTogether(t *testing.T) {
	const both = wire.ChunkFirst | wire.ChunkLast
	whole := func(group wire.GroupID, kind wire.Kind, order wire.Order) wire.Chunk {
		return wire.Chunk{Group: group, Kind: kind, Order: order, Flags: both}
	}
	d := &wire.Data{Position: 7, Chunks: []wire.Chunk{
		whole(1, wire.KindApp, wire.OrderFIFO), whole(1, wire.KindApp, wire.OrderFIFO), whole(1, wire.KindApp, wire.OrderFIFO),
		whole(2, wire.KindApp, wire.OrderFIFO), whole(2, wire.KindApp, wire.OrderSafe), whole(2, wire.KindApply, wire.OrderSafe),
		whole(2, wire.KindGroupJoin, wire.OrderSafe), whole(2, wire.KindGroupJoin, wire.OrderSafe),
		{Group: 1, Kind: wire.KindApp, Flags: wire.ChunkFirst, Total: 4, Payload: []byte("ab")},
	}}
	var got []string
	a := NewAssembler(100, func(wire.GroupID) bool { return true })
	take := func(m Messages) {
		got = append(got, fmt.Sprintf("%d at %d-%d", m.Group, m.Position, m.Last()))
	}
	a.Packet(d, wire.MemberID{1}, take)
	if want := "[1 at 7-9 2 at 10-10 2 at 11-11 2 at 12-12 2 at 13-13 2 at 14-14]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	// While somebody has to begin again each message is looked at.
	a.ViewChanged(1, wire.MemberID{1})
	got = nil
	a.Packet(&wire.Data{Position: 20, Chunks: d.Chunks[:5]}, wire.MemberID{1}, take)
	if want := "[2 at 23-23 2 at 24-24]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestAViewChangeCutsAMessageInTwo(t *testing.T) {
	a := NewAssembler(100, func(wire.GroupID) bool { return true })
	x := wire.MemberID{1}
	var got []string
	take := func(m Messages) { got = append(got, string(m.Payload())) }
	a.Packet(piece(1, wire.ChunkFirst, 6, "abc"), x, take)
	if !a.ViewChanged(1, x) {
		t.Fatal("the message under way was not cut")
	}
	a.Packet(piece(1, wire.ChunkLast, 0, "def"), x, take)
	a.Packet(piece(1, wire.ChunkFirst|wire.ChunkLast, 0, "later"), x, take)
	if len(got) != 0 {
		t.Fatalf("%v came before the cut message", got)
	}
	a.Packet(piece(1, wire.ChunkFirst|wire.ChunkRestart, 6, "abc"), x, take)
	a.Packet(piece(1, wire.ChunkLast, 0, "def"), x, take)
	a.Packet(piece(1, wire.ChunkFirst|wire.ChunkLast, 0, "later"), x, take)
	if fmt.Sprint(got) != "[abcdef later]" {
		t.Fatalf("got %v", got)
	}
}

func TestFragmentsThatLieAreDropped(t *testing.T) {
	a := NewAssembler(5, func(wire.GroupID) bool { return true })
	x := wire.MemberID{1}
	none := func(m Messages) { t.Errorf("delivered %q", m.Payload()) }
	a.Packet(piece(1, wire.ChunkFirst, 6, "abc"), x, none) // above the limit
	a.Packet(piece(1, wire.ChunkLast, 0, "def"), x, none)
	a.Packet(piece(1, wire.ChunkFirst, 4, "abc"), x, none)
	a.Packet(piece(1, wire.ChunkLast, 0, "def"), x, none) // more than announced
	a.Packet(piece(1, wire.ChunkFirst, 5, "abc"), x, none)
	a.Packet(piece(1, wire.ChunkLast, 0, "d"), x, none) // less than announced
	a.Packet(piece(1, wire.ChunkLast, 0, "def"), x, none)
}

func TestAGroupNotKeptCostsNoMemory(t *testing.T) {
	a := NewAssembler(1<<20, func(wire.GroupID) bool { return false })
	x := wire.MemberID{1}
	a.Packet(&wire.Data{Chunks: []wire.Chunk{{Group: 1, Kind: wire.KindApp, Flags: wire.ChunkFirst, Total: 1 << 19, Payload: bytes.Repeat([]byte("x"), 1000)}}}, x,
		func(Messages) { t.Error("delivered") })
	for _, p := range a.open {
		if cap(p.data) != 0 {
			t.Errorf("%d bytes kept", cap(p.data))
		}
	}
}
