package evs

// Packets one by one: numbered once, delivered once, on their own ring, and at home.

import "slices"

// checkRingSending: a number is given once, by a member of the ring in its regular configuration, to its own packet (EVS 1.4).
func checkRingSending(r *rings) {
	for _, g := range r.order {
		for i := range g.packets {
			q := &g.packets[i]
			switch {
			case i > 0 && g.packets[i-1].event.Seq == q.event.Seq:
				r.report(RingOneSending, q.event.Origin, "%s was numbered by %s too", g.name(i), g.packets[i-1].event.Origin)
			case q.passage == nil:
				r.report(RingOneSending, q.event.Origin, "%s was numbered by one who was not on that ring", g.name(i))
			case q.passage.member() != q.event.Origin:
				r.report(RingOneSending, q.passage.member(), "%s was numbered in another's name", g.name(i))
			case q.passage.trans != nil && q.event.Step > q.passage.trans.Step:
				r.report(RingOneSending, q.event.Origin, "%s was numbered in a transitional configuration", g.name(i))
			}
		}
	}
}

// checkRingDeliveries: what is delivered was originated, before, by that sender (EVS 1.3); on its own ring (1.4, 2.2, VS 3.8); and
// once (1.4).
func checkRingDeliveries(r *rings) {
	for _, p := range r.passages {
		for i, h := range p.handed {
			if h.event.Ring != p.ring.id {
				r.report(RingSameConfiguration, p.member(), "%s while on ring %s", h.event, p.ring.id)
				continue
			}
			if h.index < 0 {
				r.report(RingNoCreation, p.member(), "%s, which nobody numbered", h.event)
				continue
			}
			q := p.ring.packets[h.index].event
			if q.Origin != h.event.Origin || q.Safe != h.event.Safe {
				r.report(RingNoCreation, p.member(), "%s, which was %s", h.event, q)
			}
			if q.Digest != h.event.Digest {
				r.report(RingTotalOrder, p.member(), "%s, yet what was numbered so is %s", h.event, q)
			}
			if q.Step >= h.event.Step {
				r.report(RingCausality, p.member(), "%s before it was numbered", h.event)
			}
			if i == 0 || h.index > p.handed[i-1].index {
				continue
			}
			if slices.ContainsFunc(p.handed[:i], func(o hand) bool { return o.index == h.index }) {
				r.report(RingNoDuplication, p.member(), "%s again", h.event)
			} else {
				r.report(RingTotalOrder, p.member(), "%s after packet %d", h.event, p.handed[i-1].event.Seq)
			}
		}
	}
}

// checkRingSelfDelivery: what a member numbered it delivers, unless it fails first (EVS 3).
func checkRingSelfDelivery(r *rings) {
	for _, g := range r.order {
		for i := range g.packets {
			if p := g.packets[i].passage; p != nil && p.over(r.quiet) {
				if !p.has(i) {
					r.report(RingSelfDelivery, p.member(), "never delivered its own %s", g.name(i))
				}
			}
		}
	}
}
