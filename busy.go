package lockstep

// Handlers that do not return: the group's goroutine counts what it begins and ends, which costs it next to nothing, and whoever
// looks in now and then sees a count that stands still. First that is told, then the member leaves the group: a queue that nobody empties
// stops every sender of the group, at all members.

import (
	"fmt"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
)

// begins, goesOn and ends keep turns: odd while the application's code runs, and another number for each message.
func (t *tenure) begins(u *core.Upcall) {
	t.kind.Store(uint32(u.Kind))
	t.turns.Add(1)
}
func (t *tenure) goesOn() { t.turns.Add(2) }
func (t *tenure) ends()   { t.turns.Add(1) }

// A stall is what was seen of a group's goroutine.
type stall struct {
	turn  uint64
	since time.Time // when this turn was first seen
	told  bool      // the event was given for it
}

// doing says what the group's goroutine is at.
func (t *tenure) doing() string {
	switch k := core.UpcallKind(t.kind.Load()); k {
	case core.UpDeliver, core.UpDirect:
		if e := t.handling.Load(); e != nil {
			return fmt.Sprintf("%v %s", e.kind, e.name)
		}
	case core.UpView:
		return "OnView or Watch"
	case core.UpTransitional:
		return "OnTransitional"
	case core.UpBlocked:
		return "OnBlocked"
	case core.UpLost:
		return "OnLost"
	case core.UpFounded:
		return "State.New"
	case core.UpSave:
		return "State.Save"
	}
	return "a callback"
}

// checkHandlers looks after the upcalls of all groups, and takes back the room of those that have none. It is called by one goroutine.
func (n *Node) checkHandlers(now time.Time) {
	for _, g := range n.allGroups() {
		g.mu.Lock()
		t := g.cur
		if t != nil && !t.running {
			t.queue.spare()
		}
		g.mu.Unlock()
		if t == nil {
			continue
		}
		w := &t.stall
		if turn := t.turns.Load(); turn%2 == 0 || turn != w.turn {
			*w = stall{turn: turn, since: now}
			continue
		}
		lasted := now.Sub(w.since)
		if warn := g.cfg.HandlerWarn; warn >= 0 && lasted >= warn && !w.told {
			w.told = true
			n.events.handlerBlocked(g.name, t.doing(), lasted)
		}
		if limit := g.cfg.HandlerLimit; limit >= 0 && lasted >= limit {
			t.fail(g.fault("handle", ErrHandlerStuck, fmt.Sprintf("%s for %v", t.doing(), lasted.Round(time.Millisecond))))
		}
	}
}
