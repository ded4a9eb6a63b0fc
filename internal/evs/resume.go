package evs

// A side that was blocked and whose memory wins makes good what it held back: it shows a view of unchanged members, delivers the
// rest of the view in which it was blocked, and shows, under numbers of its own, the views that others may have installed
// meanwhile. For every property but the bounds of the group and the growth of views this is one stay in the old view, and the
// other views are those of the others.

// resume returns the history as it is meant: without blocks that were made good, and with one id for one event.
func resume(h *History) *History {
	meant := &History{Quiet: h.Quiet, step: h.step}
	for _, l := range h.Logs {
		m := &Log{Member: l.Member, Group: l.Group, history: meant}
		ids := map[ViewID]ViewID{}
		blocked, current := -1, ViewID{}
		for _, e := range l.Events {
			if id, ok := ids[e.View]; ok && e.Kind != View {
				e.View = id
			}
			switch {
			case e.Kind == Blocked:
				blocked = len(m.Events)
			case e.Kind == View && e.Resumes != ViewID{}:
				ids[e.View] = e.Resumes
				if e.Resumes == current {
					if blocked >= 0 {
						m.Events = append(m.Events[:blocked], m.Events[blocked+1:]...)
						blocked = -1
					}
					continue
				}
				e.View, e.Resumes = e.Resumes, ViewID{}
				current = e.View
			case e.Kind == View:
				blocked, current = -1, e.View
			}
			m.Events = append(m.Events, e)
		}
		meant.Logs = append(meant.Logs, m)
	}
	return meant
}
