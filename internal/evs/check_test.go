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

// A mutant is a history that breaks one promise, and others only where that cannot be helped.
type mutant struct {
	name  string
	want  Property
	spoil func(t *testing.T, h *History) // spoils the good history of a group
	make  func(t *testing.T) *History    // or makes another one
	also  []Property                     // what is broken with it
}

// recount makes what members say of their states fit what they loaded and delivered, as if the mistake had been in the protocol and
// not in the books.
func recount(h *History) {
	now, saved := map[*Log]content{}, map[cutKey]content{}
	g := index(h)[0]
	for _, x := range g.run {
		l := g.logs[x.log]
		e, c := &l.Events[x.event], now[l]
		switch e.Kind {
		case Founded:
			c = content{}
		case Load:
			c = saved[cutKey{e.Donor, e.Cut}]
		case Deliver:
			if e.Order.Total() {
				c.add(e.Message)
			}
		case Save:
			saved[cutKey{l.Member, e.Cut}] = c
		case View:
		default:
			continue
		}
		now[l] = c
		e.Count, e.Chain = c.count, c.chain
	}
}

// mutants are the ways to break the good history of a group.
var mutants = []mutant{
	{name: "accepted and forgotten", want: SelfDelivery, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{a, 5}))
		insert(l, i, Event{Kind: Send, Message: UID{a, 99}, Order: Agreed})
	}},
	{name: "a fifo message delivered twice", want: NoDuplication, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 2}))
		insert(l, i+1, l.Events[i])
	}},
	{name: "something delivered to one who only asked", want: SelfInclusion, spoil: func(t *testing.T, h *History) {
		from, i := find(t, h, b, 0, delivery(UID{a, 2}))
		e := from.Events[i]
		e.Count, e.Chain = 0, 0
		l, j := find(t, h, c2, 0, kind(Asked))
		insert(l, j+1, e)
	}},
	{name: "a minority's view with an old number", want: ViewGrowth, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Blocked))
		_, j := find(t, h, c, 0, delivery(UID{c, 2}))
		e := l.Events[j]
		insert(l, i+1, Event{Kind: View, View: ViewID{2, 9}, Position: e.Position + 1, Members: []Member{c}, With: []Member{c}, Count: e.Count, Chain: e.Chain})
	}},
	{name: "safe and delivered by one who was cut off, unknown to the others", want: SafeDelivery, spoil: func(t *testing.T, h *History) {
		for _, k := range []Kind{Send, Deliver} {
			l, i := find(t, h, c, 0, func(e Event) bool { return e.Kind == k && e.Message == UID{c, 2} })
			l.Events[i].Order = Safe
		}
	}},
	{name: "two of one name in a view", want: SaneView, spoil: func(t *testing.T, h *History) {
		for _, l := range h.Logs {
			for i := range l.Events {
				if e := &l.Events[i]; e.Kind == View && e.View.Num == 5 {
					e.Members = []Member{a, b, "b/2"}
				}
			}
		}
	}},
	{name: "a transitional delivery without a signal", want: Signals, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, kind(Transitional))
		drop(l, i)
	}},
	{name: "a transitional configuration without oneself", want: Signals, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, kind(Transitional))
		l.Events[i].Members = []Member{b}
	}},
	{name: "joined without a state", want: NoHalfState, also: []Property{EqualStates}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c2, 0, kind(Load))
		drop(l, i)
	}},
	{name: "a fifo message behind what came after it", want: PositionsGrow, also: []Property{CausalOrder}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{a, 2}))
		l.Events[i], l.Events[i+1] = l.Events[i+1], l.Events[i]
	}},
	{name: "answered before it was delivered", want: RealTime, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{c, 1}))
		insert(l, i, Event{Kind: Answered, Message: UID{c, 1}})
	}},
	{name: "own message never delivered", want: SelfDelivery, also: []Property{Gap, CausalOrder, VirtualSynchrony, EqualStates, StableKept}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{a, 3}))
		drop(l, i)
	}},
	{name: "own message lost without a reason", want: SelfDelivery, also: []Property{Gap, CausalOrder, VirtualSynchrony, EqualStates, StableKept}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{a, 3}))
		l.Events[i] = Event{Kind: Lost, Step: l.Events[i].Step, Message: UID{a, 3}, Uncertain: true}
	}},
	{name: "delivered twice", want: NoDuplication, also: []Property{SameOrder, VirtualSynchrony, State, EqualStates}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 3}))
		insert(l, i+1, l.Events[i])
	}},
	{name: "delivered again after a reload", want: NoDuplication, also: []Property{SameView, SameOrder, SenderOrder, State}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{a, 3}))
		_, j := find(t, h, c, 0, delivery(UID{c, 4}))
		insert(l, j, l.Events[i])
	}},
	{name: "delivered though nobody sent it", want: NoCreation, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, func(e Event) bool { return e.Kind == Send && e.Message == UID{a, 3} })
		drop(l, i)
	}},
	{name: "delivered before it was sent", want: NoCreation, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 3}))
		l.Events[i].Step = 1
	}},
	{name: "delivered with another order", want: NoCreation, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 3}))
		l.Events[i].Order = Safe
	}},
	{name: "two messages swapped", want: SameOrder, also: []Property{CausalOrder, EqualStates}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{b, 1}))
		l.Events[i], l.Events[i+1] = l.Events[i+1], l.Events[i]
	}},
	{name: "one position for two messages", want: SameOrder, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{b, 1}))
		l.Events[i+1].Position = l.Events[i].Position
	}},
	{name: "a hole before a regular delivery at one who is then cut off", want: Gap, also: []Property{CausalOrder}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{b, 1}))
		drop(l, i)
	}},
	{name: "a hole of a sender in the transitional set", want: Gap, also: []Property{SenderOrder, CausalOrder}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{a, 4}))
		l.Events[i].Transitional = true
		l.Events[i+1].Transitional = true
		insert(l, i, Event{Kind: Transitional, Members: []Member{a, b, c}})
		_, j := find(t, h, c, 0, delivery(UID{a, 3}))
		drop(l, j)
	}},
	{name: "one sender's messages in another order", want: SenderOrder, also: []Property{PositionsGrow, SameOrder, CausalOrder, EqualStates}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 2}))
		_, j := find(t, h, b, 0, delivery(UID{a, 3}))
		l.Events[i], l.Events[j] = l.Events[j], l.Events[i]
	}},
	{name: "a sender's fifo message left out", want: SenderOrder, also: []Property{CausalOrder}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{a, 2}))
		drop(l, i)
	}},
	{name: "safe at two delivered by one alone, who is cut off", want: SafeAtK, spoil: apart(SafeAt | 2<<8)},
	{name: "safe at a quorum delivered by one alone, and the next primary lacks it", want: SafeAtK, spoil: apart(SafeAt)},
	{name: "delivered in another view than elsewhere", want: SameView, also: []Property{Gap, VirtualSynchrony, EqualStates}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 5}))
		e := l.Events[i]
		drop(l, i)
		_, j := find(t, h, b, 2, kind(View))
		e.View = l.Events[j].View
		insert(l, j+1, e)
	}},
	{name: "delivered as of a view it is not in", want: SameView, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 3}))
		l.Events[i].View.Num++
	}},
	{name: "a message missing at one who goes on", want: VirtualSynchrony, also: []Property{SelfDelivery, EqualStates}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{b, 2}))
		drop(l, i)
	}},
	{name: "a fifo message missing at one who goes on", want: VirtualSynchrony, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{c, 4}))
		drop(l, i)
	}},
	{name: "a message missing at the end", want: VirtualSynchrony, also: []Property{SelfDelivery, SafeDelivery}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c2, 0, delivery(UID{c2, 1}))
		drop(l, i)
	}},
	{name: "a companion forgotten", want: CameAlong, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 2, kind(View))
		l.Events[i].With = []Member{a}
	}},
	{name: "a companion invented", want: CameAlong, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 3, kind(View))
		l.Events[i].With = []Member{a, b, c}
	}},
	{name: "a joiner with companions", want: CameAlong, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c2, 0, kind(View))
		l.Events[i].With = []Member{a, c2}
	}},
	{name: "a view without oneself", want: SelfInclusion, also: []Property{ViewAgreement}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 1, kind(View))
		l.Events[i].Members = []Member{a}
	}},
	{name: "a delivery before the first view", want: SelfInclusion, also: []Property{SenderOrder, CausalOrder, VirtualSynchrony}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, kind(View))
		_, j := find(t, h, b, 0, delivery(UID{a, 2}))
		l.Events[i], l.Events[j] = l.Events[j], l.Events[i]
	}},
	{name: "other members under the same id", want: ViewAgreement, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 2, kind(View))
		l.Events[i].Members = []Member{b, a, c}
	}},
	{name: "another reason under the same id", want: ViewAgreement, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 1, kind(View))
		l.Events[i].Left = []Departure{{c, "crash"}}
	}},
	{name: "a view number twice", want: ViewGrowth, also: []Property{ViewAgreement, SaneView, SameView, CameAlong, SafeDelivery, EqualStates}, spoil: func(t *testing.T, h *History) {
		for _, m := range []Member{a, b} {
			l, i := find(t, h, m, 2, kind(View))
			l.Events[i].View.Num = 2
		}
	}},
	{name: "both sides primary", want: OnePrimary, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Blocked))
		e := l.Events[i-3]
		insert(l, i, Event{Kind: View, View: ViewID{3, 9}, Position: e.Position + 50, Members: []Member{c}, With: []Member{c}, Primary: true,
			Count: e.Count, Chain: e.Chain})
	}},
	{name: "a primary that passes over another", want: PrimaryContinuity, also: []Property{ViewGrowth, OnePrimary}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Blocked))
		e := l.Events[i-3]
		insert(l, i, Event{Kind: View, View: ViewID{4, 9}, Position: e.Position + 50, Members: []Member{c}, With: []Member{c}, Primary: true,
			Count: e.Count, Chain: e.Chain})
		_, j := find(t, h, b, 2, kind(View))
		l.Events[i].Step = h.Logs[1].Events[j].Step - 1
	}},
	{name: "founded beside living memories", want: PrimaryContinuity, also: []Property{EqualStates, StableKept}, spoil: func(t *testing.T, h *History) {
		l, _ := find(t, h, c2, 0, kind(Asked))
		_, i := find(t, h, c2, 0, kind(View))
		insert(l, i, Event{Kind: Founded})
	}},
	{name: "answered in an old view beside a newer primary", want: NoStaleAnswer, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Blocked))
		other, j := find(t, h, a, 2, kind(View))
		insert(l, i, Event{Kind: Stable, Position: l.Events[i-3].Position + 1000})
		l.Events[i].Step = other.Events[j].Step + 3
		for k := i + 1; k < len(l.Events); k++ {
			l.Events[k].Step = max(l.Events[k].Step, l.Events[i].Step)
		}
	}},
	{name: "safe and delivered, yet missing at one who goes on", want: SafeDelivery, also: []Property{Gap, CausalOrder, VirtualSynchrony, EqualStates}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{c, 1}))
		drop(l, i)
	}},
	{name: "safe and delivered by one who crashed, missing at those who go on", want: SafeDelivery, also: []Property{SelfDelivery, NoCreation}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, delivery(UID{a, 6}))
		l.Events[i].Order = Safe
		for _, m := range []Member{a, b} {
			l, i := find(t, h, m, 0, delivery(UID{a, 6}))
			drop(l, i)
		}
	}},
	{name: "delivered while blocked", want: GroupBounds, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Blocked))
		_, j := find(t, h, c, 0, delivery(UID{c, 2}))
		l.Events[i], l.Events[j] = l.Events[j], l.Events[i]
	}},
	{name: "delivered after leaving", want: GroupBounds, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, kind(Left))
		l.Events[i], l.Events[i-1] = l.Events[i-1], l.Events[i]
	}},
	{name: "delivered from one who has left", want: GroupBounds, also: []Property{NoDuplication, SameView, SameOrder, Gap, VirtualSynchrony, State, EqualStates}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{b, 4}))
		_, j := find(t, h, a, 6, kind(View))
		e := l.Events[i]
		e.View = l.Events[j].View
		insert(l, j+1, e)
	}},
	{name: "something after a crash", want: GroupBounds, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Crash))
		insert(l, i+1, Event{Kind: Blocked})
	}},
	{name: "a state that nobody saved", want: State, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c2, 0, kind(Load))
		l.Events[i].Donor = a
	}},
	{name: "another state than was saved", want: State, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c2, 0, kind(Load))
		l.Events[i].Chain++
	}},
	{name: "another state at the same view", want: EqualStates, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 2, kind(View))
		l.Events[i].Chain++
	}},
	{name: "another state after the same message", want: EqualStates, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, b, 0, delivery(UID{a, 5}))
		l.Events[i].Chain++
	}},
	{name: "a count that does not fit", want: State, spoil: func(t *testing.T, h *History) {
		for _, m := range []Member{a, c2} {
			l, i := find(t, h, m, 0, delivery(UID{c2, 1}))
			l.Events[i].Count++
		}
	}},
	{name: "both delivered and lost", want: Outcome, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{a, 3}))
		insert(l, i+1, Event{Kind: Lost, Message: UID{a, 3}, Uncertain: true})
	}},
	{name: "lost for certain, delivered elsewhere", want: Outcome, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Lost))
		l.Events[i].Message = UID{c, 2}
		l.Events[i].Uncertain = false
	}},
	{name: "outcomes out of order", want: Outcome, also: []Property{SelfDelivery, PositionsGrow, SameOrder, SenderOrder, CausalOrder, EqualStates}, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, a, 0, delivery(UID{a, 2}))
		_, j := find(t, h, a, 0, delivery(UID{a, 3}))
		l.Events[i], l.Events[j] = l.Events[j], l.Events[i]
	}},
	{name: "acknowledged and gone from a later primary", want: StableKept, spoil: func(t *testing.T, h *History) {
		l, i := find(t, h, c, 0, kind(Blocked))
		insert(l, i, Event{Kind: Stable, Position: 1 << 40})
		_, j := find(t, h, c, 0, delivery(UID{c, 2}))
		l.Events[i].Step = l.Events[j].Step
	}},
}

