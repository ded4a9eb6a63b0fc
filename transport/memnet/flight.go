package memnet

// The datagrams that are on their way, by the time they arrive. One timer serves them all, so that those due at the same time
// arrive in the order they were sent.

import (
	"container/heap"
	"time"

	"github.com/lockstep-go/lockstep/transport"
)

type journey struct {
	due    time.Time
	number uint64 // the order of sending, among those due together
	way    direction
	d      transport.Datagram
}

// flight is guarded by the network's lock. What is in it is bounded by what members send within one delay.
type flight struct {
	heap   journeys
	number uint64
	timer  *time.Timer
}

// push reports whether the journey is now the next to end, so that the timer must be set.
func (f *flight) push(j *journey) bool {
	f.number++
	j.number = f.number
	heap.Push(&f.heap, j)
	return f.heap[0] == j
}

// pop returns a journey that has ended, or how long the next one still takes (0: none).
func (f *flight) pop(now time.Time) (*journey, time.Duration) {
	if len(f.heap) == 0 {
		return nil, 0
	}
	if wait := f.heap[0].due.Sub(now); wait > 0 {
		return nil, wait
	}
	return heap.Pop(&f.heap).(*journey), 0
}

func (f *flight) wake(after time.Duration, land func()) {
	if f.timer == nil {
		f.timer = time.AfterFunc(after, land)
		return
	}
	f.timer.Reset(after)
}

type journeys []*journey

func (h journeys) Len() int      { return len(h) }
func (h journeys) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h journeys) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].number < h[j].number
	}
	return h[i].due.Before(h[j].due)
}
func (h *journeys) Push(x any) { *h = append(*h, x.(*journey)) }
func (h *journeys) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}
