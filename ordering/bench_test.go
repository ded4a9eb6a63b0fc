package ordering

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// nothing is a source without messages.
type nothing struct{}

func (nothing) Fill(chunks []wire.Chunk, _ int) []wire.Chunk { return chunks }
func (nothing) Backlog() int                                 { return 0 }
func (nothing) Token(*wire.Token, uint16)                    {}

// BenchmarkHop is what one hop of an empty token costs the protocol: parsed, visited, and made bytes again.
func BenchmarkHop(b *testing.B) {
	members := []wire.MemberID{wire.NewMemberID("a", 1), wire.NewMemberID("b", 1), wire.NewMemberID("c", 1)}
	var rings []*Ring
	for i := range members {
		rings = append(rings, NewRing(wire.RingID{Seq: 4, Rep: members[0]}, members, i, DefaultLimits(1400), 0))
	}
	first := &wire.Token{TokenSeq: 1, AruMember: wire.NoMember, Retrans: wire.NoMember, LastSender: wire.NoMember, Members: make([]wire.MemberState, 3)}
	body := first.Append(nil)
	var v Visit
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		t, err := wire.ParseToken(body)
		if err != nil {
			b.Fatal(err)
		}
		r := rings[i%len(rings)]
		if !r.Fresh(t) || !r.Plausible(t) {
			b.Fatalf("hop %d: %v is not taken", i, t)
		}
		r.Visit(t, nothing{}, &v)
		body = t.Append(body[:0])
	}
}
