package core

// A line: what waits in the order in which it came, by value, so that a message under way is no allocation of its own. It is a ring in
// memory: nothing moves but when it grows.

type line[T any] struct {
	ring    []T // as long as a power of two, or empty
	head, n int
}

func (l *line[T]) len() int { return l.n }

// at is the one with i before it; there must be one.
func (l *line[T]) at(i int) *T { return &l.ring[(l.head+i)&(len(l.ring)-1)] }

// first is the one in front; there must be one.
func (l *line[T]) first() *T { return l.at(0) }

func (l *line[T]) push(x T) {
	if l.n == len(l.ring) {
		grown := make([]T, max(1, 2*l.n))
		copy(grown[copy(grown, l.ring[l.head:]):], l.ring[:l.head])
		l.ring, l.head = grown, 0
	}
	l.n++
	*l.at(l.n - 1) = x
}

// pop takes the one in front; there must be one.
func (l *line[T]) pop() T {
	first := l.at(0)
	x := *first
	var none T
	*first = none
	l.n--
	if l.head = (l.head + 1) & (len(l.ring) - 1); l.n == 0 {
		l.head = 0
	}
	return x
}

// clear empties the line and keeps nothing alive.
func (l *line[T]) clear() { *l = line[T]{} }
