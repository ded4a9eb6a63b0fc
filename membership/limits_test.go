package membership

// Numbers that come to their end: a ring makes way for another without a word lost, and who has no number left stops.

import (
	"fmt"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/ordering"
)

// A ring whose packets, or whose tokens, reach the last number ends, again and again; everything sent is delivered, once and in one
// order.
func TestARingWhoseNumbersEndMakesWayForAnother(t *testing.T) {
	for _, names := range [][]string{{"a"}, {"a", "b", "c"}} {
		for what, shape := range map[string]func(*Config){
			"packets": func(c *Config) { c.Limits.Packets = ordering.LastNumber - 40 },
			"tokens":  func(c *Config) { c.Limits.Tokens = ordering.LastNumber - 60 },
		} {
			n := newShapedNet(t, 1, shape, names...)
			n.until("one ring", 10*time.Second, func() bool {
				for _, x := range n.nodes {
					if len(x.m.Members()) != len(names) {
						return false
					}
				}
				return true
			})
			const messages = 400
			for i := range messages {
				x := n.nodes[i%len(names)]
				x.pending = append(x.pending, fmt.Appendf(nil, "m%d", i))
				x.m.Input(n.now)
				x.after()
				n.run(2 * time.Millisecond)
			}
			n.run(3 * time.Second)
			spent := 0
			for _, x := range n.nodes {
				spent += x.m.Coverage.RingsSpent
				got, seen := 0, map[string]bool{}
				for _, m := range x.got {
					if m[0] == 'm' {
						got++
						seen[m] = true
					}
				}
				if got != messages || len(seen) != messages {
					t.Errorf("%s, %d members: %s delivered %d messages, %d of them different", what, len(names), x.info.Name, got, len(seen))
				}
				for i := 1; i < len(x.numbers); i++ {
					if x.numbers[i] <= x.numbers[i-1] {
						t.Fatalf("%s: position %d after %d", what, x.numbers[i], x.numbers[i-1])
					}
				}
				if x.m.Exhausted() != "" {
					t.Errorf("%s: %s has no more %s", what, x.info.Name, x.m.Exhausted())
				}
			}
			if spent < 3 {
				t.Errorf("%s, %d members: %d rings came to their end", what, len(names), spent)
			}
		}
	}
}

// Who has no ring sequence or no position left says so, and uses none above the last.
func TestWhoHasNoNumberLeftStops(t *testing.T) {
	for what, begin := range map[string]Mark{
		"ring sequences": {Ring: LastRing - 3},
		"positions":      {Position: LastPosition - 2*stragglers - 10},
	} {
		n := newShapedNet(t, 1, func(c *Config) { c.Begin = begin }, "a", "b")
		a, b := n.nodes[0], n.nodes[1]
		for i := range 600 {
			// Rings come and go, and messages.
			cut := i/20%2 == 1
			n.cut[[2]*testNode{a, b}], n.cut[[2]*testNode{b, a}] = cut, cut
			for _, x := range n.nodes {
				if x.m.Exhausted() == "" {
					x.pending = append(x.pending, []byte("m"))
					x.m.Input(n.now)
					x.after()
				}
				x.dead = x.m.Exhausted() != "" // the core closes
			}
			n.run(100 * time.Millisecond)
		}
		for _, x := range n.nodes {
			if x.m.Exhausted() != what {
				t.Errorf("%s is on ring %v at %d and has used up %q, want %q", x.info.Name, x.m.Ring(), x.m.Ordering().Position(), x.m.Exhausted(), what)
			}
			if x.m.Ring().Seq > LastRing || x.m.Ordering().Position() > LastPosition {
				t.Errorf("%s is on ring %v at %d", x.info.Name, x.m.Ring(), x.m.Ordering().Position())
			}
			for _, p := range x.numbers {
				if p > LastPosition {
					t.Errorf("%s delivered at %d", x.info.Name, p)
				}
			}
		}
	}
}

// A member gone mad takes no more than 2^32 ring sequences with a packet, and none above the last.
func TestRingSequencesAreNotPushedAway(t *testing.T) {
	n := newTestNet(t, 1, "a")
	m := n.nodes[0].m
	m.meet(1 << 63)
	if m.ringSeq != 1+1<<32 {
		t.Errorf("ring sequence %d", m.ringSeq)
	}
	m.ringSeq = LastRing - 5
	m.meet(1<<64 - 1)
	if m.ringSeq != LastRing {
		t.Errorf("ring sequence %d, the last is %d", m.ringSeq, LastRing)
	}
	if k := (Mark{Ring: LastRing - 2, Position: LastPosition - 2}).Plus(Mark{Ring: 1 << 63, Position: 1 << 63}); k != (Mark{LastRing, LastPosition}) {
		t.Errorf("a mark beyond the last: %+v", k)
	}
	if p := FirstPosition(time.UnixMilli(-5), Mark{}); p != wire.Position(0) {
		t.Errorf("before 1970: %d", p)
	}
}
