package ordering

// Each invariant is broken once, in a ring that was whole, and must be named.

import (
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// busyRing is a ring that has delivered, released and still holds packets, one of them behind a hole.
func busyRing(t *testing.T) *Ring {
	w := newTwin(t, 3)
	w.src[0].messages = []string{"a", "b", "c", "d"}
	w.rotate(3)
	w.src[1].messages = []string{"e", "f"}
	w.rotate(1)
	w.src[1].messages = []string{"g", "h"}
	w.lose = func(to int, d *wire.Data) bool { return to == 0 && d.Seq == 7 }
	w.rotate(1)
	r := w.rings[0]
	if err := r.Invariant(); err != nil {
		t.Fatal(err)
	}
	if r.aru != 6 || r.high != 8 || r.store.base == 0 {
		t.Fatalf("aru %d, high %d, released %d: not the ring this test is about", r.aru, r.high, r.store.base)
	}
	return r
}

func TestABrokenRingIsNamed(t *testing.T) {
	for _, c := range []struct {
		name, want string
		spoil      func(*Ring)
	}{
		{"aru above high", "invariant 1:", func(r *Ring) { r.high = r.aru - 1 }},
		{"aru behind", "invariant 2:", func(r *Ring) { r.aru--; r.delivered, r.safe = 0, 0 }},
		{"delivered past a hole", "invariant 3:", func(r *Ring) { r.delivered = r.high }},
		{"safe but not here", "invariant 4:", func(r *Ring) { r.safe = r.aru + 1; r.lastAru = r.safe }},
		{"safe above the token's aru", "invariant 4:", func(r *Ring) { r.lastAru = r.safe - 1 }},
		{"token's aru above its seq", "invariant 4:", func(r *Ring) { r.lastSeq = r.lastAru - 1 }},
		{"released before it was safe", "invariant 5:", func(r *Ring) { r.safe = r.store.base - 1 }},
		{"released before it was delivered", "invariant 5:", func(r *Ring) { r.delivered = r.store.base - 1 }},
		{"high never came", "invariant 6:", func(r *Ring) { r.high = 100 }},
		{"high was lost", "invariant 6:", func(r *Ring) { r.store.slots[r.high-r.store.base-1] = nil }},
		{"lost below aru", "invariant 6:", func(r *Ring) { r.store.slots[0] = nil }},
		{"kept at another number", "invariant 6:", func(r *Ring) { r.store.slots[0] = &wire.Data{Seq: 99} }},
		{"too many", "invariant 7:", func(r *Ring) { r.store.slots = append(r.store.slots, make([]*wire.Data, limit)...) }},
		{"bytes of nothing", "invariant 7:", func(r *Ring) { r.store.bytes = -1 }},
		{"numbered but not kept", "invariant 8:", func(r *Ring) { r.lastOwn = r.high + 1 }},
		{"an event that never was", "invariant 8:", func(r *Ring) { r.control = r.high + 1 }},
		{"no place", "invariant 9:", func(r *Ring) { r.Self = 3 }},
		{"another representative", "invariant 9:", func(r *Ring) { r.ID.Rep = r.Members[1] }},
		{"holds what was never numbered", "invariant 12:", func(r *Ring) { r.holders.upTo[2] = r.lastSeq + 1 }},
		{"is said to hold what is missing here", "invariant 12:", func(r *Ring) { r.holders.upTo[0] = r.aru + 1 }},
		{"members out of order", "invariant 9:", func(r *Ring) { r.Members = []wire.MemberID{r.Members[0], r.Members[2], r.Members[1]} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := busyRing(t)
			c.spoil(r)
			if err := r.Invariant(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestABrokenAssemblerIsNamed(t *testing.T) {
	x := wire.MemberID{1}
	of := func(event bool) stream { return stream{x, 1, event} }
	for _, c := range []struct {
		name, want string
		spoil      func(*Assembler)
	}{
		{"more than announced", "invariant 10:", func(a *Assembler) { a.open[of(false)].data = make([]byte, 10) }},
		{"larger than allowed", "invariant 10:", func(a *Assembler) { a.open[of(false)].total = 101 }},
		{"kept though nobody wants it", "invariant 10:", func(a *Assembler) { a.open[of(false)].kept = false }},
		{"nothing at all", "invariant 10:", func(a *Assembler) { a.open[of(false)] = nil }},
		{"under way and to begin again", "invariant 11:", func(a *Assembler) { a.restart[of(false)] = true }},
		{"events begin again", "invariant 11:", func(a *Assembler) { a.restart[of(true)] = true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := NewAssembler(100, func(wire.GroupID) bool { return true })
			a.Packet(piece(1, wire.ChunkFirst, 9, "abc"), x, func(Messages) {})
			if err := a.Invariant(); err != nil {
				t.Fatal(err)
			}
			c.spoil(a)
			if err := a.Invariant(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
