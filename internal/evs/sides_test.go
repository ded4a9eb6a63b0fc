package evs

// A partitionable group: two sides of one view go on apart, one delivers beside the other, and they meet again.

import (
	"slices"
	"testing"
)

// twoSides tells of a and b on one side and c on the other; all meet again in view 3.
func twoSides() *History {
	h := &History{Quiet: true, Partitionable: []string{"g"}}
	all := []Member{"a", "b", "c"}
	logs := map[Member]*Log{}
	for _, m := range all {
		logs[m] = h.Log(m, "g")
	}
	view := func(who []Member, id ViewID, at uint64, joined, with, members []Member) {
		for _, m := range who {
			w := with
			if contains(joined, m) {
				w = []Member{m}
			}
			logs[m].Add(Event{Kind: View, View: id, Position: at, Members: members, Joined: joined, With: w, Primary: true})
		}
	}
	deliver := func(u UID, id ViewID, at uint64, who ...Member) {
		logs[u.Sender].Add(Event{Kind: Send, Message: u, Order: Agreed})
		for _, m := range who {
			logs[m].Add(Event{Kind: Deliver, Message: u, Order: Agreed, Position: at, View: id})
		}
	}
	one, left, right, again := ViewID{1, 1}, ViewID{2, 2}, ViewID{2, 3}, ViewID{3, 4}
	for _, m := range all {
		logs[m].Add(Event{Kind: Founded})
	}
	view(all, one, 10, all, nil, all)
	deliver(UID{"a", 1}, one, 11, "a", "b", "c")
	view([]Member{"a", "b"}, left, 12, nil, []Member{"a", "b"}, []Member{"a", "b"})
	view([]Member{"c"}, right, 12, nil, []Member{"c"}, []Member{"c"})
	deliver(UID{"b", 1}, left, 13, "a", "b")
	deliver(UID{"c", 1}, right, 13, "c")
	view([]Member{"a", "b"}, again, 20, []Member{"c"}, []Member{"a", "b"}, all)
	view([]Member{"c"}, again, 20, []Member{"a", "b"}, []Member{"c"}, all)
	deliver(UID{"c", 2}, again, 21, "a", "b", "c")
	return h
}

func TestTwoSides(t *testing.T) {
	for _, v := range Check(twoSides()) {
		t.Error(v)
	}
	for _, mutant := range []struct {
		name string
		want Property
		do   func(*History)
	}{
		{"one of a side misses a message", VirtualSynchrony, func(h *History) {
			without(h, "a", func(e Event) bool { return e.Kind == Deliver && e.Message == UID{"b", 1} })
		}},
		{"one claims to have come with the other side", CameAlong, func(h *History) {
			change(h, "c", func(e *Event) {
				if e.Kind == View && e.View.Num == 3 {
					e.With = []Member{"a", "b", "c"}
				}
			})
		}},
		{"one does not name whom it came with", CameAlong, func(h *History) {
			change(h, "a", func(e *Event) {
				if e.Kind == View && e.View.Num == 3 {
					e.With = []Member{"a"}
				}
			})
		}},
		{"one delivers in another view", SameView, func(h *History) {
			change(h, "b", func(e *Event) {
				if e.Kind == Deliver && e.View.Num == 3 {
					e.View = ViewID{2, 2}
				}
			})
		}},
	} {
		h := twoSides()
		mutant.do(h)
		if !slices.ContainsFunc(Check(h), func(v Violation) bool { return v.Property == mutant.want }) {
			t.Errorf("%s: no violation of %q", mutant.name, mutant.want)
		}
	}
}

// change edits what a member saw.
func change(h *History, m Member, do func(*Event)) {
	for _, l := range h.Logs {
		for i := range l.Events {
			if l.Member == m {
				do(&l.Events[i])
			}
		}
	}
}

// without takes out of what a member saw.
func without(h *History, m Member, which func(Event) bool) {
	for _, l := range h.Logs {
		if l.Member == m {
			l.Events = slices.DeleteFunc(l.Events, which)
		}
	}
}
