package evs

// Histories told from the start because the good one has no place for their mistake.

import (
	"slices"
	"testing"
)

var abc = []Member{a, b, c}

// three tells of a group of a, b and c, in view 1; tell has its say.
func three(tell func(t *teller)) func(*testing.T) *History {
	return func(*testing.T) *History {
		t := newTeller()
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		t.view(2, abc, []Member{b, c}, []Member{a}, nil, a)
		tell(t)
		return t.h
	}
}

var toldMutants = []mutant{
	{name: "a hole of one who was there, at one who then crashes", want: Gap, make: three(func(t *teller) {
		first, second := t.send(b, Agreed), t.send(a, Agreed)
		t.deliver(first, false, a, b)
		t.deliver(second, false, abc...)
		t.all(Crash, Event{}, c)
	})},
	{name: "without what its sender had delivered, in a transition without that one's sender", want: CausalOrder, make: three(func(t *teller) {
		cause := t.send(b, Causal)
		t.deliver(cause, false, b, c)
		effect := t.send(c, Causal)
		t.deliver(effect, false, c)
		t.all(Transitional, Event{Members: []Member{a, c}}, a)
		t.place--
		t.deliver(effect, true, a)
		t.all(Crash, Event{}, abc...)
	})},
	{name: "delivered in an older view than it was sent in", want: SaneView, make: three(func(t *teller) {
		t.view(3, []Member{a, b}, nil, []Member{a, b}, []Departure{{c, "crash"}}, "")
		late := t.send(b, Agreed)
		t.deliver(late, false, c)
		t.all(Crash, Event{}, c)
	})},
	{name: "an answered call that comes before one answered earlier", want: RealTime, make: three(func(t *teller) {
		t.place += 10
		first := t.send(a, Agreed)
		t.deliver(first, false, a)
		t.all(Answered, Event{Message: first}, a)
		second := t.send(c, Agreed)
		t.place -= 5
		t.deliver(second, false, c)
		t.all(Answered, Event{Message: second}, c)
		t.all(Crash, Event{}, abc...)
	})},
	{name: "one sender's fifo messages with a hole", want: SenderOrder, make: three(func(t *teller) {
		first, second := t.send(a, FIFO), t.send(a, FIFO)
		t.deliver(first, false, a, b)
		t.deliver(second, false, abc...)
		t.all(Crash, Event{}, c)
	})},
	{name: "two senders' fifo messages against their positions", want: PositionsGrow, make: three(func(t *teller) {
		first, second := t.send(a, FIFO), t.send(b, FIFO)
		t.deliver(first, false, a, b)
		t.deliver(second, false, abc...)
		t.place -= 2
		t.deliver(first, false, c)
		t.all(Crash, Event{}, c)
	})},
	{name: "joined an empty group without a load", want: NoHalfState, make: func(*testing.T) *History {
		t := newTeller()
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		t.view(2, []Member{a, b}, []Member{b}, []Member{a}, nil, "")
		return t.h
	}},
	{name: "one goes on past a primary that others remember", want: PrimaryContinuity, make: three(func(t *teller) {
		t.view(3, []Member{a, b}, nil, []Member{a, b}, []Departure{{c, "partition"}}, "")
		t.view(4, []Member{c}, nil, []Member{c}, []Departure{{a, "partition"}, {b, "partition"}}, "")
	})},
	{name: "a held message delivered behind a change that a primary missed and somebody remembers", want: SameView, also: []Property{PrimaryContinuity}, make: passedOver(false)},
}

// passedOver tells of b, which misses that c joins and goes on as a primary alone; and of a, which was blocked then and goes on when b is
// there again, but has left: what it held back comes behind the change.
func passedOver(left bool) func(*testing.T) *History {
	return func(*testing.T) *History {
		t := newTeller()
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		t.view(2, []Member{a, b}, []Member{b}, []Member{a}, nil, a)
		held := t.send(b, Agreed)
		t.all(Blocked, Event{}, a)
		t.all(Transitional, Event{Members: []Member{b}}, b)
		t.place++
		t.deliver(held, true, b)
		t.place += 100
		t.view(3, []Member{b}, nil, []Member{b}, []Departure{{a, "partition"}}, "")
		if left {
			t.all(Left, Event{}, b)
		}
		t.place -= 102
		t.views[a] = ViewID{4, 7}
		t.log(a).Add(Event{Kind: View, View: t.views[a], Position: t.place, Members: []Member{a, b, c}, Joined: []Member{c}, With: []Member{a, b}, Primary: true})
		t.all(Transitional, Event{Members: []Member{a}}, a)
		t.deliver(held, true, a)
		t.all(Crash, Event{}, a)
		return t.h
	}
}

