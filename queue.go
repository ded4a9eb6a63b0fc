package lockstep

// A group's upcalls that wait for its goroutine.

import "github.com/lockstep-go/lockstep/internal/core"

// upcallQueue is a first-in, first-out queue. Its bound is kept by congestion: above half of it the group is told to slow down.
// It is part of a membership and guarded by its group's mutex.
type upcallQueue struct {
	head  int
	list  []core.Upcall
	count int // each message counts, and whatever else is in the list
	bytes int // of payloads
}

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
	if q.head > 0 && q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
	q.list = append(q.list, u)
	count, bytes := weight(&u)
	q.count += count
	q.bytes += bytes
}

// first is what pop would return, nil for nothing.
func (q *upcallQueue) first() *core.Upcall {
	if q.head == len(q.list) {
		return nil
	}
	return &q.list[q.head]
}

func (q *upcallQueue) pop() (core.Upcall, bool) {
	if q.head == len(q.list) {
		return core.Upcall{}, false
	}
	u := q.list[q.head]
	q.list[q.head] = core.Upcall{}
	q.head++
	count, bytes := weight(&u)
	q.count -= count
	q.bytes -= bytes
	if q.head > 4096 && q.head > len(q.list)/2 {
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
	return u, true
}

// take empties the queue and returns what was in it.
func (q *upcallQueue) take() []core.Upcall {
	list := q.list[q.head:]
	*q = upcallQueue{}
	return list
}

// leftLast keeps an UpLeft behind the losses that the core reports after it.
func (q *upcallQueue) leftLast() {
	if n := len(q.list); n-q.head >= 2 && q.list[n-2].Kind == core.UpLeft {
		q.list[n-2], q.list[n-1] = q.list[n-1], q.list[n-2]
	}
}
