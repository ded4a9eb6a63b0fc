package lockstep

// How other goroutines hand something to the loop: an ordered list under a short lock, and a bell.

import (
	"sync"

	"github.com/lockstep-go/lockstep/internal/core"
)

// A command is an event for the core, or something to be done on the loop's goroutine.
type command struct {
	ev core.Event
	do func(*loop)
}

// inbox keeps commands in the order in which they were pushed. What it holds is bounded by its writers: sends by their group's
// budget, everything else by the calls in flight.
type inbox struct {
	bell chan struct{} // room for one: rung when there is something

	mu     sync.Mutex
	list   []command
	closed bool
}

func newInbox() *inbox { return &inbox{bell: make(chan struct{}, 1)} }

// push hands over an event. After the loop's end it is dropped.
func (b *inbox) push(ev core.Event) { b.add(command{ev: ev}) }

// run hands over a function. It reports false, and f will not run, after the loop's end.
func (b *inbox) run(f func(*loop)) bool { return b.add(command{do: f}) }

func (b *inbox) add(c command) bool {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return false
	}
	b.list = append(b.list, c)
	first := len(b.list) == 1
	b.mu.Unlock()
	if first {
		select {
		case b.bell <- struct{}{}:
		default:
		}
	}
	return true
}

// take returns what was pushed and keeps spare, emptied, for what comes.
func (b *inbox) take(spare []command) []command {
	clear(spare)
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.list
	b.list = spare[:0]
	return list
}

// close makes later pushes fail and returns what was not taken.
func (b *inbox) close() []command {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	list := b.list
	b.list = nil
	return list
}
