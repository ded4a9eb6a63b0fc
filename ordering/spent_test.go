package ordering

// Numbers at the ends of their fields.

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// one is a source with a single small message.
type one struct{ left int }

func (s *one) Fill(chunks []wire.Chunk, room int) []wire.Chunk {
	if s.left == 0 {
		return chunks
	}
	s.left--
	return append(chunks, wire.Chunk{Group: 1, Kind: wire.KindApp, Flags: wire.ChunkFirst | wire.ChunkLast})
}
func (s *one) Backlog() int              { return s.left }
func (s *one) Token(*wire.Token, uint16) {}

// A distance that does not fit its field is the greatest there is, not what is left of it: a packet that seems to follow one that it
// does not follow would be discarded, or kept, for the wrong reason.
func TestADistanceThatDoesNotFitStaysGreatest(t *testing.T) {
	limits := DefaultLimits(1300)
	limits.Packets = 1<<33 + 5
	id := wire.MemberID{1}
	r := NewRing(wire.RingID{Seq: 1, Rep: id}, []wire.MemberID{id}, 0, limits, 1)
	r.lastOwn, r.control = 3, 4
	token := r.FirstToken()
	var v Visit
	r.Visit(token, &one{left: 1}, &v)
	if len(v.New) != 1 || v.New[0].Prev != 1<<32-1 || v.New[0].Control != 1<<32-1 || v.New[0].Seq != limits.Packets+1 {
		t.Errorf("numbered %v", v.New)
	}
}

func TestARingIsSpentAtTheLastNumber(t *testing.T) {
	for _, x := range []struct {
		packets, tokens uint64
		spent           bool
	}{{0, 0, false}, {LastNumber - 1, 0, false}, {LastNumber, 0, true}, {0, LastNumber - 2, false}, {0, LastNumber - 1, true}} {
		limits := DefaultLimits(1300)
		limits.Packets, limits.Tokens = x.packets, x.tokens
		id := wire.MemberID{1}
		r := NewRing(wire.RingID{Seq: 1, Rep: id}, []wire.MemberID{id}, 0, limits, 1)
		if r.Spent(r.FirstToken()) != x.spent {
			t.Errorf("a ring that begins above packet %d and token %d is spent: %v", x.packets, x.tokens, !x.spent)
		}
		if err := r.Invariant(); err != nil {
			t.Error(err)
		}
	}
}