// TestPassedOver: nobody remembers the primary that was passed over.
func TestPassedOver(t *testing.T) {
	for _, v := range Check(passedOver(true)(t)) {
		t.Error(v)
	}
}

// TestLeftBeforeItIsTold: a and b leave, then c founds the group anew; b is told what came before its leave, and of the leave itself,
// after c's founding. That is no fault while the order says so; and it is one if b's leave comes later, or where nobody knows.
func TestLeftBeforeItIsTold(t *testing.T) {
	tell := func(end ViewID, place uint64) *History {
		t := newTeller()
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		t.view(2, []Member{a, b}, []Member{b}, []Member{a}, nil, a)
		t.deliver(t.send(a, SafeAt), false, a, b)
		t.all(Stable, Event{Position: t.place}, a, b)
		late := t.send(a, Agreed)
		t.deliver(late, false, a)
		t.log(a).Add(Event{Kind: Left, View: ViewID{3, 7}})
		t.log(c).Add(Event{Kind: Founded})
		t.place += 9
		founded := t.place
		t.view(5, []Member{c}, []Member{c}, []Member{c}, nil, "")
		t.place -= 11
		t.deliver(late, false, b)
		t.view(3, []Member{b}, nil, []Member{b}, []Departure{{a, "leave"}}, "")
		if place > 0 {
			place += founded - 10
		}
		t.log(b).Add(Event{Kind: Left, View: end, Position: place})
		return t.h
	}
	for _, v := range append(Check(tell(ViewID{4, 7}, 0)), Check(tell(ViewID{0, 7}, 9))...) {
		t.Error(v)
	}
	for name, end := range map[string]struct {
		view  ViewID
		place uint64
	}{
		"later": {ViewID{6, 7}, 0}, "another ring": {ViewID{4, 8}, 0}, "unknown": {},
		"at a later place": {ViewID{0, 7}, 12}, "at a place of another ring": {ViewID{0, 8}, 9},
	} {
		var broken []Property
		for _, v := range Check(tell(end.view, end.place)) {
			broken = append(broken, v.Property)
		}
		for _, p := range []Property{SafeAtK, StableKept, PrimaryContinuity} {
			if !slices.Contains(broken, p) {
				t.Errorf("%s: %q is not among what is broken: %v", name, p, broken)
			}
		}
	}
}

// TestOutvoted: who was cut off in the moment of installing a view, and crashes, is passed over by the others, who are the more; where
// more had installed it they would be the fewer, and that is a fault.
func TestOutvoted(t *testing.T) {
	tell := func(installed, others []Member) *History {
		t := newTeller()
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		all := []Member{a, b, c}
		t.view(2, all, []Member{b, c}, []Member{a}, nil, a)
		t.place++
		for _, m := range installed {
			s := t.state[m]
			t.views[m] = ViewID{3, 7}
			t.log(m).Add(Event{Kind: View, View: ViewID{3, 7}, Position: t.place, Members: all, With: all, Primary: true, Count: s.count, Chain: s.chain})
		}
		var left []Departure
		for _, m := range installed {
			left = append(left, Departure{m, "partition"})
		}
		t.view(4, others, nil, others, left, "")
		t.all(Crash, Event{}, installed...)
		return t.h
	}
	for _, v := range Check(tell([]Member{c}, []Member{a, b})) {
		t.Error(v)
	}
	sized := tell([]Member{a, b}, []Member{c}) // the only vote may be c's
	sized.Sized = []string{"g"}
	for _, v := range Check(sized) {
		t.Error(v)
	}
	for _, installed := range [][]Member{{b, c}, {a, b}} {
		others := slices.DeleteFunc([]Member{a, b, c}, func(m Member) bool { return slices.Contains(installed, m) })
		if !slices.ContainsFunc(Check(tell(installed, others)), func(v Violation) bool { return v.Property == PrimaryContinuity }) {
			t.Errorf("%v had installed a view that %v passed over, and nothing is said", installed, others)
		}
	}
}

