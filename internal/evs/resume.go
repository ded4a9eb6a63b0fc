package evs

// A side that was blocked and whose memory wins makes good what it held back: it shows a view of unchanged members, delivers the
// rest of the view in which it was blocked, and shows, under numbers of its own, the views that others may have installed
// meanwhile. So does a side that goes on in a transitional configuration: its views have ids of their own, lest two sides use one.
// For the properties of deliveries a resumed view is one stay in the old view, and one event of the order makes one view.

import (
	"fmt"
	"slices"
)

// resuming names the groups in which anything was meant otherwise than it was told: a view resumes another, or one place has two. In a
// partitionable group each side goes its own way, and nothing is made good.
func resuming(h *History) map[string]bool {
	type event struct {
		group    string
		position uint64
	}
	ids := map[event]ViewID{}
	found := map[string]bool{}
	for _, l := range h.Logs {
		if slices.Contains(h.Partitionable, l.Group) {
			continue
		}
		for i := range l.Events {
			e := &l.Events[i]
			if e.Kind != View {
				continue
			}
			at := event{l.Group, e.Position}
			if id, known := ids[at]; known && id != e.View || e.Resumes != (ViewID{}) {
				found[l.Group] = true
			}
			ids[at] = e.View
		}
	}
	return found
}

// resume returns the history of the given groups as it is meant: without blocks that were made good, and with one id for one event.
func resume(h *History, groups map[string]bool) *History {
	meant := &History{Rings: h.Rings, Quiet: h.Quiet, Partitionable: h.Partitionable, Sized: h.Sized, Stateless: h.Stateless, step: h.step}
	type name struct {
		group string
		view  ViewID
	}
	resumed := map[name]ViewID{} // what a view that resumes another goes on with
	for _, l := range h.Logs {
		for i := range l.Events {
			if e := &l.Events[i]; e.Kind == View && e.Resumes != (ViewID{}) {
				resumed[name{l.Group, e.View}] = e.Resumes
			}
		}
	}
	goesOn := func(group string, view ViewID) ViewID {
		for next, ok := resumed[name{group, view}]; ok; next, ok = resumed[name{group, view}] {
			view = next
		}
		return view
	}
	// Ids under which one event was shown mean one view, wherever else they were shown: whoever loads at a cut behind it begins with it.
	events := map[string]name{} // under which id an event's view was first seen
	same := map[name]name{}     // another id of the same view, nearer to the one that stands for it
	stands := func(n name) name {
		for next, ok := same[n]; ok; next, ok = same[n] {
			n = next
		}
		return n
	}
	for _, l := range h.Logs {
		if !groups[l.Group] {
			continue
		}
		for i := range l.Events {
			e := &l.Events[i]
			if e.Kind != View {
				continue
			}
			id := stands(name{l.Group, goesOn(l.Group, e.View)})
			event := fmt.Sprint(l.Group, e.Position, e.Members, e.Joined, e.Left, e.line)
			if first, ok := events[event]; !ok {
				events[event] = id
			} else if first = stands(first); first != id && first.view.Num == id.view.Num {
				same[id] = first
			}
		}
	}
	for _, l := range h.Logs {
		if !groups[l.Group] {
			continue
		}
		m := &Log{Member: l.Member, Group: l.Group, history: meant, Events: make([]Event, 0, len(l.Events))}
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
				if id, ok := ids[e.Resumes]; ok {
					e.Resumes = id
				}
				if e.Resumes == current {
					ids[e.View] = current
					if blocked >= 0 {
						m.Events = append(m.Events[:blocked], m.Events[blocked+1:]...)
						blocked = -1
					}
					continue
				}
			}
			if e.Kind == View {
				// Whoever loads at a cut among what is made good begins with the view that the others resume.
				told := e.View
				e.View = goesOn(l.Group, e.View)
				first := stands(events[fmt.Sprint(l.Group, e.Position, e.Members, e.Joined, e.Left, e.line)]).view
				ids[told], ids[e.View] = first, first
				e.View, e.Resumes, e.told = first, ViewID{}, told
				blocked, current = -1, first
			}
			m.Events = append(m.Events, e)
		}
		meant.Logs = append(meant.Logs, m)
	}
	return meant
}
