package core

// A line: what waits in the order in which it came, by value, so that a message under way is no allocation of its own.

type line[T any] struct {
	head int
	list []T
}

func (l *line[T]) len() int { return len(l.list) - l.head }

// waiting is all of it, the first in front. It is good until the line changes.
func (l *line[T]) waiting() []T { return l.list[l.head:] }

// first is the one in front; there must be one.
func (l *line[T]) first() *T { return &l.list[l.head] }

func (l *line[T]) push(x T) {
	if l.head == len(l.list) {
		l.list, l.head = l.list[:0], 0
	} else if len(l.list) == cap(l.list) && l.head >= len(l.list)/2 {
		n := copy(l.list, l.list[l.head:])
		clear(l.list[n:])
		l.list, l.head = l.list[:n], 0
	}
	l.list = append(l.list, x)
}

// pop takes the one in front; there must be one.
func (l *line[T]) pop() T {
	x := l.list[l.head]
	var none T
	l.list[l.head] = none
	l.head++
	return x
}

// clear empties the line and keeps nothing alive.
func (l *line[T]) clear() { *l = line[T]{} }
