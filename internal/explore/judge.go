package main

// What package evs says of three members' histories at a quiet end.

import (
	"hash/fnv"
	"slices"

	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// judge returns everything that is wrong with the members' histories at a quiet end. dead are those that crashed.
func judge(logs [size][]event, dead uint8) (wrong []string) {
	h := evs.History{Quiet: true}
	var rings [size]*evs.RingLog
	for i := range rings {
		rings[i] = h.Ring(evs.Member(name(uint8(i))))
	}
	// Members act one after the other, in some order in which nothing is delivered before it is numbered and no ring installed before
	// it is proposed. Which of these orders the path had does not matter to the predicates.
	type number struct {
		ring wire.RingID
		seq  uint64
	}
	numbered, proposed := map[number]bool{}, map[wire.RingID]bool{}
	// What is delivered and was never numbered waits for the end: it is wrong wherever it stands.
	for _, patient := range []bool{true, false} {
		for more := true; more; {
			more = false
			for i := range rings {
				for len(logs[i]) > 0 {
					v := logs[i][0]
					if patient && (v.kind == evs.Hand && !numbered[number{v.ring, v.seq}] || v.kind == evs.Regular && !proposed[v.ring]) {
						break
					}
					numbered[number{v.ring, v.seq}] = numbered[number{v.ring, v.seq}] || v.kind == evs.Originate
					proposed[v.ring] = proposed[v.ring] || v.kind == evs.Proposed
					rings[i].Add(v.forEVS())
					logs[i] = logs[i][1:]
					more = true
				}
			}
		}
	}
	for i := range rings {
		if dead&(1<<i) != 0 {
			rings[i].Add(evs.RingEvent{Kind: evs.Fail})
		}
	}
	for _, v := range evs.Check(&h) {
		wrong = append(wrong, v.String())
	}
	return wrong
}

// forEVS is the event as package evs wants it.
func (v event) forEVS() evs.RingEvent {
	id := func(r wire.RingID) evs.RingID {
		if r == (wire.RingID{}) {
			return evs.RingID{}
		}
		return evs.RingID{Seq: r.Seq, Rep: evs.Member(name(index(r.Rep)))}
	}
	e := evs.RingEvent{Kind: v.kind, Ring: id(v.ring), Safe: v.safe}
	switch v.kind {
	case evs.Originate, evs.Hand:
		sum := fnv.New64a()
		sum.Write([]byte(v.text))
		e.Seq, e.Origin, e.Digest = v.seq, evs.Member(name(v.from)), sum.Sum64()
	default:
		e.Conf = &evs.Configuration{Next: id(v.next)}
		for i := range uint8(size) {
			if v.members&(1<<i) != 0 {
				e.Conf.Members = append(e.Conf.Members, evs.Member(name(i)))
			}
		}
		slices.SortFunc(e.Conf.Members, func(a, b evs.Member) int { return info(int(a[0] - 'a')).ID.Compare(info(int(b[0] - 'a')).ID) })
	}
	return e
}