func TestMutants(t *testing.T) {
	covered, alone := map[Property]bool{}, map[Property]bool{}
	for _, m := range slices.Concat(mutants, toldMutants, lineMutants, ringMutants) {
		covered[m.want] = true
		alone[m.want] = alone[m.want] || len(m.also) == 0
		t.Run(strings.ReplaceAll(m.name, " ", "-"), func(t *testing.T) {
			var h *History
			if m.make != nil {
				h = m.make(t)
			} else {
				h = good()
				m.spoil(t, h)
				if m.want != State && m.want != EqualStates {
					recount(h)
				}
			}
			broken := map[Property]bool{}
			for _, v := range Check(h) {
				broken[v.Property] = true
				if v.Property != m.want && !slices.Contains(m.also, v.Property) {
					t.Errorf("reported besides: %v", v)
				}
			}
			for _, p := range append(m.also, m.want) {
				if !broken[p] {
					t.Errorf("not reported as %q", p)
				}
			}
		})
	}
	for _, p := range Properties() {
		switch {
		case !covered[p]:
			t.Errorf("no mutant for %q", p)
		case !alone[p] && !neverAlone[p]:
			t.Errorf("no mutant breaks %q and nothing else", p)
		}
	}
}

// neverAlone are the properties that cannot be broken without breaking another.
var neverAlone = map[Property]bool{
	RingSimultaneity: true, // a cycle of rings has one whose number falls
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
