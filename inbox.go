package lockstep

// How other goroutines hand something to the loop: an ordered list under a short lock, and a bell.

import (
	"sync"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
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
	rung   bool           // since the list was last taken
	soon   bool           // the list is going to be taken anyway before a message could be numbered
	free   []*core.Submit // emptied, to be used again
	closed bool
}

// quietMost is how many messages wait without a ring: more are better taken in while the token is still under way.
const quietMost = 64

// freeMost is how many emptied batches of messages are kept.
const freeMost = 16

func newInbox() *inbox { return &inbox{bell: make(chan struct{}, 1)} }

// push hands over an event. After the loop's end it is dropped.
func (b *inbox) push(ev core.Event) { b.add(command{ev: ev}) }

// run hands over a function. It reports false, and f will not run, after the loop's end.
func (b *inbox) run(f func(*loop)) bool { return b.add(command{do: f}) }

// expect says whether the token is on its way. Until it is here nothing can be done with a message, so nobody is woken for one. The
// turn is held.
func (b *inbox) expect(soon bool) {
	b.mu.Lock()
	b.soon = soon
	ring := !soon && len(b.list) > 0 && !b.rung
	b.rung = b.rung || ring
	b.mu.Unlock()
	if ring {
		b.ring()
	}
}

// submit hands over a message. Those of one group that nothing else came between are one event.
func (b *inbox) submit(g wire.GroupID, m core.Submission) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	if n := len(b.list); n > 0 {
		if s, ok := b.list[n-1].ev.(*core.Submit); ok && s.Group == g {
			s.Messages = append(s.Messages, m)
			b.added(b.soon && len(s.Messages) < quietMost)
			return
		}
	}
	var s *core.Submit
	if n := len(b.free); n > 0 {
		s, b.free = b.free[n-1], b.free[:n-1]
	} else {
		s = &core.Submit{}
	}
	s.Group, s.Messages = g, append(s.Messages, m)
	b.list = append(b.list, command{ev: s})
	b.added(b.soon && len(b.list) < quietMost)
}

func (b *inbox) add(c command) bool {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return false
	}
	b.list = append(b.list, c)
	b.added(false)
	return true
}

// added gives back the lock and rings, unless it was done before or need not be.
func (b *inbox) added(quiet bool) {
	ring := !quiet && !b.rung
	b.rung = b.rung || ring
	b.mu.Unlock()
	if ring {
		b.ring()
	}
}

func (b *inbox) ring() {
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

// take returns what was pushed and keeps spare, emptied, for what comes, with the batches in it. The bell is silent afterwards, unless
// more comes.
func (b *inbox) take(spare []command) []command {
	select {
	case <-b.bell:
	default:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range spare {
		if s, ok := spare[i].ev.(*core.Submit); ok && len(b.free) < freeMost {
			clear(s.Messages)
			s.Messages = s.Messages[:0]
			b.free = append(b.free, s)
		}
	}
	clear(spare)
	list := b.list
	b.list, b.rung = spare[:0], false
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
