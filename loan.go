package lockstep

// The reader's goroutine on loan. Another goroutine's wake-up costs more than most handlers take, so when little has been delivered the
// reader, its packets worked off and the token gone, runs the handler itself. A handler may take as long as it wants: who looks after
// the reader has another one read on when it is not back soon, and the first stays with the group for good. A group whose handlers
// were slow is lent nothing for a while.

import (
	"sync/atomic"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
)

const (
	lentMost  = 4                      // upcalls run on loan
	lightMost = 4                      // messages that wait in a group that is lent a goroutine
	lentBytes = 16 << 10               // and bytes in them
	slowAfter = 100 * time.Microsecond // what takes longer was better done elsewhere
	slowMost  = 64                     // times that no goroutine is lent after that, once it has come again and again
	lookEvery = 3 * time.Millisecond   // how often somebody looks after a reader that lends itself
	lookBack  = time.Millisecond       // from when on the reader is missed
)

// A loan says where the reader is. Its own goroutine and whoever looks after it share it.
type loan struct {
	since   atomic.Int64 // nanoseconds since the node's start; 0: the reader reads
	used    atomic.Bool  // a goroutine was lent since somebody looked
	looking atomic.Bool  // somebody will look
	look    *time.Timer
}

// light reports whether what waits may be handled by a goroutine on loan. The group's mutex is held.
func (t *tenure) light() bool {
	u := t.queue.first()
	return u != nil && u.Kind == core.UpDeliver && t.queue.len() <= lightMost && t.queue.bytes <= lentBytes && !t.holding
}

// wake sees to it that a group's upcalls are run. It reports whether a goroutine was started for that. The turn and the group's mutex
// are held.
func (l *loop) wake(t *tenure) (started bool) {
	if !t.due() {
		return false
	}
	if t.slow > 0 {
		t.slow--
	} else if l.lending && l.ready == nil && t.light() {
		t.running = true
		t.n.doze.end()
		t.n.upcalls.Add(1)
		l.ready = t
		return false
	}
	t.wake()
	return true
}

// lend runs what waits in a group. It reports false if the reader was relieved meanwhile.
func (l *loop) lend(t *tenure) bool {
	began := time.Since(l.n.started)
	since := max(1, int64(began))
	l.loan.since.Store(since)
	l.loan.used.Store(true)
	if !l.loan.looking.Swap(true) {
		l.loan.look.Reset(lookEvery)
	}
	back := false
	defer func() {
		t.n.upcalls.Done()
		if !back && l.loan.since.CompareAndSwap(since, 0) {
			l.n.wg.Go(l.relieve) // a handler ended this goroutine
		}
	}()
	t.runLent()
	t.judge(time.Since(l.n.started) - began)
	back = true
	return l.loan.since.CompareAndSwap(since, 0)
}

// judge decides how often the group is lent nothing, after a loan that took so long. Any process is held up now and then; a handler that
// is slow is so again and again.
func (t *tenure) judge(took time.Duration) {
	if took <= slowAfter && t.doubt == 0 {
		return
	}
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	if took <= slowAfter {
		t.doubt /= 2
		return
	}
	t.doubt = min(max(1, 2*t.doubt), slowMost)
	t.slow = t.doubt
}

// runLent is run by a goroutine on loan.
func (t *tenure) runLent() {
	for range lentMost {
		u, table, ok := t.next(true)
		if !ok {
			return
		}
		t.begins(&u)
		t.upcall(&u, table)
		t.ends()
	}
	t.n.upcalls.Go(t.run)
}

// relieve reads on in the place of a reader that did not come back. It may have left the token here.
func (l *loop) relieve() {
	l.turn.Lock()
	l.stay()
	l.turn.Unlock()
	l.read()
}

// lookAfter has another reader read on if the one on loan is not back. It runs as long as goroutines are lent.
func (l *loop) lookAfter() {
	n := l.n
	if s := l.loan.since.Load(); s != 0 && int64(time.Since(n.started))-s > int64(lookBack) {
		n.wg.Add(1)
		if l.loan.since.CompareAndSwap(s, 0) {
			go func() {
				defer n.wg.Done()
				l.relieve()
			}()
		} else {
			n.wg.Done()
		}
	}
	if !l.loan.used.Swap(false) && l.loan.since.Load() == 0 {
		l.loan.looking.Store(false)
		if l.loan.since.Load() == 0 || l.loan.looking.Swap(true) {
			return
		}
	}
	l.loan.look.Reset(lookEvery)
}