// TestLeftOnARingBefore: b and c went on without a and left, and c is told of all that late. a knows that they left and goes on past what
// they were in. Where its view does not say that c left, or c's leave was ordered behind that view, c remembers, and that is a fault.
func TestLeftOnARingBefore(t *testing.T) {
	tell := func(reason string, behind bool) *History {
		t := newTeller()
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		t.view(2, []Member{a, b, c}, []Member{b, c}, []Member{a}, nil, a)
		at := t.place
		show := func(m Member, num, ring, place uint64, members []Member, left ...Departure) {
			s := t.state[m]
			t.log(m).Add(Event{Kind: View, View: ViewID{num, ring}, Position: place, Members: members, With: members, Primary: true, Count: s.count,
				Chain: s.chain, Left: left})
		}
		show(b, 3, 7, at+1, []Member{b, c}, Departure{a, "partition"})
		t.log(b).Add(Event{Kind: Left, View: ViewID{4, 7}, Position: at + 2})
		show(a, 5, 9, at+100, []Member{a}, Departure{b, "leave"}, Departure{c, reason})
		show(c, 3, 7, at+1, []Member{b, c}, Departure{a, "partition"})
		show(c, 4, 7, at+2, []Member{c}, Departure{b, "leave"})
		end := at + 3
		if behind {
			end = at + 101
		}
		t.log(c).Add(Event{Kind: Left, View: ViewID{5, 7}, Position: end})
		return t.h
	}
	for _, v := range Check(tell("leave", false)) {
		t.Error(v)
	}
	for _, h := range []*History{tell("partition", false), tell("leave", true)} {
		if !slices.ContainsFunc(Check(h), func(v Violation) bool { return v.Property == PrimaryContinuity }) {
			t.Error("a primary view that a member remembers was passed over, and nothing is said")
		}
	}
}

// TestFoundedAfterAllWereTakenIn: a goes on and takes b in anew, dies before b has loaded, and c founds the group: the state was lost with a,
// though b still has an older one. It is a fault where a did not take b in.
func TestFoundedAfterAllWereTakenIn(t *testing.T) {
	tell := func(takes bool) *History {
		t := newTeller()
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		t.view(2, []Member{a, b}, []Member{b}, []Member{a}, nil, a)
		t.all(Blocked, Event{}, a, b)
		t.place += 10
		next := Event{Kind: View, View: ViewID{3, 8}, Position: t.place, Members: []Member{a}, With: []Member{a}, Left: []Departure{{b, "partition"}}, Primary: true}
		if takes {
			next.Members, next.Joined, next.Loading, next.Left = []Member{a, b}, []Member{b}, []Member{b}, nil
		}
		t.log(a).Add(next)
		t.all(Crash, Event{}, a)
		t.log(c).Add(Event{Kind: Founded})
		t.place += 10
		t.view(4, []Member{c}, []Member{c}, []Member{c}, nil, "")
		return t.h
	}
	for _, v := range Check(tell(true)) {
		t.Error(v)
	}
	if broken := Check(tell(false)); !slices.ContainsFunc(broken, func(v Violation) bool { return v.Property == PrimaryContinuity }) {
		t.Errorf("c founded the group while b remembers it, and that is not among what is broken: %v", broken)
	}
}

