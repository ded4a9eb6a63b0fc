package evs

// Histories with an override in them, and with groups that are joined and left as one.

import "testing"

// overridden tells of c, which is cut off from a and b: they go on as the primary, and c does on somebody's word, in another founding. Then
// a and b meet it and are out, and come back.
func overridden() *History {
	t := newTeller()
	t.founding = 9
	t.log(a).Add(Event{Kind: Founded})
	t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
	t.view(2, abc, []Member{b, c}, []Member{a}, nil, a)
	t.deliver(t.send(b, Agreed), false, abc...)
	t.all(Stable, Event{Position: t.place}, abc...)
	t.all(Blocked, Event{}, c)
	place := t.place
	t.view(3, []Member{a, b}, nil, []Member{a, b}, []Departure{{c, "partition"}}, "")
	mine := t.send(a, Agreed)
	t.deliver(mine, false, a, b)
	t.all(Stable, Event{Position: t.place}, a, b)
	t.place, t.ring, t.founding = place, 8, 4
	t.view(3, []Member{c}, nil, []Member{c}, []Departure{{a, "partition"}, {b, "partition"}}, "")
	other := t.send(c, Agreed)
	t.deliver(other, false, c)
	t.all(Stable, Event{Position: t.place}, c)
	t.place += 50
	t.all(Left, Event{View: ViewID{0, 11}, Position: t.place}, a, b)
	t.ring = 11
	t.view(5, []Member{c, a, b}, []Member{a, b}, []Member{c}, nil, c)
	t.deliver(t.send(b, Safe), false, abc...)
	t.h.Quiet = true
	return t.h
}

// TestOverriddenHistory: two foundings that go on beside each other, with the same places and view numbers, and answer, are no fault; but
// what they answered need not fit together.
func TestOverriddenHistory(t *testing.T) {
	v := Judge(overridden())
	for _, x := range v.Violations {
		t.Error(x)
	}
	if !v.Forgotten["g"] {
		t.Error("calls on both sides of a wrong override would be judged as one order")
	}
}

// reloaded tells of b, which loads again what a has answered, and of a's end. Told is whether b was shown the view with which it was in before
// that. Then c goes on with less on somebody's word, and takes b in.
func reloaded(told bool) *History {
	t := newTeller()
	t.founding = 9
	t.log(a).Add(Event{Kind: Founded})
	t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
	t.view(2, abc, []Member{b, c}, []Member{a}, nil, a)
	t.all(Blocked, Event{}, b, c)
	t.view(3, []Member{a}, nil, []Member{a}, []Departure{{b, "partition"}, {c, "partition"}}, "")
	t.deliver(t.send(a, Agreed), false, a)
	t.all(Stable, Event{Position: t.place}, a)
	t.view(4, []Member{a, b}, []Member{b}, []Member{a}, nil, a)
	if l := t.log(b); !told {
		l.Events = l.Events[:len(l.Events)-1]
	}
	t.all(Crash, Event{}, a)
	t.all(Blocked, Event{}, b)
	t.founding = 4
	t.view(5, []Member{c, b}, []Member{b}, []Member{c}, []Departure{{a, "crash"}}, c)
	return t.h
}

// TestOverriddenWhileLoading: whoever had loaded, and was not told yet that it was in, held nothing that the others could count on.
func TestOverriddenWhileLoading(t *testing.T) {
	for _, x := range Judge(reloaded(false)).Violations {
		if x.Property == StableKept {
			t.Error(x)
		}
	}
}

// withoutC tells of a, b and c in founding 9, and of a message that c has not.
func withoutC() *teller {
	t := newTeller()
	t.founding = 9
	t.log(a).Add(Event{Kind: Founded})
	t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
	t.view(2, abc, []Member{b, c}, []Member{a}, nil, a)
	t.deliver(t.send(a, Agreed), false, a, b)
	return t
}

// TestAcknowledgedBesideAnOverride: c goes on as the primary without what a and b have of a's. On somebody's word a goes on alone and
// acknowledges it; then, on somebody else's, c goes on and takes in b, which has it from before. In the line of c it was never answered.
func TestAcknowledgedBesideAnOverride(test *testing.T) {
	t := withoutC()
	place := t.place
	t.all(Blocked, Event{}, a, b)
	t.view(3, []Member{c}, nil, []Member{c}, []Departure{{a, "partition"}, {b, "partition"}}, "")
	t.founding, t.ring = 4, 8
	t.view(3, []Member{a}, nil, []Member{a}, []Departure{{b, "partition"}, {c, "partition"}}, "")
	t.all(Stable, Event{Position: place}, a)
	t.founding, t.ring = 5, 11
	t.view(4, []Member{c, b}, []Member{b}, []Member{c}, []Departure{{a, "partition"}}, c)
	for _, x := range Judge(t.h).Violations {
		test.Error(x)
	}
}

