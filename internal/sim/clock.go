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
	// arrive takes the datagrams that are due: most of what is to be done, and no closure for each of them.
	arrive func(d *datagram, to int)
}

type entry struct {
	at    time.Duration
	order uint64
	do    func()
	d     *datagram // instead of do, for node to
	to    int
}

// after arranges for do to be called d from now.
func (c *clock) after(d time.Duration, do func()) { c.at(c.now+max(d, 0), do) }

// at arranges for do to be called at t, or now if t has passed.
func (c *clock) at(t time.Duration, do func()) { c.push(entry{at: max(t, c.now), do: do}) }

// carry arranges for a datagram to arrive at t.
func (c *clock) carry(t time.Duration, d *datagram, to int) {
	c.push(entry{at: max(t, c.now), d: d, to: to})
}

// push puts an entry into the heap: whatever is later moves down to make room.
func (c *clock) push(e entry) {
	c.order++
	e.order = c.order
	c.heap = append(c.heap, e)
	i := len(c.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !e.before(&c.heap[up]) {
			break
		}
		c.heap[i] = c.heap[up]
		i = up
	}
	c.heap[i] = e
}

func (e *entry) before(o *entry) bool { return e.at < o.at || e.at == o.at && e.order < o.order }

// next does the earliest thing if it is due by limit, and reports whether there was one.
func (c *clock) next(limit time.Duration) bool {
	if len(c.heap) == 0 || c.heap[0].at > limit {
		return false
	}
	e := c.pop()
	c.now = e.at
	if e.d != nil {
		c.arrive(e.d, e.to)
	} else {
		e.do()
	}
	return true
}

// pop takes the earliest entry out of the heap: the last one sinks from the top to its place.
func (c *clock) pop() entry {
	first := c.heap[0]
	last := len(c.heap) - 1
	e := c.heap[last]
	c.heap[last] = entry{}
	c.heap = c.heap[:last]
	if last == 0 {
		return first
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= last {
			break
		}
		if down+1 < last && c.heap[down+1].before(&c.heap[down]) {
			down++
		}
		if !c.heap[down].before(&e) {
			break
		}
		c.heap[i] = c.heap[down]
		i = down
	}
	c.heap[i] = e
	return first
}

// run does everything that is due by limit, and leaves the time there.
func (c *clock) run(limit time.Duration) {
	for c.next(limit) {
	}
	c.now = max(c.now, limit)
}
