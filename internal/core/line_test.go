package core

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestLine: what was pushed comes out in its order, whatever happened before.
func TestLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l line[int]
		var want []int
		next := 0
		for range rapid.IntRange(1, 20).Draw(t, "rounds") {
			for range rapid.IntRange(0, 9).Draw(t, "push") {
				l.push(next)
				want = append(want, next)
				next++
			}
			for range rapid.IntRange(0, len(want)).Draw(t, "pop") {
				if x := l.pop(); x != want[0] {
					t.Fatalf("popped %d, want %d", x, want[0])
				}
				want = want[1:]
			}
			var got []int
			for i := range l.len() {
				got = append(got, *l.at(i))
			}
			if !slices.Equal(got, want) || l.len() > 0 && *l.first() != want[0] {
				t.Fatalf("%v waits, want %v", got, want)
			}
		}
	})
}
