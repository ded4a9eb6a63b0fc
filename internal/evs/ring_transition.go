package evs

// From one ring to the next: who goes together, and that they have delivered the same.

import "slices"

// checkRingSignals: between two rings comes one transitional configuration, of the ring that ends (VS 3.16).
func checkRingSignals(r *rings) {
	for _, l := range r.logs {
		var now, trans *RingEvent
		for i := range l.Events {
			switch e := &l.Events[i]; e.Kind {
			case TransitionalRing:
				if trans != nil {
					r.report(RingSignalOnce, l.Member, "%s after %s", e, trans)
				}
				if now != nil && e.Ring != now.Ring {
					r.report(RingSignalOnce, l.Member, "%s while on ring %s", e, now.Ring)
				}
				trans = e
			case Regular:
				if now != nil && (trans == nil || trans.Conf.Next != e.Ring) {
					r.report(RingSignalOnce, l.Member, "went from ring %s to %s without the transitional configuration between them", now.Ring, e.Ring)
				}
				now, trans = e, nil
			}
		}
	}
}

// checkRingTransitions: the transitional configuration has those of the old ring that go straight to the same new one (EVS 2.2,
// VS 3.17). Who is named in it and then fails to get there is no mistake; but two members that went to different rings cannot
// each have named the other (the rule of Galera's checker, as far as it holds with promises that outlive an attempt).
func checkRingTransitions(r *rings) {
	for _, g := range r.order {
		for _, x := range g.crossed {
			next := r.byID[x.next]
			for _, p := range x.passages {
				members := p.trans.Conf.Members
				for _, m := range members {
					if !slices.Contains(p.regular.Conf.Members, m) {
						r.report(RingTransitionalSet, p.member(), "%s: %s was not on ring %s", p.trans, m, g.id)
					}
					if next != nil && len(next.passages) > 0 && !slices.Contains(next.passages[0].regular.Conf.Members, m) {
						r.report(RingTransitionalSet, p.member(), "%s: %s is not on ring %s", p.trans, m, x.next)
					}
				}
				if next == nil {
					continue
				}
				for _, q := range next.passages {
					came := q.previous != nil && q.previous.ring == g
					if named := slices.Contains(members, q.member()); named != came {
						r.report(RingTransitionalSet, p.member(), "%s: that %s came from there is %v", p.trans, q.member(), came)
					}
				}
			}
			for _, y := range g.crossed {
				if y == x {
					break
				}
				for _, p := range x.passages {
					for _, q := range y.passages {
						if slices.Contains(p.trans.Conf.Members, q.member()) && slices.Contains(q.trans.Conf.Members, p.member()) {
							r.report(RingTransitionalSet, p.member(), "had %s, %s had %s: each took the other along", p.trans, q.member(), q.trans)
						}
					}
				}
			}
		}
	}
}

// checkRingSynchrony: members that go together from one ring to the next have delivered the same before the transitional
// configuration and the same in it (EVS 4, VS 3.10, 3.16).
func checkRingSynchrony(r *rings) {
	for _, g := range r.order {
		for _, x := range g.crossed {
			var first *passage
			for _, p := range x.passages {
				if p.next == nil {
					continue
				}
				if first == nil {
					first = p
				}
				r.sameHands(first, p)
			}
		}
		if !r.quiet {
			continue
		}
		var first *passage
		for _, p := range g.passages {
			if p.next != nil || p.failed || p.trans != nil {
				continue
			}
			if first == nil {
				first = p
			}
			r.sameHands(first, p)
		}
	}
}

// sameHands compares two passages over one ring.
func (r *rings) sameHands(p, q *passage) {
	for i := range min(len(p.handed), len(q.handed)) {
		if p.handed[i].index != q.handed[i].index {
			r.report(RingSynchrony, q.member(), "delivered packet %d where %s, with whom it went on from ring %s, delivered packet %d", q.handed[i].event.Seq,
				p.member(), p.ring.id, p.handed[i].event.Seq)
			return
		}
	}
	switch {
	case len(p.handed) != len(q.handed):
		r.report(RingSynchrony, q.member(), "delivered %d packets of ring %s, %s, with whom it went on, %d", len(q.handed), p.ring.id, p.member(), len(p.handed))
	case p.split != q.split:
		r.report(RingSynchrony, q.member(), "delivered %d packets of ring %s before its transitional configuration, %s, with whom it went on, %d", q.split,
			p.ring.id, p.member(), p.split)
	}
}
