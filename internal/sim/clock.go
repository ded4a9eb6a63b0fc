package sim

// Virtual time: a heap of things to do, earliest first, and among equals in the order in which they were asked for.

import "time"

// epoch is when every run begins.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A clock holds what is to be done and when.
type clock struct {
	now   time.Duration // since epoch
	order uint64
	heap  []entry
}

type entry struct {
	at    time.Duration
	order uint64
	do    func()
}

func (c *clock) time() time.Time { return epoch.Add(c.now) }

// after arranges for do to be called d from now.
func (c *clock) after(d time.Duration, do func()) { c.at(c.now+max(d, 0), do) }

// at arranges for do to be called at t, or now if t has passed.
func (c *clock) at(t time.Duration, do func()) {
	c.order++
	c.heap = append(c.heap, entry{max(t, c.now), c.order, do})
	i := len(c.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !c.before(i, up) {
			break
		}
		c.heap[i], c.heap[up] = c.heap[up], c.heap[i]
		i = up
	}
}

func (c *clock) before(i, j int) bool {
	a, b := &c.heap[i], &c.heap[j]
	return a.at < b.at || a.at == b.at && a.order < b.order
}

// next does the earliest thing if it is due by limit, and reports whether there was one.
func (c *clock) next(limit time.Duration) bool {
	if len(c.heap) == 0 || c.heap[0].at > limit {
		return false
	}
	e := c.heap[0]
	last := len(c.heap) - 1
	c.heap[0] = c.heap[last]
	c.heap[last] = entry{}
	c.heap = c.heap[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			break
		}
		if down+1 < last && c.before(down+1, down) {
			down++
		}
		if !c.before(down, i) {
			break
		}
		c.heap[i], c.heap[down] = c.heap[down], c.heap[i]
		i = down
	}
	c.now = e.at
	e.do()
	return true
}

// run does everything that is due by limit, and leaves the time there.
func (c *clock) run(limit time.Duration) {
	for c.next(limit) {
	}
	c.now = max(c.now, limit)
}
