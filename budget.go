package lockstep

// Room in a group's send queue: counted in messages and bytes, taken by sends in the order in which they came, given back when
// a message is numbered or lost.

import "slices"

// upcallShare is how many times the bound a handler may fill: it never waits, so it has room of its own above the others'.
const upcallShare = 2

// budget is part of a membership and guarded by its group's mutex.
type budget struct {
	maxMessages, maxBytes int
	messages, bytes       int // taken
	waiting               []*waiter
}

// A waiter is a send that found no room. ready is closed when it has, or when err says why it never will.
type waiter struct {
	size  int
	ready chan struct{}
	taken bool // room was taken in its name
	err   error
}

// room says whether another message may be taken within the given number of bounds. What begins below a bound is taken whole, so a large
// message needs no larger queue, and there is one to number while the next is encoded.
func (b *budget) room(share int) bool {
	return b.messages < share*b.maxMessages && b.bytes < share*b.maxBytes
}

// take takes room at once, if there is and nobody waits for it already.
func (b *budget) take(size int) bool {
	if len(b.waiting) > 0 || !b.room(1) {
		return false
	}
	b.grant(size)
	return true
}

// takeInUpcall takes room for a send that may not wait.
func (b *budget) takeInUpcall(size int) bool {
	if !b.room(upcallShare) {
		return false
	}
	b.grant(size)
	return true
}

func (b *budget) grant(size int) {
	b.messages++
	b.bytes += size
}

// wait queues up for room.
func (b *budget) wait(size int) *waiter {
	w := &waiter{size: size, ready: make(chan struct{})}
	b.waiting = append(b.waiting, w)
	return w
}

// abandon ends a wait, and gives back what was taken in its name.
func (b *budget) abandon(w *waiter) {
	if w.taken {
		w.taken = false
		b.release(w.size)
		return
	}
	if i := slices.Index(b.waiting, w); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
		b.serve()
	}
}

// release gives back the room of one message and lets those who wait have it.
func (b *budget) release(size int) {
	b.messages = max(0, b.messages-1)
	b.bytes = max(0, b.bytes-size)
	b.serve()
}

func (b *budget) serve() {
	for len(b.waiting) > 0 && b.room(1) {
		w := b.waiting[0]
		b.waiting = slices.Delete(b.waiting, 0, 1)
		b.grant(w.size)
		w.taken = true
		close(w.ready)
	}
}

// fail ends every wait with err.
func (b *budget) fail(err error) {
	for _, w := range b.waiting {
		w.err = err
		close(w.ready)
	}
	b.waiting = nil
}
