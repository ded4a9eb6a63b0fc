package main

// What this member's own clients ask for: the bridge between the group's goroutine, which learns that a lock was granted, and the
// client's goroutine, which waits for it.

import (
	"sync"

	"github.com/lockstep-go/lockstep"
)

// A claim is one request of one local client, from before it is sent until its lock is given back. All fields are set once.
type claim struct {
	lock    string
	client  uint32
	request uint64
	granted chan lockstep.Position // room for one: the fence
	lost    chan struct{}          // closed when the member was out of the group: nothing is held any more
}

// isLost reports whether the claim has been lost.
func (c *claim) isLost() bool {
	select {
	case <-c.lost:
		return true
	default:
		return false
	}
}

// claims are the open claims of one member. Any goroutine may use them; nothing blocks.
type claims struct {
	mu   sync.Mutex
	next uint64 // the last request number given out
	open map[uint64]*claim
}

func newClaims() *claims { return &claims{open: map[uint64]*claim{}} }

// add opens a claim. Its request number is greater than all before it.
func (cs *claims) add(lock string, client uint32) *claim {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.next++
	c := &claim{
		lock: lock, client: client, request: cs.next,
		granted: make(chan lockstep.Position, 1), lost: make(chan struct{}),
	}
	cs.open[c.request] = c
	return c
}

// remove closes a claim: its lock was given back, or its client has given up.
func (cs *claims) remove(c *claim) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.open, c.request)
}

// grant tells the client of a request that it holds the lock. It is false if nobody waits for that request any more. Telling
// twice is harmless.
func (cs *claims) grant(request uint64, fence lockstep.Position) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c := cs.open[request]
	if c == nil {
		return false
	}
	select {
	case c.granted <- fence:
	default:
	}
	return true
}

// lose tells all clients that nothing is theirs, and returns the number that all their requests are below.
func (cs *claims) lose() (before uint64) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for _, c := range cs.open {
		close(c.lost)
	}
	clear(cs.open)
	return cs.next + 1
}