// TestLeftOnTheWayHere: c founds the group when a and b have left, which was ordered on a ring before and is told them later. Their rings
// say that they came from there; it is a fault where b did not.
func TestLeftOnTheWayHere(t *testing.T) {
	tell := func(next uint64) *History {
		t := newTeller()
		on := func(m Member, keys ...uint64) {
			l := t.h.Ring(m)
			for i, k := range keys {
				l.Add(RingEvent{Kind: Regular, Ring: RingID{Seq: uint64(4 * (i + 1)), Rep: m}, Conf: &Configuration{Members: []Member{m}, Key: k}})
			}
		}
		on(a, 7, 8)
		on(b, 7, next)
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		t.view(2, []Member{a, b}, []Member{b}, []Member{a}, nil, a)
		late := t.send(a, Agreed)
		t.deliver(late, false, a)
		t.log(c).Add(Event{Kind: Founded})
		t.place += 9
		t.log(c).Add(Event{Kind: View, View: ViewID{5, 8}, Position: t.place, Members: []Member{c}, Joined: []Member{c}, With: []Member{c}, Primary: true})
		t.log(a).Add(Event{Kind: Left, View: ViewID{3, 7}, Position: t.place - 5})
		t.place -= 10
		t.deliver(late, false, b)
		t.log(b).Add(Event{Kind: Left, View: ViewID{4, 7}, Position: t.place + 6})
		return t.h
	}
	continuity := func(list []Violation) bool {
		return slices.ContainsFunc(list, func(v Violation) bool { return v.Property == PrimaryContinuity })
	}
	if list := Check(tell(8)); continuity(list) {
		t.Error(list)
	}
	if list := Check(tell(9)); !continuity(list) {
		t.Errorf("b left elsewhere, and was in the group when c founded it: %v", list)
	}
}

// allLeft tells of a and b, which leave one after the other, of c, which founds the group anew behind that, and of a, which is cut off and is
// told of its leave much later, when it has asked again on another ring; or never, since it crashes. reason is what b heard of a.
func allLeft(reason string, crashes bool) *History {
	t := newTeller()
	t.log(a).Add(Event{Kind: Founded})
	t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
	t.view(2, []Member{a, b}, []Member{b}, []Member{a}, nil, a)
	t.deliver(t.send(a, Agreed), false, a, b)
	t.all(Stable, Event{Position: t.place}, a, b)
	t.view(3, []Member{b}, nil, []Member{b}, []Departure{{a, reason}}, "")
	t.place++
	t.all(Left, Event{View: ViewID{4, 7}, Position: t.place}, b)
	t.log(c).Add(Event{Kind: Founded})
	t.view(5, []Member{c}, []Member{c}, []Member{c}, nil, "")
	if crashes {
		t.all(Crash, Event{}, a)
		return t.h
	}
	t.all(Blocked, Event{}, a)
	t.place += 1000
	t.all(Left, Event{View: ViewID{0, 7}, Position: t.place}, a)
	return t.h
}

// TestTheLastLeftAndIsToldLate: where nobody was left to say so, the number that the leave took does.
func TestTheLastLeftAndIsToldLate(t *testing.T) {
	last := func(founded uint64, end func(*teller)) []Violation {
		t := newTeller()
		t.log(a).Add(Event{Kind: Founded})
		t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
		t.deliver(t.send(a, Agreed), false, a)
		t.all(Stable, Event{Position: t.place}, a)
		t.place++
		t.log(c).Add(Event{Kind: Founded})
		t.view(founded, []Member{c}, []Member{c}, []Member{c}, nil, "")
		end(t)
		return Judge(t.h).Violations
	}
	told := func(t *teller) {
		t.all(Blocked, Event{}, a)
		t.place += 1000
		t.all(Left, Event{View: ViewID{0, 7}, Position: t.place}, a)
	}
	crashes := func(t *teller) { t.all(Crash, Event{}, a) }
	stays := func(t *teller) {
		t.ring++
		t.view(5, []Member{a}, nil, []Member{a}, nil, "")
		told(t)
	}
	for _, x := range append(last(3, told), last(3, crashes)...) {
		t.Error(x)
	}
	for what, found := range map[string][]Violation{"no leave took a number": last(2, told), "none took one, and it crashes": last(2, crashes),
		"it was in a view again": last(3, stays)} {
		if len(found) == 0 {
			t.Errorf("%s, and nothing is said", what)
		}
	}
}

// TestAllLeftAndOneIsToldLate: whoever had left at its own wish remembers nothing that a later founding must know of.
func TestAllLeftAndOneIsToldLate(t *testing.T) {
	for _, crashes := range []bool{false, true} {
		for _, x := range Judge(allLeft("leave", crashes)).Violations {
			t.Errorf("crashes %v: %v", crashes, x)
		}
		if v := Judge(allLeft("partition", crashes)).Violations; len(v) == 0 {
			t.Errorf("crashes %v: founded beside one that was only cut off, and nothing is said", crashes)
		}
	}
}
