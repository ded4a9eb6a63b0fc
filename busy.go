package lockstep

// Handlers that do not return: the group's goroutine counts what it begins and ends, which costs it next to nothing, and whoever
// looks in now and then sees a count that stands still.

import "time"

// handlerBlockedFor is how long one upcall takes before the event is given.
const handlerBlockedFor = time.Second

// begins, goesOn and ends keep turns: odd while the application's code runs, and another number for each message.
func (t *tenure) begins() { t.turns.Add(1) }
func (t *tenure) goesOn() { t.turns.Add(2) }
func (t *tenure) ends()   { t.turns.Add(1) }

// A stall is what was seen of a group's goroutine.
type stall struct {
	turn  uint64
	since time.Time // when this turn was first seen
	told  bool      // the event was given for it
}

// checkHandlers gives the event for an upcall that does not return. It is called by one goroutine.
func (n *Node) checkHandlers(now time.Time) {
	for _, g := range n.allGroups() {
		g.mu.Lock()
		t := g.cur
		g.mu.Unlock()
		if t == nil {
			continue
		}
		w := &t.stall
		if turn := t.turns.Load(); turn%2 == 0 || turn != w.turn {
			*w = stall{turn: turn, since: now}
			continue
		}
		if lasted := now.Sub(w.since); lasted >= handlerBlockedFor && !w.told {
			w.told = true
			n.events.handlerBlocked(g.name, lasted)
		}
	}
}
