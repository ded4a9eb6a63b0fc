package memnet

// When a read or a write gives up.

import (
	"sync"
	"time"
)

// A deadline is a time that may be moved while others wait for it. The zero value is never. Any goroutine may use it.
type deadline struct {
	mu    sync.Mutex
	at    time.Time
	moved chan struct{} // closed when at changes; made when somebody waits
}

// set moves the time; the zero time means never. Who waits looks again.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = t
	if d.moved != nil {
		close(d.moved)
		d.moved = nil
	}
}

// look tells whether the time has passed, how long it is until then (0: never), and a channel that is closed when it is moved.
func (d *deadline) look(now time.Time) (passed bool, wait time.Duration, moved <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.moved == nil {
		d.moved = make(chan struct{})
	}
	if d.at.IsZero() {
		return false, 0, d.moved
	}
	wait = d.at.Sub(now)
	return wait <= 0, wait, d.moved
}
