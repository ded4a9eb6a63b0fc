package ordering

// The window and its shares, on a ring whose time is played: a rotation takes what an empty one takes, and what its bytes take.

import (
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A pipe is a twin in which time passes and sockets are full at some point.
type pipe struct {
	*twin
	empty  time.Duration // a rotation with nothing in it
	rate   float64       // bytes a second that the slowest member takes
	buffer int           // bytes of one rotation that a member's socket holds; what is beyond is lost at member 2
	held   int           // of them, in this rotation
	now    time.Duration
	sent   []int // bytes numbered by each member
}

func newPipe(t testing.TB, n int, empty time.Duration, rate float64) *pipe {
	p := &pipe{twin: newTwin(t, n), empty: empty, rate: rate, buffer: 1 << 40, sent: make([]int, n)}
	p.quick = true
	p.lose = func(to int, d *wire.Data) bool {
		if to != n-1 {
			return false
		}
		p.held += d.Size()
		return p.held > p.buffer
	}
	return p
}

// rotation lets the token go round once, each member having so many full messages to send, and returns how long that took and what
// was sent.
func (p *pipe) rotation(want ...int) (took time.Duration, bytes int) {
	p.t.Helper()
	p.held = 0
	for i, r := range p.rings {
		p.src[i].full = want[i]
		before := r.lastOwn
		p.pass()
		for seq := before + 1; seq <= r.lastOwn; seq++ {
			if d := r.Held(seq); d != nil && int(d.Origin) == i {
				p.sent[i] += d.Size()
				bytes += d.Size()
			}
		}
	}
	took = p.empty + time.Duration(float64(bytes)/p.rate*float64(time.Second))
	p.now += took
	p.rings[0].Took(took)
	return took, bytes
}

func repeat(n, times int) []int {
	all := make([]int, times)
	for i := range all {
		all[i] = n
	}
	return all
}

// plenty is more than any window takes.
const plenty = 4000

// TestTheWindowFindsTheKnee: whatever a rotation costs and however fast the slowest is, the ring soon moves nearly all that can be
// moved, and rotations stay short where they can be.
func TestTheWindowFindsTheKnee(t *testing.T) {
	for _, c := range []struct {
		name  string
		empty time.Duration
		rate  float64
		part  float64       // of the rate that is to be reached
		most  time.Duration // of a rotation
	}{
		{"a quiet machine", 80 * time.Microsecond, 300e6, 0.9, 3 * time.Millisecond},
		{"ten times slower", 80 * time.Microsecond, 30e6, 0.9, 25 * time.Millisecond},
		{"busy processors", 3 * time.Millisecond, 200e6, 0.7, 25 * time.Millisecond},
		{"a slow network", 500 * time.Microsecond, 12e6, 0.9, 60 * time.Millisecond},
	} {
		p := newPipe(t, 3, c.empty, c.rate)
		for range 200 {
			p.rotation(repeat(plenty, 3)...)
		}
		from, sent := p.now, 0
		longest := time.Duration(0)
		for range 200 {
			took, n := p.rotation(repeat(plenty, 3)...)
			sent, longest = sent+n, max(longest, took)
		}
		got := float64(sent) / (p.now - from).Seconds()
		t.Logf("%s: %.1f of %.1f MB/s, rotations up to %v, window %d", c.name, got/1e6, c.rate/1e6, longest, p.rings[1].Window())
		if got < c.part*c.rate {
			t.Errorf("%s: %.1f MB/s of %.1f", c.name, got/1e6, c.rate/1e6)
		}
		if longest > c.most {
			t.Errorf("%s: a rotation of %v", c.name, longest)
		}
	}
}

// TestLostPacketsMakeTheWindowSmaller: a member whose socket holds less than the window soon loses nothing any more, most of what its
// socket holds is used, and when it holds more again the window grows back.
func TestLostPacketsMakeTheWindowSmaller(t *testing.T) {
	p := newPipe(t, 3, 2*time.Millisecond, 300e6)
	p.buffer = 200 << 10
	for range 400 {
		p.rotation(repeat(plenty, 3)...)
	}
	requested := p.rings[2].Counters.Requested
	sent := 0
	for range 500 {
		_, n := p.rotation(repeat(plenty, 3)...)
		sent += n
	}
	lost := float64(p.rings[2].Counters.Requested-requested) * 1100 / float64(sent)
	t.Logf("%d KiB a rotation, %.2f %% lost", sent/500>>10, 100*lost)
	if lost > 0.02 {
		t.Errorf("%.1f %% is still lost", 100*lost)
	}
	if sent/500 < 100<<10 {
		t.Errorf("%d bytes a rotation where the socket takes %d", sent/500, p.buffer)
	}
	p.buffer = 1 << 40
	for range 1500 {
		p.rotation(repeat(plenty, 3)...)
	}
	if w := p.rings[0].Window(); w < 1<<20 {
		t.Errorf("a window of %d though nothing is lost any more", w)
	}
}

// TestChanceLossLeavesTheWindow: one packet in a hundred, as a bad cable loses them, says nothing about the window.
func TestChanceLossLeavesTheWindow(t *testing.T) {
	p := newPipe(t, 3, time.Millisecond, 300e6)
	count := 0
	p.lose = func(int, *wire.Data) bool {
		count++
		return count%100 == 0
	}
	for range 500 {
		p.rotation(repeat(plenty, 3)...)
	}
	if w := p.rings[0].Window(); w < windowFirst {
		t.Errorf("a window of %d for one packet in a hundred", w)
	}
}

// TestSharesAreFair: members with plenty to send have equal shares, to a fifth; who has less to send gets it all, and the others share
// what it leaves.
func TestSharesAreFair(t *testing.T) {
	for _, n := range []int{3, 7} {
		p := newPipe(t, n, 200*time.Microsecond, 300e6)
		want := repeat(plenty, n)
		for _, modest := range []int{0, 1, n - 1} {
			for i := range want {
				want[i] = plenty
				if i < modest {
					want[i] = 3
				}
			}
			for range 40 {
				p.rotation(want...)
			}
			clear(p.sent)
			total, greedy := 0, 0
			const rotations = 100
			for range rotations {
				_, k := p.rotation(want...)
				total += k
			}
			for i := modest; i < n; i++ {
				greedy += p.sent[i]
			}
			share := float64(greedy) / float64(n-modest)
			t.Logf("%d members, %d modest: %v bytes", n, modest, p.sent)
			for i, sent := range p.sent {
				switch {
				case i < modest && sent < rotations*3*1100:
					t.Errorf("%d members: modest member %d sent %d bytes and had more", n, i, sent)
				case i >= modest && float64(sent) < 0.8*share:
					t.Errorf("%d members, %d modest: member %d sent %d bytes, its share is %.0f", n, modest, i, sent, share)
				}
			}
			if w := p.rings[0].Window(); total < rotations*w*3/4 {
				t.Errorf("%d members, %d modest: %d bytes in %d rotations, the window is %d", n, modest, total, rotations, w)
			}
		}
	}
}

// TestOneWhoBeginsWaitsNoRotation: a member that was silent has its share at its first visit, though another used all of the window.
func TestOneWhoBeginsWaitsNoRotation(t *testing.T) {
	p := newPipe(t, 3, 200*time.Microsecond, 300e6)
	for range 200 {
		p.rotation(0, plenty, 0)
	}
	clear(p.sent)
	p.rotation(0, plenty, plenty)
	if share := p.rings[0].Window() / 2; p.sent[2] < share*8/10 {
		t.Errorf("%d bytes at the first visit, a share is %d", p.sent[2], share)
	}
	for range 2 {
		if _, n := p.rotation(0, plenty, plenty); n > 2*p.rings[0].Window() {
			t.Errorf("%d bytes in a rotation, the window is %d", n, p.rings[0].Window())
		}
	}
}

// TestATokenCannotAskForMore: each member bounds the window by its own limits, whatever the token says.
func TestATokenCannotAskForMore(t *testing.T) {
	w := newTwin(t, 3)
	limits := DefaultLimits(1200)
	for _, c := range []struct {
		says uint32
		want int
	}{{0, windowFirst}, {1, windowLeast}, {1<<32 - 1, limits.Window}, {700_000, 700_000}} {
		if got := w.rings[1].window(&wire.Token{Window: c.says}); got != c.want {
			t.Errorf("the token says %d: a window of %d, want %d", c.says, got, c.want)
		}
	}
	large := DefaultLimits(60_000)
	if least := large.least(); least != packetsLeast*60_000 {
		t.Errorf("a least window of %d for packets of 60,000 bytes", least)
	}
}

// TestHeldBytesAreBounded: nobody numbers more than it may keep until all have it.
func TestHeldBytesAreBounded(t *testing.T) {
	p := newPipe(t, 3, time.Millisecond, 300e6)
	p.lose = func(to int, d *wire.Data) bool { return to == 2 }
	for range 200 {
		p.rotation(plenty, 0, 0)
	}
	limits := DefaultLimits(1200)
	if held := p.rings[0].Bytes(); held > limits.Held+limits.Body {
		t.Errorf("%d bytes held, the limit is %d", held, limits.Held)
	}
}

// TestARingThatIsNotInstalledTakesAll: members that exchange what their old rings held deliver nothing meanwhile, and still all of it
// is numbered, however much it is.
func TestARingThatIsNotInstalledTakesAll(t *testing.T) {
	p := newPipe(t, 3, time.Millisecond, 300e6)
	p.mute = true
	limits := DefaultLimits(1200)
	p.src[0].full = 2 * limits.Held / len(filling)
	p.src[1].full = p.src[0].full / 2
	all := uint64(p.src[0].full + p.src[1].full)
	for range 300 {
		p.pass()
		if n := p.token.Seq - min(p.token.Aru, p.token.Seq); n > limits.Outstanding {
			t.Fatalf("%d packets outstanding", n)
		}
	}
	if p.token.Seq != all || p.rings[2].Aru() != all {
		t.Errorf("%d packets numbered of %d", p.token.Seq, all)
	}
}

// tiny fills packets with the smallest messages there are.
type tiny struct{ queue }

func (q *tiny) Fill(chunks []wire.Chunk, room int) []wire.Chunk {
	for overhead := wire.ChunkOverhead(wire.OrderFIFO, true, true); room >= overhead; room -= overhead {
		chunks = append(chunks, wire.Chunk{Group: 1, Kind: wire.KindApp, Flags: wire.ChunkFirst | wire.ChunkLast})
	}
	return chunks
}

// TestARotationNumbersSoManyMessages: however small the messages and large the packets, whatever the token says of the window, between two
// visits of any member no more messages are numbered than a new ring leaves out, and each member numbers some.
func TestARotationNumbersSoManyMessages(t *testing.T) {
	for _, n := range []int{2, 3, 7, 40} {
		for _, body := range []int{1200, 9000} {
			w := newTwin(t, n)
			w.quick = true
			for i := range w.rings {
				limits := DefaultLimits(body)
				limits.Window = 64 << 20 // far beyond what is so
				w.rings[i] = NewRing(w.rings[i].ID, w.rings[i].Members, i, limits, 1000)
			}
			src := &tiny{queue{full: 1}}
			last, most, least := make([]wire.Position, n), wire.Position(0), wire.Position(1<<30)
			for pass := range 4 * n {
				w.token.Window = 64 << 20
				before := w.token.Position
				w.visit(src)
				if i := pass % n; pass >= n {
					most = max(most, w.token.Position-last[i])
					least = min(least, w.token.Position-before)
				}
				last[pass%n] = w.token.Position
			}
			t.Logf("%d members, packets of %d: up to %d messages a rotation", n, body, most)
			if most > MostMessages || least == 0 || most < MostMessages/2 {
				t.Errorf("%d members, packets of %d: %d messages in a rotation, the limit is %d; a visit numbered %d", n, body, most, MostMessages, least)
			}
		}
	}
}
