package lockstep

// Room in a group's send queue: counted in messages and bytes, taken by sends in the order in which they came, given back when
// a message is numbered or lost. A rate limit (pace.go) is kept here too, so that all who wait stand in one line.

import (
	"fmt"
	"slices"
	"time"
)

// upcallShare is how many times the bound a handler may fill: it never waits, so it has room of its own above the others'.
const upcallShare = 2

// budget is part of a membership and guarded by its group's mutex.
type budget struct {
	maxMessages, maxBytes int
	messages, bytes       int // taken
	waiting               []*waiter
	pace                  *pace // nil: messages go as fast as there is room
}

// A demand is what a send asks for.
type demand struct {
	size int
	free bool // of the rate limit
}

// A waiter is a send that found no room. ready is closed when it has, or when err says why it never will.
type waiter struct {
	demand
	ready chan struct{}
	taken bool // room was taken in its name
	err   error
}

// room says whether another message may be taken within the given number of bounds. What begins below a bound is taken whole, so a large
// message needs no larger queue, and there is one to number while the next is encoded.
func (b *budget) room(share int) bool {
	return b.messages < share*b.maxMessages && b.bytes < share*b.maxBytes
}

// early is how long the rate limit holds a message back, zero or less for not at all.
func (b *budget) early(d demand, share int) time.Duration {
	if b.pace == nil || d.free {
		return 0
	}
	return b.pace.wait(time.Now(), share)
}

// take takes room at once, if there is and nobody waits for it already.
func (b *budget) take(d demand) bool {
	if len(b.waiting) > 0 || !b.room(1) || b.early(d, 1) > 0 {
		return false
	}
	b.grant(d)
	return true
}

// takeInUpcall takes room for a send that may not wait.
func (b *budget) takeInUpcall(d demand) bool {
	if !b.room(upcallShare) || b.early(d, upcallShare) > 0 {
		return false
	}
	b.grant(d)
	return true
}

func (b *budget) grant(d demand) {
	b.messages++
	b.bytes += d.size
	if b.pace != nil && !d.free {
		b.pace.take(time.Now(), d.size)
	}
}

// wait queues up for room.
func (b *budget) wait(d demand) *waiter {
	w := &waiter{demand: d, ready: make(chan struct{})}
	b.waiting = append(b.waiting, w)
	b.serve()
	return w
}

// abandon ends a wait, and gives back what was taken in its name.
func (b *budget) abandon(w *waiter) {
	if w.taken {
		w.taken = false
		b.refund(w.demand)
		return
	}
	if i := slices.Index(b.waiting, w); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
		b.serve()
	}
}

// refund gives back the room of a message that will not be sent.
func (b *budget) refund(d demand) {
	if b.pace != nil && !d.free {
		b.pace.refund(d.size)
	}
	b.release(d.size)
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
		if early := b.early(w.demand, 1); early > 0 {
			b.pace.wake(early)
			return
		}
		b.waiting = slices.Delete(b.waiting, 0, 1)
		b.grant(w.demand)
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
	if b.pace != nil {
		b.pace.stop()
	}
}

// why says to whom could not wait what stood in the way.
func (b *budget) why(share int) string {
	if b.pace != nil && b.room(share) {
		if early := b.pace.wait(time.Now(), share); early > 0 {
			return fmt.Sprintf("RateLimit lets the next message go in %v", early.Round(time.Millisecond))
		}
	}
	return fmt.Sprintf("%d messages of %d bytes wait", b.messages, b.bytes)
}
