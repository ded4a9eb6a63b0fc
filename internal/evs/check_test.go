package evs

// The checker checked: a good history passes, and each way of breaking it is reported under the right name.

import (
	"slices"
	"strings"
	"testing"
)

func TestGoodHistory(t *testing.T) {
	for _, v := range Check(good()) {
		t.Error(v)
	}
}

// find returns the log of m and the index of its n-th event (from 0) for which match holds.
func find(t *testing.T, h *History, m Member, n int, match func(Event) bool) (*Log, int) {
	t.Helper()
	for _, l := range h.Logs {
		if l.Member != m {
			continue
		}
		for i, e := range l.Events {
			if match(e) {
				if n == 0 {
					return l, i
				}
				n--
			}
		}
	}
	t.Fatalf("no such event at %s", m)
	return nil, 0
}

func kind(k Kind) func(Event) bool { return func(e Event) bool { return e.Kind == k } }

func delivery(u UID) func(Event) bool {
	return func(e Event) bool { return e.Kind == Deliver && e.Message == u }
}

func drop(l *Log, i int) { l.Events = slices.Delete(l.Events, i, i+1) }

func insert(l *Log, i int, e Event) {
	e.Step = l.Events[min(i, len(l.Events)-1)].Step
	l.Events = slices.Insert(l.Events, i, e)
}

