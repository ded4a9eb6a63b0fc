package membership

// Marks: nothing above what is stored is used, and everything goes on when it is.

import (
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// stored gives machines a disk with the least room there may be.
func stored(begin Mark) func(*Config) {
	return func(c *Config) {
		c.Begin, c.Ahead = begin, Mark{Ring: 1, Position: 1}
		c.Stored = FirstMark(time.UnixMilli(1_700_000_000_000), begin, c.Ahead)
	}
}

// answer stores what was asked for at all nodes but those named.
func (n *testNet) answer(but ...*testNode) {
	for _, x := range n.nodes {
		skip := false
		for _, b := range but {
			skip = skip || b == x
		}
		for !skip && !x.dead && len(x.asked) > 0 {
			k := x.asked[0]
			x.asked = x.asked[1:]
			x.m.Input(n.now)
			x.m.Persisted(k)
			x.after()
		}
	}
}

// The commit token is not forwarded the second time before the ring is stored: with one disk that does not answer there is no
// ring of three, and the two others go on without that member; when it answers, the three are one.
func TestARingIsStoredBeforeItIsUsed(t *testing.T) {
	n := newShapedNet(t, 1, stored(Mark{Ring: 6, Position: 0}), "a", "b", "c")
	a, b, c := n.nodes[0], n.nodes[1], n.nodes[2]
	for _, x := range n.nodes {
		if got := x.m.Ring().Seq; got != 7 {
			t.Fatalf("a run after ring 6 begins on ring %d", got)
		}
	}
	for range 8000 {
		n.run(time.Millisecond)
		n.answer(c)
		for _, x := range n.nodes {
			if r := x.m.Ring(); r.Seq > x.m.stored.Ring {
				t.Fatalf("%s is on ring %v, and %d is stored", x.info.Name, r, x.m.stored.Ring)
			}
		}
	}
	if len(a.m.Members()) != 2 || a.m.Ring() != b.m.Ring() || len(c.m.Members()) != 1 {
		t.Fatalf("a %v, b %v, c %v while c's disk does not answer", a.m.Ring(), b.m.Ring(), c.m.Ring())
	}
	if a.m.Coverage.CommitStored == 0 {
		t.Error("no commit token waited")
	}
	n.until("one ring when the disk answers", 20*time.Second, func() bool {
		n.answer()
		return len(a.m.Members()) == 3 && len(b.m.Members()) == 3 && len(c.m.Members()) == 3
	})
}

// Positions above the stored ones are not given either: the token waits, and nothing is lost.
func TestPositionsAreStoredBeforeTheyAreUsed(t *testing.T) {
	for _, names := range [][]string{{"a"}, {"a", "b"}} {
		n := newShapedNet(t, 1, stored(Mark{}), names...)
		n.until("one ring", 10*time.Second, func() bool { n.answer(); return len(n.nodes[0].m.Members()) == len(names) })
		for range 2000 {
			n.run(time.Millisecond)
			n.answer()
		}
		a := n.nodes[0]
		got := len(a.numbers)
		// What is left of the mark shrinks as if very many messages had been numbered.
		for _, x := range n.nodes {
			x.asked = nil
			x.m.stored.Position = x.m.Ordering().Position() + stragglers - 1
			x.m.asked = x.m.stored
		}
		a.pending = append(a.pending, []byte("x"))
		a.after()
		n.run(500 * time.Millisecond)
		parked, asked := 0, 0
		for _, x := range n.nodes {
			parked += x.m.Coverage.Parked
			asked += len(x.asked)
		}
		if len(a.numbers) != got || parked == 0 {
			t.Fatalf("%d nodes: a message was numbered and its position was not stored", len(names))
		}
		if asked == 0 {
			t.Fatalf("%d nodes: the token waits and nobody asked for a mark", len(names))
		}
		n.until("the message comes when the mark is stored", 300*time.Millisecond, func() bool {
			n.answer()
			return len(a.numbers) == got+1
		})
	}
}

// A run begins above what the run before it stored, even if the clock has gone back.
func TestARunBeginsAboveTheStored(t *testing.T) {
	high := wire.Position(1_700_000_000_000)<<11 + 1<<40
	n := newShapedNet(t, 1, stored(Mark{Ring: 100, Position: high}), "a")
	a := n.nodes[0]
	a.pending = append(a.pending, []byte("x"))
	a.after()
	n.run(10 * time.Millisecond)
	if len(a.numbers) != 1 || a.numbers[0] <= high || a.m.Ring().Seq != 101 {
		t.Errorf("positions %v on ring %v", a.numbers, a.m.Ring())
	}
}
