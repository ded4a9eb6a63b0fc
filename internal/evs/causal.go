package evs

// Causal order, and the order of real time.

// checkCausal: who delivers a message has delivered before it all that its sender had delivered in the same view when it sent it (EVS 5;
// what its sender had sent is checkSenderOrder's). FIFO messages promise no such thing.
func checkCausal(g *group) {
	for _, m := range g.messages {
		if m.sent == nil || m.sent.Order < Causal || m.from == nil || m.after == 0 {
			continue
		}
		for _, a := range m.delivered {
			if a.stay == nil || a.stay == m.from || a.stay.view.View != m.from.view.View || g.hasPast(a, m) {
				continue
			}
			cut := since(a.stay, m.from)
			for _, b := range m.from.arrivals[:m.after] {
				if c := b.message.in(a.stay); b.event.Position > cut && (c == nil || c.at > a.at) {
					g.report(CausalOrder, a.log.Member, "delivered %s without %s, which its sender had delivered before", m.uid, b.message.uid)
					break
				}
			}
		}
	}
}

// hasPast reports whether the receiver's first messages since the later cut are those that the sender had delivered. That it says
// no does not mean that one is missing.
func (g *group) hasPast(a *arrival, m *message) bool {
	s, cut := m.from, since(a.stay, m.from)
	i, j := s.behind(cut), a.stay.behind(cut)
	n := m.after - i
	return n <= 0 || j+n <= a.at && a.stay.sum(j+n)-a.stay.sum(j) == s.sum(m.after)-s.sum(i)
}

// checkRealTime: a call that was answered before another was made, at any member, comes first. Both are calls that were answered: what
// was only sent may have been numbered by one who was cut off, and is then nobody's answer. Fences are positions, so they grow
// from one answered call to the next.
func checkRealTime(g *group) {
	floor := make([]uint64, len(g.messages)) // the greatest position answered, in its sender's line, before the message was sent
	own := make([]uint64, len(g.messages))   // where its sender delivered it
	top := map[uint64]uint64{}               // by line
	for _, x := range g.run {
		l := g.logs[x.log]
		e, m := &l.Events[x.event], g.refs[x.log][x.event]
		switch e.Kind {
		case Send:
			floor[m.index] = top[e.line]
		case Deliver:
			if m.uid.Sender == l.Member {
				own[m.index] = e.Position
			}
		case Answered:
			p := own[m.index]
			switch {
			case p == 0:
				g.report(RealTime, l.Member, "%s was answered before it was delivered", m.uid)
			case p <= floor[m.index] && m.sent != nil && m.sent.line == e.line:
				g.report(RealTime, l.Member, "%s is at %d, though a call at %d had been answered before it was made", m.uid, p, floor[m.index])
			}
			if p > top[e.line] {
				top[e.line] = p
			}
		}
	}
}

// checkPositions: what a member is told has ever higher positions, whatever its order: a session never goes back. Among ordered and safe
// messages that is checkSameOrder's.
func checkPositions(g *group) {
	for _, l := range g.logs {
		var last *Event
		for i := range l.Events {
			e := &l.Events[i]
			if e.Kind != Deliver {
				continue
			}
			if last != nil && e.Position <= last.Position && e.Message != last.Message && !(e.Order.Total() && last.Order.Total()) {
				g.report(PositionsGrow, l.Member, "delivered %s at %d after %s at %d", e.Message, e.Position, last.Message, last.Position)
			}
			last = e
		}
	}
}
