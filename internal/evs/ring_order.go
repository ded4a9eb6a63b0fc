package evs

// The one order of a ring: numbers fit what was known when they were given, and what may be left out.

import "slices"

// checkRingNumbers: a number is above all that its sender had delivered or numbered on the ring: the order of numbers agrees with
// causality (EVS 6.1; 6.2 is that a number means one packet, which checkRingDeliveries looks at).
func checkRingNumbers(r *rings) {
	for _, g := range r.order {
		for i := range g.packets {
			q := &g.packets[i]
			if q.passage == nil {
				continue
			}
			if q.after > 0 && q.after <= len(q.passage.handed) {
				if h := q.passage.handed[q.after-1]; h.index >= i {
					r.report(RingTotalOrder, q.event.Origin, "numbered %s after it had delivered packet %d", g.name(i), h.event.Seq)
				}
			}
			if q.previous >= i {
				r.report(RingTotalOrder, q.event.Origin, "numbered %s after packet %d", g.name(i), g.packets[q.previous].event.Seq)
			}
		}
	}
}

// checkRingGaps: in the regular configuration nothing is left out; in the transitional one only packets of senders that are not in
// it (EVS 6.3, VS 3.14). The paper compares what two members delivered; here everything numbered counts, delivered or not,
// because its sender at least has it.
func checkRingGaps(r *rings) {
	for _, p := range r.passages {
		next := 0
		for i, h := range p.handed {
			if h.index < next {
				continue // not a matter of gaps
			}
			for ; next < h.index; next++ {
				sender := p.ring.packets[next].event.Origin
				if i < p.split {
					r.report(RingGap, p.member(), "delivered packet %d without %s", h.event.Seq, p.ring.name(next))
				} else if slices.Contains(p.trans.Conf.Members, sender) {
					r.report(RingGap, p.member(), "delivered packet %d in transition to %s without %s, who is in it", h.event.Seq, p.trans.Conf.Next, p.ring.name(next))
				}
			}
			next = h.index + 1
		}
	}
}

// checkRingCausal: who delivers a packet has delivered before it all that its sender had numbered (VS 3.12) or delivered (EVS 5)
// on that ring when it numbered it.
func checkRingCausal(r *rings) {
	for _, p := range r.passages {
		last := map[*passage]int{}
		for i, h := range p.handed {
			if h.index < 0 {
				continue
			}
			q := &p.ring.packets[h.index]
			if q.passage == nil {
				continue
			}
			was, any := last[q.passage]
			if !any {
				was = -1
			}
			if was != q.previous && was < h.index {
				if k := q.previous; k >= 0 && !p.hadBefore(i, k) {
					r.report(RingSenderOrder, p.member(), "delivered %s without %s", p.ring.name(h.index), p.ring.name(k))
				}
			}
			last[q.passage] = h.index
			// Usually both have delivered the ring's first packets without a hole.
			if q.passage.solid >= q.after && min(p.solid, i) >= q.after {
				continue
			}
			for _, d := range q.passage.handed[:min(q.after, len(q.passage.handed))] {
				if d.index >= 0 && !p.hadBefore(i, d.index) {
					r.report(RingCausalOrder, p.member(), "delivered %s without %s, which its sender had delivered before", p.ring.name(h.index), p.ring.name(d.index))
					break
				}
			}
		}
	}
}
