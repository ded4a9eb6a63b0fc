package evs

// Safe: what it means that a packet was delivered as safe.

import "slices"

// checkRingSafe: who delivers a safe packet in a configuration knows that every member of that configuration delivers it, on this ring
// or in its own transition from it, unless it fails (EVS 7.1); and in the regular configuration, that every member has
// installed it (7.2).
func checkRingSafe(r *rings) {
	for _, g := range r.order {
		by := map[Member]*passage{}
		for _, p := range g.passages {
			if by[p.member()] == nil {
				by[p.member()] = p
			}
		}
		for _, p := range g.passages {
			for i, h := range p.handed {
				if !h.event.Safe || h.index < 0 {
					continue
				}
				if i >= p.split {
					for _, m := range p.trans.Conf.Members {
						r.owes(p, by[m], h, "in transition to "+p.trans.Conf.Next.String())
					}
					continue
				}
				q := &g.packets[h.index]
				if q.wanted {
					continue
				}
				q.wanted, q.first = true, p
			}
		}
		r.safeEverywhere(g, by)
	}
}

// owes reports if q lives and went on without a safe packet that p delivered.
func (r *rings) owes(p, q *passage, h hand, how string) {
	if q == nil || q == p || !q.over(r.quiet) {
		return
	}
	if !q.has(h.index) {
		r.report(RingSafe, q.member(), "never delivered %s, which is safe and which %s delivered %s", p.ring.name(h.index), p.member(), how)
	}
}

// safeEverywhere follows what was delivered as safe in the regular configuration: all of the ring owe it.
func (r *rings) safeEverywhere(g *ring, by map[Member]*passage) {
	var first *packet
	for i := range g.packets {
		q := &g.packets[i]
		if !q.wanted {
			continue
		}
		if first == nil {
			first = q
		}
		for _, p := range g.passages {
			if !p.over(r.quiet) || p == q.first || i < p.solid {
				continue
			}
			r.owes(q.first, p, hand{index: i}, "in the regular configuration")
		}
	}
	if first == nil {
		return
	}
	for _, m := range first.first.regular.Conf.Members {
		if by[m] == nil && slices.ContainsFunc(r.logs, func(l *RingLog) bool { return l.Member == m }) {
			r.report(RingSafeInstalled, m, "never installed ring %s, on which %s delivered safe packet %d in the regular configuration", g.id, first.first.member(),
				first.event.Seq)
		}
	}
}
