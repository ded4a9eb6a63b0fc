package lockstep

// A group's upcalls that wait for its goroutine.

import "github.com/lockstep-go/lockstep/internal/core"

// upcallQueue is a first-in, first-out queue. Its bound is kept by congestion: above half of it the group is told to slow down.
// It is part of a membership and guarded by its group's mutex.
type upcallQueue struct {
	room  *upcallRoom // nil before anything waits, and again when nothing has for a while
	count int         // each message counts, and whatever else is in the room
	bytes int         // of payloads
	// gone is how many were in the list before those that are, and pushed how many ever were: a place that outlasts the room.
	gone, pushed uint64
}

// An upcallRoom holds what waits, and what the group's goroutine is at.
type upcallRoom struct {
	front   []core.Upcall // before all in list: what was read back from the spill
	head    int
	list    []core.Upcall
	current core.Upcall // an UpDeliver; see claim.go
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

func (q *upcallQueue) weigh(u *core.Upcall, sign int) {
	count, bytes := weight(u)
	q.count += sign * count
	q.bytes += sign * bytes
}

// open is the room, made if there is none.
func (q *upcallQueue) open() *upcallRoom {
	if q.room == nil {
		q.room = &upcallRoom{}
	}
	return q.room
}

func (q *upcallQueue) push(u core.Upcall) {
	r := q.open()
	if r.head > 0 && r.head == len(r.list) {
		r.list, r.head = r.list[:0], 0
	}
	r.list = append(r.list, u)
	q.pushed++
	q.weigh(&u, 1)
}

// putBack puts upcalls before all others. There are none before the list.
func (q *upcallQueue) putBack(list []core.Upcall) {
	q.open().front = list
	for i := range list {
		q.weigh(&list[i], 1)
	}
}

// first is what pop would return, nil for nothing.
func (q *upcallQueue) first() *core.Upcall {
	switch r := q.room; {
	case r == nil:
	case len(r.front) > 0:
		return &r.front[0]
	case r.head < len(r.list):
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
	q.weigh(&u, -1)
	if len(r.front) > 0 {
		r.front = r.front[1:]
		return u, true
	}
	r.head++
	q.gone++
	if r.head > 4096 && r.head > len(r.list)/2 {
		n := copy(r.list, r.list[r.head:])
		clear(r.list[n:])
		r.list, r.head = r.list[:n], 0
	}
	return u, true
}

// take empties the queue and returns what was in it.
func (q *upcallQueue) take() (list []core.Upcall) {
	if r := q.room; r != nil {
		q.gone += uint64(len(r.list) - r.head)
		list = append(r.front, r.list[r.head:]...)
	}
	q.room, q.count, q.bytes = nil, 0, 0
	return list
}

// idle says that nothing is handed over any more.
func (q *upcallQueue) idle() {
	if r := q.room; r != nil {
		r.current = core.Upcall{}
	}
}

// spare gives up the room if nothing waits: most groups have nothing to do for a long time. Nothing may be handed over now.
func (q *upcallQueue) spare() {
	if q.first() == nil {
		q.room = nil
	}
}

// leftLast keeps an UpLeft behind the losses that the core reports after it.
func (q *upcallQueue) leftLast() {
	if r := q.room; r != nil {
		if n := len(r.list); n-r.head >= 2 && r.list[n-2].Kind == core.UpLeft {
			r.list[n-2], r.list[n-1] = r.list[n-1], r.list[n-2]
		}
	}
}

// run is the first run of the list that may be spilled and makes a batch, or else the longest, and its place among all that was ever in the
// list; nil if none is worth it. The first, because what is written in its order is one segment.
func (q *upcallQueue) run() (at uint64, run []core.Upcall) {
	if q.room == nil {
		return 0, nil
	}
	waiting := q.room.list[q.room.head:]
	best, first, last := spillLeast-1, 0, 0
	for from := 0; from < len(waiting); {
		to, count, size := from, 0, 0
		for to < len(waiting) && count < spillBatchMax && size < spillBatch && spillable(&waiting[to]) {
			m, b := weight(&waiting[to])
			count, size = count+m, size+b
			to++
		}
		if worth := size + spillEach*count; worth > best {
			best, first, last = worth, from, to
		}
		if count >= spillBatchMax || size >= spillBatch {
			break
		}
		from = max(to, from+1)
	}
	if first == last {
		return 0, nil
	}
	return q.gone + uint64(first), append([]core.Upcall(nil), waiting[first:last]...)
}

// has reports whether what was at that place is still in the list.
func (q *upcallQueue) has(at uint64) bool { return at >= q.gone }

// spilled is how many stand for a segment before that place, and whether the one just before it does.
func (q *upcallQueue) spilled(at uint64) (before int, joined bool) {
	r := q.room
	for k := range r.front {
		if r.front[k].Kind == upSpilled {
			before++
		}
	}
	for k := r.head; k < r.head+int(at-q.gone); k++ {
		if joined = r.list[k].Kind == upSpilled; joined {
			before++
		}
	}
	return before, joined
}

// replace takes n upcalls out of the list, and puts an upSpilled in their place if stand says so.
func (q *upcallQueue) replace(at uint64, n int, stand bool) {
	r := q.room
	i := r.head + int(at-q.gone)
	for k := i; k < i+n; k++ {
		q.weigh(&r.list[k], -1)
	}
	to := i
	if stand {
		r.list[to] = core.Upcall{Kind: upSpilled}
		q.weigh(&r.list[to], 1)
		to++
	}
	left := to + copy(r.list[to:], r.list[i+n:])
	clear(r.list[left:])
	r.list = r.list[:left]
}
