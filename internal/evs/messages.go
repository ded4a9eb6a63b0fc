package evs

// Messages one by one: delivered once, sent before, ended in one way, and in one view.

import "slices"

// checkNoDuplication: at most once a process (EVS 1.4).
func checkNoDuplication(g *group) {
	for _, m := range g.messages {
		for i, a := range m.delivered {
			if slices.ContainsFunc(m.delivered[:i], func(b *arrival) bool { return b.log.Member == a.log.Member }) {
				g.report(NoDuplication, a.log.Member, "delivered %s again at %d", m.uid, a.event.Position)
			}
		}
	}
}

// checkNoCreation: sent before, to this group, in this order (EVS 1.3).
func checkNoCreation(g *group) {
	for _, m := range g.messages {
		for _, a := range m.delivered {
			switch {
			case m.sent == nil:
				g.report(NoCreation, a.log.Member, "delivered %s, which nobody sent to this group", m.uid)
			case m.sent.Step > a.event.Step:
				g.report(NoCreation, a.log.Member, "delivered %s before it was sent", m.uid)
			case m.sent.Order != a.event.Order:
				g.report(NoCreation, a.log.Member, "delivered %s as %s; it was sent as %s", m.uid, a.event.Order, m.sent.Order)
			}
		}
	}
}

// checkSameView: a message is delivered in one view, and in the one that the receiver is in (EVS 1.4, VS 3.8).
func checkSameView(g *group) {
	for _, m := range g.messages {
		for i, a := range m.delivered {
			if a.stay != nil && a.event.View != a.stay.view.View {
				g.report(SameView, a.log.Member, "delivered %s as of view %s while in view %s", m.uid, a.event.View, a.stay.view.View)
			}
			for _, b := range m.delivered[:i] {
				if a.event.View != b.event.View && a.event.line == b.event.line && !beside(a, b) && !beside(b, a) {
					g.report(SameView, a.log.Member, "delivered %s in view %s, but %s in view %s", m.uid, a.event.View, b.log.Member, b.event.View)
					break
				}
			}
		}
	}
}

// beside reports whether an arrival belongs to a state that was gone when the message arrived at the other place, both in transitional
// configurations. A primary that missed a change of the group behind a gap delivers what it has in the view before that change. While
// anybody remembers it, nobody delivers beside it; when nobody does, an older memory may go on and make good what it held back.
func beside(a, b *arrival) bool {
	return a.event.Transitional && b.event.Transitional && a.stay != nil && a.event.Step < b.event.Step && forgotten(a.stay, b.event)
}

// checkOutcome: each accepted message ends in exactly one own delivery or one loss, in the order of submission, and what was
// lost for certain is delivered nowhere.
func checkOutcome(g *group) {
	for k, l := range g.logs {
		ended := make([]Kind, len(g.messages))
		var last uint64
		for i := range l.Events {
			e := &l.Events[i]
			if (e.Kind != Deliver && e.Kind != Lost) || e.Message.Sender != l.Member {
				continue
			}
			m := g.refs[k][i]
			if was := ended[m.index]; was != 0 {
				// Lost, perhaps, and then delivered after all is what "uncertain" means.
				if was == Deliver || e.Kind == Lost {
					g.report(Outcome, l.Member, "%s ended twice: %s, then %s", e.Message, was, e.Kind)
				}
				continue
			}
			ended[m.index] = e.Kind
			if e.Message.Seq < last {
				g.report(Outcome, l.Member, "%s ended after #%d, which was submitted later", e.Message, last)
			}
			last = max(last, e.Message.Seq)
			if e.Kind == Lost && !e.Uncertain && len(m.delivered) > 0 {
				g.report(Outcome, l.Member, "%s was lost for certain, yet %s delivered it", e.Message, m.delivered[0].log.Member)
			}
		}
	}
}

// checkSelfDelivery: what was accepted is delivered here, unless this member crashes, leaves or loses the primary (EVS 3).
func checkSelfDelivery(g *group) {
	for k, l := range g.logs {
		var sent []*message
		pending := make([]int, len(g.messages)) // where it was sent, from 1; 0: not, or not any more
		crashed := false
		for i := range l.Events {
			m := g.refs[k][i]
			switch e := &l.Events[i]; e.Kind {
			case Send:
				pending[m.index] = i + 1
				sent = append(sent, m)
			case Deliver:
				pending[m.index] = 0
			case Lost:
				if from := pending[m.index]; from > 0 && !interrupted(l, from-1, i) {
					g.report(SelfDelivery, l.Member, "%s was lost though this member neither left nor lost the primary", e.Message)
				}
				pending[m.index] = 0
			case Crash:
				crashed = true
			}
		}
		if crashed || !g.quiet {
			continue
		}
		for _, m := range sent {
			if pending[m.index] > 0 {
				g.report(SelfDelivery, l.Member, "%s was accepted and neither delivered nor lost", m.uid)
			}
		}
	}
}

// interrupted reports whether the log shows a leave, a lost primary or a reload between the send at from and the first view
// after its loss at to. A side that was no quorum while its ring changed, and is one on the next ring, lost the primary without a
// word of it: then the loss is uncertain and the next thing delivered in a regular configuration comes behind a view.
func interrupted(l *Log, from, to int) bool {
	for i := from + 1; i < len(l.Events); i++ {
		switch e := &l.Events[i]; e.Kind {
		case Blocked, Left, Load, Crash:
			return true
		case View:
			if contains(e.Joined, l.Member) {
				return true
			}
			if i > to {
				return l.Events[to].Uncertain
			}
		case Deliver:
			if i > to && !e.Transitional {
				return false
			}
		}
	}
	return false
}
