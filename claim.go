package lockstep

// Who hands a message to the application, when several came in one upcall and what was not handed over may become void at any moment: the
// group's goroutine claims each of them before its handler runs, and whoever makes the rest void takes back what was not claimed.

import (
	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// A claim is two numbers in one: above, how often a rest was taken back; below, how many messages of the current upcall were claimed.
const claimed = 1<<32 - 1

// hand gives an upcall to the group's goroutine. The group's mutex is held.
func (t *tenure) hand(u *core.Upcall) {
	if u.Kind == core.UpDeliver {
		t.queue.room.current = *u // it was taken from there
		t.claim.Store(t.claim.Load() &^ claimed)
		t.started = t.claim.Load() >> 32
	}
}

// claims claims the next message; false: the rest is void.
func (t *tenure) claims() bool {
	c := t.claim.Load()
	return c>>32 == t.started && t.claim.CompareAndSwap(c, c+1)
}

// interrupt takes back the messages that the group's goroutine was given and has not begun with, if there are any. They were before
// everything that is queued. The group's mutex is held.
func (t *tenure) interrupt() []core.Upcall {
	at := int(t.claim.Swap((t.claim.Load()>>32+1)<<32) & claimed)
	var u core.Upcall
	if r := t.queue.room; r != nil {
		u, r.current = r.current, u
	}
	if at >= len(u.Messages) {
		return nil
	}
	u.Messages, u.Position = u.Messages[at:], u.Position+wire.Position(at)
	if u.Own {
		u.Tag += uint64(at)
	}
	return []core.Upcall{u}
}
