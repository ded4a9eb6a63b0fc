package statexfer

// The rate that all transfers of one donor share.

import (
	"sync"
	"time"
)

// rateChunks is how many chunks a second there are at least, so that a slow transfer flows instead of coming in lumps; but a chunk
// has no fewer than chunkLeast bytes.
const (
	rateChunks = 4
	chunkLeast = 1 << 10
	holdLeast  = 2 * time.Millisecond // less is not worth a wait: some chunks of a fast transfer leave that much early, and none earlier
)

// A Rate gives each chunk its place in time: it leaves when those before it, of all transfers, have had their time, and there is no
// saving up. Any goroutine may use it; nil is without limit.
type Rate struct {
	perSecond int64

	mu   sync.Mutex
	free time.Time // when all that was taken has had its time
}

// NewRate makes a rate of so many bytes a second, or nil for 0 and less, which is no limit.
func NewRate(perSecond int64) *Rate {
	if perSecond <= 0 {
		return nil
	}
	return &Rate{perSecond: perSecond}
}

// Take gives n bytes, asked for at now, their place in time, and returns how long to wait for it.
func (r *Rate) Take(now time.Time, n int) time.Duration {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.free.Before(now) {
		r.free = now
	}
	wait := r.free.Sub(now)
	r.free = r.free.Add(time.Duration(float64(n) / float64(r.perSecond) * float64(time.Second)))
	return wait
}

// chunk is how many bytes go into one chunk at this rate.
func (r *Rate) chunk() int {
	if r == nil {
		return ChunkSize
	}
	return int(min(ChunkSize, max(chunkLeast, r.perSecond/rateChunks)))
}
