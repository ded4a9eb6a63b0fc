package evs

// Group bounds: messages reach members only, come from members only, and nothing comes while the primary is lost.

func checkGroupBounds(g *group) {
	for _, l := range g.logs {
		var now *Event
		var ever, blocked, crashed bool
		for i := range l.Events {
			e := &l.Events[i]
			if crashed {
				g.report(GroupBounds, l.Member, "%s after its crash", e.Kind)
				break
			}
			switch e.Kind {
			case View:
				now, ever, blocked = e, true, blocked && !e.Primary
			case Blocked:
				blocked = true
			case Left:
				now = nil
			case Crash:
				crashed = true
			case Deliver:
				switch {
				case ever && now == nil:
					g.report(GroupBounds, l.Member, "delivered %s after it had left", e.Message)
				case blocked:
					g.report(GroupBounds, l.Member, "delivered %s while blocked", e.Message)
				case now != nil && !contains(now.Members, e.Message.Sender):
					g.report(GroupBounds, l.Member, "delivered %s in view %s of %v, whose sender is no member", e.Message, now.View, now.Members)
				}
			}
		}
	}
}