// mutants are the ways to break the good history.
var mutants = []struct {
	name  string
	want  Property
	spoil func(t *testing.T, h *History)
}{
	{"own message never delivered", SelfDelivery, func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{a, 3}))
		drop(l, i)
	}},
	{"own message lost without a reason", SelfDelivery, func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{a, 3}))
		l.Events[i] = Event{Kind: Lost, Step: l.Events[i].Step, Message: UID{a, 3}, Uncertain: true}
	}},
	{"delivered twice", NoDuplication, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 3}))
		insert(l, i+1, l.Events[i])
	}},
	{"delivered again after a reload", NoDuplication, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{a, 3}))
		_, j := find(t, h, c, 0, delivery(UID{c, 4}))
		insert(l, j, l.Events[i])
	}},
	{"delivered though nobody sent it", NoCreation, func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, func(e Event) bool { return e.Kind == Send && e.Message == UID{a, 3} })
		drop(l, i)
	}},
	{"delivered before it was sent", NoCreation, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 3}))
		l.Events[i].Step = 1
	}},
	{"delivered with another order", NoCreation, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 3}))
		l.Events[i].Order = Safe
	}},
	{"two messages swapped", SameOrder, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{b, 1}))
		l.Events[i], l.Events[i+1] = l.Events[i+1], l.Events[i]
	}},
	{"one position for two messages", SameOrder, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{b, 1}))
		l.Events[i+1].Position = l.Events[i].Position
	}},
	{"a hole before a regular delivery at one who is then cut off", SameOrder, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{b, 1}))
		drop(l, i)
	}},
	{"a hole of a sender in the transitional set", SameOrder, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{a, 4}))
		l.Events[i].Transitional = true
		l.Events[i+1].Transitional = true
		insert(l, i, Event{Kind: Transitional, Members: []Member{a, b, c}})
		_, j := find(t, h, c, 0, delivery(UID{a, 3}))
		drop(l, j)
	}},
	{"one sender's messages in another order", SenderOrder, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 2}))
		_, j := find(t, h, b, 0, delivery(UID{a, 3}))
		l.Events[i], l.Events[j] = l.Events[j], l.Events[i]
	}},
	{"a sender's fifo message left out", SenderOrder, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{a, 2}))
		drop(l, i)
	}},
	{"delivered in another view than elsewhere", SameView, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 5}))
		e := l.Events[i]
		drop(l, i)
		_, j := find(t, h, b, 2, kind(View))
		e.View = l.Events[j].View
		insert(l, j+1, e)
	}},
	{"delivered as of a view it is not in", SameView, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 3}))
		l.Events[i].View.Num++
	}},
	{"a message missing at one who goes on", VirtualSynchrony, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{b, 2}))
		drop(l, i)
	}},
	{"a fifo message missing at one who goes on", VirtualSynchrony, func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{c, 4}))
		drop(l, i)
	}},
	{"a message missing at the end", VirtualSynchrony, func(t *testing.T, h *History) {
		l, i := find(t, h, c2, 0, delivery(UID{c2, 1}))
		drop(l, i)
	}},
	{"a companion forgotten", VirtualSynchrony, func(t *testing.T, h *History) {
		l, i := find(t, h, a, 2, kind(View))
		l.Events[i].With = []Member{a}
	}},
	{"a companion invented", VirtualSynchrony, func(t *testing.T, h *History) {
		l, i := find(t, h, a, 3, kind(View))
		l.Events[i].With = []Member{a, b, c}
	}},
	{"a joiner with companions", VirtualSynchrony, func(t *testing.T, h *History) {
		l, i := find(t, h, c2, 0, kind(View))
		l.Events[i].With = []Member{a, c2}
	}},
	{"a view without oneself", SelfInclusion, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 1, kind(View))
		l.Events[i].Members = []Member{a}
	}},
	{"a delivery before the first view", SelfInclusion, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, kind(View))
		_, j := find(t, h, b, 0, delivery(UID{a, 2}))
		l.Events[i], l.Events[j] = l.Events[j], l.Events[i]
	}},
	{"other members under the same id", ViewAgreement, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 2, kind(View))
		l.Events[i].Members = []Member{b, a, c}
	}},
	{"another reason under the same id", ViewAgreement, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 1, kind(View))
		l.Events[i].Left = []Departure{{c, "crash"}}
	}},
	{"a view number twice", ViewGrowth, func(t *testing.T, h *History) {
		for _, m := range []Member{a, b} {
			l, i := find(t, h, m, 2, kind(View))
			l.Events[i].View.Num = 2
		}
	}},
	{"both sides primary", OnePrimary, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Blocked))
		e := l.Events[i-3]
		insert(l, i, Event{Kind: View, View: ViewID{3, 9}, Position: e.Position + 50, Members: []Member{c}, With: []Member{c}, Primary: true,
			Count: e.Count, Chain: e.Chain})
	}},
	{"a primary that passes over another", OnePrimary, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Blocked))
		e := l.Events[i-3]
		insert(l, i, Event{Kind: View, View: ViewID{4, 9}, Position: e.Position + 50, Members: []Member{c}, With: []Member{c}, Primary: true,
			Count: e.Count, Chain: e.Chain})
		_, j := find(t, h, b, 2, kind(View))
		l.Events[i].Step = h.Logs[1].Events[j].Step - 1
	}},
	{"founded beside living memories", OnePrimary, func(t *testing.T, h *History) {
		l, _ := find(t, h, c2, 0, kind(Asked))
		_, i := find(t, h, c2, 0, kind(View))
		insert(l, i, Event{Kind: Founded})
	}},
	{"answered in an old view beside a newer primary", OnePrimary, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Blocked))
		other, j := find(t, h, a, 2, kind(View))
		insert(l, i, Event{Kind: Stable, Position: l.Events[i-3].Position + 1000})
		l.Events[i].Step = other.Events[j].Step + 3
		for k := i + 1; k < len(l.Events); k++ {
			l.Events[k].Step = max(l.Events[k].Step, l.Events[i].Step)
		}
	}},
	{"safe and delivered, yet missing at one who goes on", SafeDelivery, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{c, 1}))
		drop(l, i)
	}},
	{"safe and delivered by one who crashed, missing at those who go on", SafeDelivery, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{a, 6}))
		l.Events[i].Order = Safe
		for _, m := range []Member{a, b} {
			l, i := find(t, h, m, 0, delivery(UID{a, 6}))
			drop(l, i)
		}
	}},
	{"delivered while blocked", GroupBounds, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Blocked))
		_, j := find(t, h, c, 0, delivery(UID{c, 2}))
		l.Events[i], l.Events[j] = l.Events[j], l.Events[i]
	}},
	{"delivered after leaving", GroupBounds, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, kind(Left))
		l.Events[i], l.Events[i-1] = l.Events[i-1], l.Events[i]
	}},
	{"delivered from one who has left", GroupBounds, func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{b, 4}))
		_, j := find(t, h, a, 6, kind(View))
		e := l.Events[i]
		e.View = l.Events[j].View
		insert(l, j+1, e)
	}},
	{"something after a crash", GroupBounds, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Crash))
		insert(l, i+1, Event{Kind: Blocked})
	}},
	{"a state that nobody saved", State, func(t *testing.T, h *History) {
		l, i := find(t, h, c2, 0, kind(Load))
		l.Events[i].Donor = a
	}},
	{"another state than was saved", State, func(t *testing.T, h *History) {
		l, i := find(t, h, c2, 0, kind(Load))
		l.Events[i].Chain++
	}},
	{"another state at the same view", State, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 2, kind(View))
		l.Events[i].Chain++
	}},
	{"another state after the same message", State, func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 5}))
		l.Events[i].Chain++
	}},
	{"a count that does not fit", State, func(t *testing.T, h *History) {
		for _, m := range []Member{a, c2} {
			l, i := find(t, h, m, 0, delivery(UID{c2, 1}))
			l.Events[i].Count++
		}
	}},
	{"both delivered and lost", Outcome, func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{a, 3}))
		insert(l, i+1, Event{Kind: Lost, Message: UID{a, 3}, Uncertain: true})
	}},
	{"lost for certain, delivered elsewhere", Outcome, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Lost))
		l.Events[i].Message = UID{c, 2}
		l.Events[i].Uncertain = false
	}},
	{"outcomes out of order", Outcome, func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{a, 2}))
		_, j := find(t, h, a, 0, delivery(UID{a, 3}))
		l.Events[i], l.Events[j] = l.Events[j], l.Events[i]
	}},
	{"acknowledged and gone from a later primary", StableKept, func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Blocked))
		insert(l, i, Event{Kind: Stable, Position: 1 << 40})
		_, j := find(t, h, c, 0, delivery(UID{c, 2}))
		l.Events[i].Step = l.Events[j].Step
	}},
}