// TestGivenUpAndTakenInLater: c goes on on somebody's word that a and b are lost. The word was wrong: they have acknowledged what c lacks. When c
// meets b, that is not given up by c's taking it in, but was by the word.
func TestGivenUpAndTakenInLater(test *testing.T) {
	t := withoutC()
	t.all(Stable, Event{Position: t.place}, b)
	t.all(Crash, Event{}, a)
	t.all(Blocked, Event{}, b, c)
	t.founding = 4
	t.view(3, []Member{c}, nil, []Member{c}, []Departure{{a, "crash"}, {b, "partition"}}, "")
	t.view(4, []Member{c, b}, []Member{b}, []Member{c}, nil, c)
	for _, x := range Judge(t.h).Violations {
		test.Error(x)
	}
}

var lineMutants = []mutant{
	{name: "an override that goes on with an older state than one has loaded whom it takes in", want: StableKept, make: func(*testing.T) *History {
		return reloaded(true)
	}},
	{name: "into an override's founding with the state of the one before, later than others", want: LinesApart, make: func(*testing.T) *History {
		t := newTeller()
		t.founding = 9
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		t.view(2, abc, []Member{b, c}, []Member{a}, nil, a)
		t.all(Blocked, Event{}, b, c)
		t.founding = 4
		t.view(3, []Member{c}, nil, []Member{c}, []Departure{{a, "crash"}, {b, "partition"}}, "")
		t.place++
		id := ViewID{4, 7}
		t.log(b).Add(Event{Kind: View, View: id, Position: t.place, Members: []Member{c, b}, With: []Member{b}, Primary: true, Founding: 4})
		t.log(c).Add(Event{Kind: View, View: id, Position: t.place, Members: []Member{c, b}, With: []Member{c}, Primary: true, Founding: 4})
		t.all(Crash, Event{}, abc...)
		return t.h
	}},
	{name: "an override that goes on with an older state than one has whom it takes in", want: StableKept, make: func(*testing.T) *History {
		t := withoutC()
		t.all(Stable, Event{Position: t.place}, b)
		t.all(Crash, Event{}, a)
		t.all(Blocked, Event{}, b, c)
		t.founding = 4
		t.view(3, []Member{c, b}, []Member{b}, []Member{c}, []Departure{{a, "crash"}}, c)
		return t.h
	}},
	{name: "acknowledged in an override's founding and gone from its next primary", want: StableKept, make: func(*testing.T) *History {
		t := newTeller()
		t.founding = 9
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		t.view(2, []Member{a, c}, []Member{c}, []Member{a}, nil, a)
		t.all(Crash, Event{}, a)
		t.all(Blocked, Event{}, c)
		t.founding = 4
		t.view(3, []Member{c}, nil, []Member{c}, []Departure{{a, "crash"}}, "")
		t.view(4, []Member{c, b}, []Member{b}, []Member{c}, nil, c)
		t.deliver(t.send(c, Agreed), false, c)
		t.all(Stable, Event{Position: t.place}, c)
		t.ring = 12
		t.view(5, []Member{b}, nil, []Member{b}, []Departure{{c, "partition"}}, "")
		return t.h
	}},
	{name: "joined one of two groups later than the other", want: Together, make: joined(1)},
	{name: "left one of two groups later than the other", want: Together, make: left(1)},
}

// twoGroups tells of a and b in the groups g and h.
func twoGroups() (g, h *teller) {
	g = newTeller()
	h = newTeller()
	h.h, h.group = g.h, "h"
	for _, t := range []*teller{g, h} {
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		t.view(2, []Member{a, b}, []Member{b}, []Member{a}, nil, a)
		t.deliver(t.send(a, Agreed), false, a, b)
	}
	return g, h
}

// joined tells of c, which joins both as one, but for some places.
func joined(apart uint64) func(*testing.T) *History {
	return func(*testing.T) *History {
		g, h := twoGroups()
		for _, t := range []*teller{g, h} {
			t.log(c).Add(Event{Kind: Asked, Together: 1})
			t.view(3, abc, []Member{c}, []Member{a, b}, nil, a)
			h.place += apart
		}
		return g.h
	}
}

// left tells of b, which leaves both as one, but for some places.
func left(apart uint64) func(*testing.T) *History {
	return func(*testing.T) *History {
		g, h := twoGroups()
		for _, t := range []*teller{g, h} {
			t.view(3, []Member{a}, nil, []Member{a}, []Departure{{b, "leave"}}, "")
			t.log(b).Add(Event{Kind: Left, View: ViewID{4, 7}, Position: t.place, Together: 1})
			h.place += apart
		}
		return g.h
	}
}

// TestTogether: at one place, and where the change was met in a transitional configuration, nothing is wrong.
func TestTogether(t *testing.T) {
	moving := joined(1)(t)
	for _, l := range moving.Logs {
		for i, e := range l.Events {
			if e.Kind == View && e.View.Num == 3 && l.Member != c {
				insert(l, i, Event{Kind: Transitional, Members: []Member{a, b}})
				break
			}
		}
	}
	for _, h := range []*History{joined(0)(t), left(0)(t), moving} {
		for _, v := range Check(h) {
			t.Error(v)
		}
	}
}
