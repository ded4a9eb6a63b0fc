package lockstep

// A group's upcalls that wait for its goroutine.

import (
	"sync"

	"github.com/lockstep-go/lockstep/internal/core"
)

// upcallQueue is a first-in, first-out queue. Its bound is kept by congestion: above half of it the group is told to slow down.
// It is part of a membership and guarded by its group's mutex.
type upcallQueue struct {
	rooms *sync.Pool  // the node's, of *upcallRoom: an idle group has none
	room  *upcallRoom // nil while nothing waits and nothing is handed over
	count int         // each message counts, and whatever else is in the room
	bytes int         // of payloads
}

// An upcallRoom holds what waits, and what the group's goroutine is at.
type upcallRoom struct {
	head    int
	list    []core.Upcall
	current core.Upcall // an UpDeliver; see claim.go
}

// keptRoom is how long a list may be that is kept for another group.
const keptRoom = 256

func (q *upcallQueue) len() int { return q.count }

// weight is what an upcall counts.
func weight(u *core.Upcall) (count, bytes int) {
	if u.Kind != core.UpDeliver {
		return 1, len(u.Payload)
	}
	for i := range u.Messages {
		bytes += len(u.Messages[i].Payload)
	}
	return len(u.Messages), bytes
}

func (q *upcallQueue) push(u core.Upcall) {
	if q.room == nil {
		if q.room, _ = q.rooms.Get().(*upcallRoom); q.room == nil {
			q.room = &upcallRoom{}
		}
	}
	r := q.room
	if r.head > 0 && r.head == len(r.list) {
		r.list, r.head = r.list[:0], 0
	}
	r.list = append(r.list, u)
	count, bytes := weight(&u)
	q.count += count
	q.bytes += bytes
}

// first is what pop would return, nil for nothing.
func (q *upcallQueue) first() *core.Upcall {
	if r := q.room; r != nil && r.head < len(r.list) {
		return &r.list[r.head]
	}
	return nil
}

func (q *upcallQueue) pop() (core.Upcall, bool) {
	first := q.first()
	if first == nil {
		return core.Upcall{}, false
	}
	r, u := q.room, *first
	*first = core.Upcall{}
	r.head++
	count, bytes := weight(&u)
	q.count -= count
	q.bytes -= bytes
	if r.head > 4096 && r.head > len(r.list)/2 {
		n := copy(r.list, r.list[r.head:])
		clear(r.list[n:])
		r.list, r.head = r.list[:n], 0
	}
	return u, true
}

// take empties the queue and returns what was in it.
func (q *upcallQueue) take() (list []core.Upcall) {
	if q.room != nil {
		list = q.room.list[q.room.head:]
	}
	q.room, q.count, q.bytes = nil, 0, 0
	return list
}

// idle says that nothing is handed over any more. Where nothing waits either, another group may have the room.
func (q *upcallQueue) idle() {
	r := q.room
	if r == nil {
		return
	}
	r.current = core.Upcall{}
	if q.first() != nil {
		return
	}
	q.room = nil
	if cap(r.list) > keptRoom {
		r.list = nil
	}
	r.list, r.head = r.list[:0], 0
	q.rooms.Put(r)
}

// leftLast keeps an UpLeft behind the losses that the core reports after it.
func (q *upcallQueue) leftLast() {
	if r := q.room; r != nil {
		if n := len(r.list); n-r.head >= 2 && r.list[n-2].Kind == core.UpLeft {
			r.list[n-2], r.list[n-1] = r.list[n-1], r.list[n-2]
		}
	}
}
