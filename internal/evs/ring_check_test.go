package evs

// The checker of rings checked: a good history passes, and for each predicate of EVS there is a history that breaks it.

import (
	"slices"
	"testing"
	"time"
)

func TestGoodRings(t *testing.T) {
	h := goodRings()
	for _, v := range Check(h) {
		t.Error(v)
	}
	if h.Rings = nil; len(Check(h)) != 0 {
		t.Error("a history without rings is no mistake")
	}
}

// at returns the log of m and the index of its n-th event (from 0) of a kind on a ring.
func at(t *testing.T, h *History, m Member, kind RingKind, on RingID, n int) (*RingLog, int) {
	t.Helper()
	for _, l := range h.Rings {
		if l.Member != m {
			continue
		}
		for i, e := range l.Events {
			if e.Kind == kind && e.Ring == on {
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

func cutOut(l *RingLog, i int) { l.Events = slices.Delete(l.Events, i, i+1) }

// putIn inserts an event behind the i-th, in a run whose steps were spread.
func putIn(l *RingLog, i int, e RingEvent) {
	e.Step = l.Events[i].Step + 1
	l.Events = slices.Insert(l.Events, i+1, e)
}

// spread makes room between the steps of a run.
func spread(h *History) {
	for _, l := range h.Rings {
		for i := range l.Events {
			l.Events[i].Step *= 10
		}
	}
}

func onRings(spoil func(t *testing.T, h *History)) func(t *testing.T) *History {
	return func(t *testing.T) *History {
		h := goodRings()
		spread(h)
		spoil(t, h)
		return h
	}
}

var ringMutants = []mutant{
	{name: "a packet delivered before it was numbered", want: RingCausality, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, c2, Hand, ring6, 1)
		l.Events[i].Step = l.Events[i-1].Step + 1
	})},
	{name: "a process goes on after its end", want: RingCausality, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, c, Regular, ring4, 0)
		putIn(l, i, RingEvent{Kind: Fail})
	})},
	{name: "a packet that nobody numbered", want: RingNoCreation, make: onRings(func(t *testing.T, h *History) {
		cutOut(at(t, h, b, Originate, ring6, 0))
	})},
	{name: "a packet of another sender", want: RingNoCreation, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, a, Hand, ring6, 1)
		l.Events[i].Origin = c2
	})},
	{name: "a packet numbered in another's name", want: RingOneSending, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, b, Originate, ring6, 0)
		e := l.Events[i]
		cutOut(l, i)
		to, j := at(t, h, a, Hand, ring6, 0)
		step := e.Step
		putIn(to, j, e)
		to.Events[j+1].Step = step
	})},
	{name: "one number given twice", want: RingOneSending, also: []Property{RingSelfDelivery}, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, b, Originate, ring6, 0)
		to, j := at(t, h, c2, Hand, ring6, 0)
		e := l.Events[i]
		e.Origin = c2
		putIn(to, j, e)
	})},
	{name: "a packet numbered in transition", want: RingOneSending, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, c, Originate, ring3, 1)
		e := l.Events[i]
		cutOut(l, i)
		_, j := at(t, h, c, TransitionalRing, ring3, 0)
		putIn(l, j, e)
	})},
	{name: "a packet delivered twice", want: RingNoDuplication, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, c, Hand, ring3, 2)
		putIn(l, i, l.Events[i])
	})},
	{name: "one stays in a configuration whose member has failed", want: RingLast, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, c2, Hand, ring6, 1)
		putIn(l, i, RingEvent{Kind: Fail})
	})},
	{name: "a configuration without oneself", want: RingInclusion, also: []Property{RingTransitionalSet}, make: onRings(func(t *testing.T, h *History) {
		for _, k := range []RingKind{Proposed, Regular} {
			l, i := at(t, h, c2, k, RingID{1, c2}, 0)
			l.Events[i].Conf = &Configuration{Members: []Member{a}}
		}
	})},
	{name: "something before the first configuration", want: RingInclusion, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, c2, Proposed, RingID{1, c2}, 0)
		putIn(l, i, RingEvent{Kind: TransitionalRing, Ring: RingID{1, c2}, Conf: &Configuration{Next: RingID{1, c2}, Members: []Member{c2}}})
	})},
	{name: "a packet of another ring", want: RingSameConfiguration, make: onRings(func(t *testing.T, h *History) {
		from, i := at(t, h, a, Hand, ring5, 0)
		l, j := at(t, h, c, Regular, ring4, 0)
		e := from.Events[i]
		putIn(l, j, e)
		l.Events[j+1].Step = e.Step + 1
	})},
	{name: "two rings in one order here, in the other there", want: RingSimultaneity, also: []Property{RingGrowth}, make: func(*testing.T) *History {
		tell := newRingTeller()
		tell.start(a, b)
		tell.propose(ring2, a, b)
		tell.propose(ring3, a, b)
		for m, path := range map[Member][]RingID{a: {ring2, ring3}, b: {ring3, ring2}} {
			for _, id := range path {
				tell.cross(id, m)
				tell.install(id, []Member{a, b}, m)
			}
		}
		return tell.h
	}},
	{name: "other members under one ring id", want: RingAgreement, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, b, Regular, ring6, 0)
		l.Events[i].Conf = &Configuration{Members: []Member{b, a, c2}}
	})},
	{name: "other members in one transitional configuration", want: RingAgreement, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, b, TransitionalRing, ring3, 0)
		l.Events[i].Conf = &Configuration{Next: ring5, Members: []Member{b, a}}
	})},
	{name: "ring numbers that fall", want: RingGrowth, make: onRings(func(t *testing.T, h *History) {
		for _, l := range h.Rings {
			for i := range l.Events {
				e := &l.Events[i]
				if e.Ring == ring6 {
					e.Ring.Seq = 4
				}
				if e.Kind == TransitionalRing && e.Conf.Next == ring6 {
					e.Conf = &Configuration{Next: RingID{4, a}, Members: e.Conf.Members}
				}
			}
		}
	})},
	{name: "one ring id proposed twice", want: RingIDOnce, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, a, Proposed, ring6, 0)
		putIn(l, i, RingEvent{Kind: Proposed, Ring: ring6, Conf: &Configuration{Members: []Member{a, b}}})
	})},
	{name: "a ring proposed in another's name", want: RingIDOnce, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, a, Proposed, ring6, 0)
		e := l.Events[i]
		cutOut(l, i)
		to, j := at(t, h, b, Hand, ring5, 0)
		putIn(to, j, e)
	})},
	{name: "a ring that nobody proposed", want: RingIDOnce, make: onRings(func(t *testing.T, h *History) {
		cutOut(at(t, h, a, Proposed, ring6, 0))
	})},
	{name: "a companion from another ring", want: RingTransitionalSet, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, c2, TransitionalRing, RingID{1, c2}, 0)
		l.Events[i].Conf = &Configuration{Next: ring6, Members: []Member{c2, a}}
	})},
	{name: "a companion forgotten", want: RingTransitionalSet, also: []Property{RingInclusion}, make: onRings(func(t *testing.T, h *History) {
		for _, m := range []Member{a, b} {
			l, i := at(t, h, m, TransitionalRing, ring5, 0)
			l.Events[i].Conf = &Configuration{Next: ring6, Members: []Member{a}}
		}
	})},
	{name: "two sides that each took the other along", want: RingTransitionalSet, make: func(t *testing.T) *History {
		tell := newRingTeller()
		tell.start(a, b)
		tell.propose(ring2, a, b)
		for _, m := range []Member{a, b} {
			tell.cross(ring2, m)
			tell.install(ring2, []Member{a, b}, m)
		}
		for m, id := range map[Member]RingID{a: ring3, b: {4, b}} {
			tell.propose(id, a, b)
			tell.log(m).Add(RingEvent{Kind: TransitionalRing, Ring: ring2, Conf: &Configuration{Next: id, Members: []Member{a, b}}})
			tell.install(id, []Member{a, b}, m)
		}
		return tell.h
	}},
	{name: "two signals", want: RingSignalOnce, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, c, TransitionalRing, ring3, 0)
		putIn(l, i, l.Events[i])
	})},
	{name: "no signal", want: RingSignalOnce, make: onRings(func(t *testing.T, h *History) {
		cutOut(at(t, h, c2, TransitionalRing, RingID{1, c2}, 0))
	})},
	{name: "an own packet never delivered", want: RingSelfDelivery, make: onRings(func(t *testing.T, h *History) {
		cutOut(at(t, h, c, Hand, ring3, 4))
	})},
	{name: "a packet missing at one who goes on with others", want: RingSynchrony, make: onRings(func(t *testing.T, h *History) {
		cutOut(at(t, h, a, Hand, ring3, 4))
	})},
	{name: "a packet before the signal here, after it there", want: RingSynchrony, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, a, TransitionalRing, ring5, 0)
		e := l.Events[i]
		cutOut(l, i)
		_, j := at(t, h, a, Originate, ring5, 0)
		putIn(l, j, e)
	})},
	{name: "a packet missing at the end", want: RingSynchrony, make: onRings(func(t *testing.T, h *History) {
		cutOut(at(t, h, a, Hand, ring6, 1))
	})},
	{name: "a packet without what its sender had delivered", want: RingCausalOrder, make: func(*testing.T) *History {
		return alone(func(t *ringTeller) {
			t.number(c, false)
			t.fail(c)
			t.hand(1, b)
			t.number(b, false)
			t.fail(b)
		}, func(t *ringTeller) { t.hand(2, a) })
	}},
	{name: "a packet without the one its sender numbered before", want: RingSenderOrder, make: func(*testing.T) *History {
		return alone(func(t *ringTeller) {
			t.number(c, false)
			t.number(c, false)
			t.fail(c)
		}, func(t *ringTeller) { t.hand(2, a) })
	}},
	{name: "other bytes under one number", want: RingTotalOrder, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, b, Hand, ring6, 0)
		l.Events[i].Digest++
	})},
	{name: "two packets swapped", want: RingTotalOrder, also: []Property{RingGap}, make: onRings(func(t *testing.T, h *History) {
		l, i := at(t, h, c, Hand, ring3, 1)
		p, q := &l.Events[i], &l.Events[i-1]
		*p, *q = *q, *p
		p.Step, q.Step = q.Step, p.Step
	})},
	{name: "a number below what its sender had delivered", want: RingTotalOrder, also: []Property{RingGap}, make: func(*testing.T) *History {
		return alone(func(t *ringTeller) {
			t.seq[ring3] = 1
			t.number(c, false) // 2
			t.hand(2, b)
			t.seq[ring3] = 0
			t.number(b, false) // 1
			t.fail(b)
			t.fail(c)
		}, func(*ringTeller) {})
	}},
	{name: "a hole before the signal", want: RingGap, make: onRings(func(t *testing.T, h *History) {
		cutOut(at(t, h, c, Hand, ring3, 1))
	})},
	{name: "a hole of a companion", want: RingGap, make: func(*testing.T) *History {
		tell := newRingTeller()
		tell.start(a, b, c)
		tell.propose(ring3, a, b, c)
		for _, m := range []Member{a, b, c} {
			tell.cross(ring3, m)
			tell.install(ring3, []Member{a, b, c}, m)
		}
		tell.number(b, false)
		tell.number(c, false)
		tell.propose(ring5, a, b)
		tell.cross(ring5, a, b)
		tell.hand(2, a)
		tell.fail(b)
		tell.install(ring5, []Member{a, b}, a)
		return tell.h
	}},
	{name: "a safe packet missing at one who was cut off", want: RingSafe, make: onRings(func(t *testing.T, h *History) {
		cutOut(at(t, h, c, Hand, ring3, 3))
	})},
	{name: "a safe packet missing at one whose companions delivered it in transition", want: RingSafe, make: func(*testing.T) *History {
		// b had promised a to deliver what a does; it went elsewhere and forgot.
		tell := newRingTeller()
		tell.start(a, b, c)
		tell.propose(ring3, a, b, c)
		for _, m := range []Member{a, b, c} {
			tell.cross(ring3, m)
			tell.install(ring3, []Member{a, b, c}, m)
		}
		tell.number(c, true)
		tell.fail(c)
		tell.propose(ring5, a, b)
		tell.log(a).Add(RingEvent{Kind: TransitionalRing, Ring: ring3, Conf: &Configuration{Next: ring5, Members: []Member{a, b}}})
		tell.hand(1, a)
		tell.install(ring5, []Member{a, b}, a)
		tell.propose(RingID{7, b}, b)
		tell.cross(RingID{7, b}, b)
		tell.install(RingID{7, b}, []Member{b}, b)
		return tell.h
	}},
	{name: "a safe packet delivered before all have installed", want: RingSafeInstalled, make: func(*testing.T) *History {
		tell := newRingTeller()
		tell.start(a, b)
		tell.propose(ring2, a, b)
		tell.cross(ring2, a)
		tell.install(ring2, []Member{a, b}, a)
		tell.number(a, true)
		tell.hand(1, a)
		return tell.h
	}},
	{name: "a queue above its bound", want: BoundedQueues, make: onRings(func(_ *testing.T, h *History) {
		l := h.Rings[1]
		l.Gauge("packets", 7, 8)
		l.Gauge("packets", 9, 8)
		l.Gauge("packets", 3, 8)
	})},
	{name: "a token that stands still", want: Progress, make: onRings(func(_ *testing.T, h *History) {
		h.Rings[0].Window(time.Second, 2*time.Second, 5, 6)
		h.Rings[0].Window(2*time.Second, 3*time.Second, 6, 6)
	})},
	{name: "rings without end", want: BoundedChanges, make: func(*testing.T) *History {
		tell := newRingTeller()
		tell.start(a)
		for n := range uint64(2*RingsPerDisturbance + 1) {
			id := RingID{2 + n, a}
			tell.propose(id, a)
			tell.cross(id, a)
			tell.install(id, []Member{a}, a)
		}
		tell.h.Disturbances = 2
		return tell.h
	}},
	{name: "two incarnations of one name", want: RingSane, make: func(*testing.T) *History {
		tell := newRingTeller()
		tell.start(a, c, c2)
		tell.propose(ring3, a, c, c2)
		for _, m := range []Member{a, c, c2} {
			tell.cross(ring3, m)
			tell.install(ring3, []Member{a, c, c2}, m)
		}
		return tell.h
	}},
	{name: "a former incarnation after a later one", want: RingSane, make: func(*testing.T) *History {
		tell := newRingTeller()
		tell.start(a, c, c2)
		for n, m := range []Member{c, c2, c} {
			id := RingID{uint64(n + 2), a}
			tell.propose(id, a, m)
			for _, p := range []Member{a, m} {
				tell.cross(id, p)
				tell.install(id, []Member{a, m}, p)
			}
		}
		return tell.h
	}},
}