func TestMutants(t *testing.T) {
	covered := map[Property]bool{}
	for _, m := range mutants {
		covered[m.want] = true
		t.Run(strings.ReplaceAll(m.name, " ", "-"), func(t *testing.T) {
			h := good()
			m.spoil(t, h)
			found := Check(h)
			for _, v := range found {
				if v.Property == m.want {
					return
				}
			}
			t.Errorf("not reported as %q; found %v", m.want, found)
		})
	}
	for _, p := range []Property{SelfDelivery, NoDuplication, NoCreation, SameOrder, SenderOrder, SameView, VirtualSynchrony, SelfInclusion,
		ViewAgreement, ViewGrowth, OnePrimary, SafeDelivery, GroupBounds, State, Outcome, StableKept} {
		if !covered[p] {
			t.Errorf("no mutant for %q", p)
		}
	}
}

func TestReportsAreBounded(t *testing.T) {
	h := good()
	for _, l := range h.Logs {
		for i := range l.Events {
			if l.Events[i].Kind == Deliver {
				l.Events[i].View.Num += 100
			}
		}
	}
	n := 0
	for _, v := range Check(h) {
		if v.Property == SameView {
			n++
		}
	}
	if n != MaxViolations {
		t.Errorf("%d violations of one kind reported, want %d", n, MaxViolations)
	}
}

func TestEventsReadWell(t *testing.T) {
	h := good()
	l, i := find(t, h, c2, 0, kind(Load))
	if got := l.Events[i].String(); !strings.Contains(got, "load cut") || !strings.Contains(got, "of b/1") {
		t.Errorf("load reads %q", got)
	}
	for _, l := range h.Logs {
		for _, e := range l.Events {
			if strings.Contains(e.String(), "?") || strings.Contains(e.String(), "kind ") {
				t.Errorf("%d reads %q", e.Kind, e)
			}
		}
	}
}
