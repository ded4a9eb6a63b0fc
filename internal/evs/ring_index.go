package evs

// A ring history made ready for checking: packets by ring and number, and each log cut into passages, one for each ring it was on.

import (
	"fmt"
	"slices"
	"sort"
)

// rings is the ring half of a history.
type rings struct {
	reporter
	quiet        bool
	disturbances int
	logs         []*RingLog
	byID         map[RingID]*ring
	order        []*ring // as they first appear
	passages     []*passage
	early        []*RingEvent // events before a log's first configuration
	earlyBy      []*RingLog
}

// A ring is all that happened on one ring.
type ring struct {
	id       RingID
	proposed []*RingEvent
	by       []*RingLog // who proposed
	packets  []packet   // by number
	passages []*passage
	crossed  []*crossing // its transitional configurations
}

// A packet is one origination.
type packet struct {
	event    *RingEvent
	passage  *passage // of its sender; nil if that was on no ring
	previous int      // its sender's packet before, -1: none
	after    int      // how many packets of this ring its sender had delivered
	wanted   bool     // safe, and delivered in the regular configuration by passage first
	first    *passage
}

// A crossing is one transitional configuration: from one ring to another.
type crossing struct {
	next     RingID
	passages []*passage
}

// A passage is one process's time on one ring, its transitional configuration included: com_p(c) of the paper.
type passage struct {
	log      *RingLog
	ring     *ring
	regular  *RingEvent
	trans    *RingEvent // nil: none yet
	handed   []hand
	split    int // how many of handed came in the regular configuration
	previous *passage
	next     *passage
	failed   bool
	solid    int // how many of handed are the ring's first packets without a hole
}

// A hand is one delivery. index is the packet's place in ring.packets, -1 if nobody originated it.
type hand struct {
	event *RingEvent
	index int
}

// over reports whether the passage is over though its process lives: it must have delivered all it owes. That is so when it has
// gone on to the next ring, and at the end of a run that ended in peace.
func (p *passage) over(quiet bool) bool { return p.next != nil || quiet && !p.failed }

func (p *passage) member() Member { return p.log.Member }

// has reports whether the packet was delivered.
func (p *passage) has(index int) bool {
	if index < p.solid {
		return true
	}
	i := sort.Search(len(p.handed), func(i int) bool { return p.handed[i].index >= index })
	if i < len(p.handed) && p.handed[i].index == index {
		return true
	}
	// Where the order itself is broken the search may miss it.
	return p.hadBefore(len(p.handed), index)
}

// hadBefore reports whether the packet is among the first n deliveries.
func (p *passage) hadBefore(n, index int) bool {
	return slices.ContainsFunc(p.handed[:n], func(h hand) bool { return h.index == index })
}

func indexRings(h *History) *rings {
	r := &rings{quiet: h.Quiet, disturbances: h.Disturbances, logs: h.Rings, byID: map[RingID]*ring{}}
	for _, l := range h.Rings {
		r.packetsOf(l)
	}
	for _, g := range r.order {
		slices.SortStableFunc(g.packets, func(a, b packet) int {
			switch {
			case a.event.Seq < b.event.Seq:
				return -1
			case a.event.Seq > b.event.Seq:
				return 1
			}
			return 0
		})
	}
	for _, l := range h.Rings {
		r.cut(l)
	}
	return r
}

func (r *rings) ring(id RingID) *ring {
	g := r.byID[id]
	if g == nil {
		g = &ring{id: id}
		r.byID[id] = g
		r.order = append(r.order, g)
	}
	return g
}

// packetsOf collects what a log originated and proposed.
func (r *rings) packetsOf(l *RingLog) {
	var now *ring
	for i := range l.Events {
		e := &l.Events[i]
		if now == nil || now.id != e.Ring {
			if e.Kind == Fail {
				continue
			}
			now = r.ring(e.Ring)
		}
		switch e.Kind {
		case Originate:
			now.packets = append(now.packets, packet{event: e, previous: -1})
		case Proposed:
			now.proposed = append(now.proposed, e)
			now.by = append(now.by, l)
		}
	}
}

// cut makes a log's passages and finds each delivery's packet.
func (r *rings) cut(l *RingLog) {
	var now *passage
	at := 0    // of now.ring.packets: the next packet if nothing is missing
	sent := -1 // this process's last packet on this ring
	for i := range l.Events {
		e := &l.Events[i]
		if now == nil && e.Kind != Regular && e.Kind != Proposed && e.Kind != Fail {
			r.early, r.earlyBy = append(r.early, e), append(r.earlyBy, l)
			continue
		}
		switch e.Kind {
		case Regular:
			p := &passage{log: l, ring: r.ring(e.Ring), regular: e, previous: now}
			if now != nil {
				now.next = p
			}
			if n := len(p.ring.packets); n > 0 {
				p.handed = make([]hand, 0, n)
			}
			p.ring.passages = append(p.ring.passages, p)
			r.passages = append(r.passages, p)
			now, at, sent = p, 0, -1
		case TransitionalRing:
			if now.trans == nil {
				now.trans, now.split = e, len(now.handed)
				now.ring.cross(e.Conf.Next, now)
			}
		case Originate:
			k := now.ring.find(e, at)
			if k < 0 {
				continue
			}
			q := &now.ring.packets[k]
			if q.event == e {
				q.passage, q.previous, q.after = now, sent, len(now.handed)
				sent = k
			}
		case Hand:
			k := now.ring.find(e, at)
			if k >= 0 {
				at = k + 1
			}
			if k == len(now.handed) && now.solid == k {
				now.solid++
			}
			now.handed = append(now.handed, hand{e, k})
		case Fail:
			if now != nil {
				now.failed = true
			}
		}
		if now != nil && now.trans == nil {
			now.split = len(now.handed)
		}
	}
}

// find returns the place of an event's packet; hint is where it is if all goes well.
func (g *ring) find(e *RingEvent, hint int) int {
	if e.Ring != g.id {
		return -1
	}
	if e.Kind == Hand && hint < len(g.packets) && g.packets[hint].event.Seq == e.Seq {
		return hint
	}
	k := sort.Search(len(g.packets), func(k int) bool { return g.packets[k].event.Seq >= e.Seq })
	if k == len(g.packets) || g.packets[k].event.Seq != e.Seq {
		return -1
	}
	if e.Kind == Originate { // of several with one number, this one
		for j := k; j < len(g.packets) && g.packets[j].event.Seq == e.Seq; j++ {
			if g.packets[j].event == e {
				return j
			}
		}
	}
	return k
}

func (g *ring) cross(next RingID, p *passage) {
	for _, x := range g.crossed {
		if x.next == next {
			x.passages = append(x.passages, p)
			return
		}
	}
	g.crossed = append(g.crossed, &crossing{next, []*passage{p}})
}

func (g *ring) name(index int) string {
	q := &g.packets[index]
	return fmt.Sprintf("packet %d of %s on ring %s", q.event.Seq, q.event.Origin, g.id)
}
