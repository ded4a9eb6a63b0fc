package main

// A state of the world: three members' states and what is on its way between them, all as numbers of what is kept once.

import (
	"fmt"
	"math/bits"
	"strings"
)

// A world is comparable: equal worlds go on in the same ways.
type world struct {
	at   [size]int32        // the members' states; of one that crashed, its history
	way  [size * size]int32 // packets under way, by from*size+to: numbers of lists; 0 is the empty list
	late [2]int32           // duplicates that may still arrive: packets, 0 none, the smaller first
	dead uint8              // who crashed, by bit
	cut  uint8              // who is cut off from the others: its index and one; 0 nobody
}

// hash is 64 bits of a world.
func (w *world) hash() uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	mix := func(x uint64) {
		hi, lo := bits.Mul64(h^x, 0xd6e8feb86659fd93)
		h = hi ^ lo ^ x<<7 + 0x2545f4914f6cdd1d
	}
	mix(uint64(uint32(w.at[0])) | uint64(uint32(w.at[1]))<<32)
	mix(uint64(uint32(w.at[2])) | uint64(w.dead)<<32 | uint64(w.cut)<<40)
	for i := 0; i+1 < len(w.way); i += 2 {
		mix(uint64(uint32(w.way[i])) | uint64(uint32(w.way[i+1]))<<32)
	}
	mix(uint64(uint32(w.way[8])))
	mix(uint64(uint32(w.late[0])) | uint64(uint32(w.late[1]))<<32)
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	if h ^= h >> 32; h == 0 {
		return 1
	}
	return h
}

func (w *world) lives(i int) bool { return w.dead&(1<<i) == 0 }

// apart reports whether nothing gets from one member to another.
func (w *world) apart(i, j int) bool {
	c := int(w.cut) - 1
	return c >= 0 && (i == c) != (j == c)
}

// component are the living members that hear a member, itself included, by bit.
func (w *world) component(i int) (mask uint8) {
	for j := range size {
		if w.lives(j) && !w.apart(i, j) {
			mask |= 1 << j
		}
	}
	return mask
}

// quiet reports whether no packet is under way.
func (w *world) quiet() bool { return w.way == [size * size]int32{} }

// ---- lists of packets ----

// A list is a packet and the list behind it: queues are kept with their head first. A packet's age says how far it lags: the
// shortest of the chains of packets, each an answer to the one before, that are under way has age 0, and one that is longer by n
// hops has age n.
type list struct {
	head int32
	age  int32
	rest int32
}

// cons is a list with a packet before it.
func (e *explorer) cons(head, age, rest int32) int32 {
	k := list{head, age, rest}
	if id, ok := e.byList[k]; ok {
		return id
	}
	id := int32(len(e.lists))
	e.lists = append(e.lists, k)
	e.byList[k] = id
	return id
}

// push is a list with a packet at its end. It does not arrive before those in front of it.
func (e *explorer) push(l, packet, age int32) int32 {
	if l == 0 {
		return e.cons(packet, age, 0)
	}
	x := e.lists[l]
	return e.cons(x.head, x.age, e.push(x.rest, packet, max(x.age, age)))
}

// aged is a list with all ages less by n.
func (e *explorer) aged(l, n int32) int32 {
	if l == 0 {
		return 0
	}
	x := e.lists[l]
	return e.cons(x.head, x.age-n, e.aged(x.rest, n))
}

// normal makes the least age 0.
func (e *explorer) normal(w *world) {
	least := int32(1 << 30)
	for _, l := range w.way {
		if l != 0 {
			least = min(least, e.lists[l].age) // the head's is the list's least
		}
	}
	if least == 0 || least == 1<<30 {
		return
	}
	for i, l := range w.way {
		w.way[i] = e.aged(l, least)
	}
}

// packet is the number of a packet.
func (e *explorer) packet(p packet) int32 {
	if id, ok := e.byPacket[p]; ok {
		return id
	}
	id := int32(len(e.packets))
	e.packets = append(e.packets, p)
	e.byPacket[p] = id
	return id
}

// ---- what happens ----

// A moveKind says what happens next. Those from firstFault on are faults.
type moveKind uint8

const (
	moveArrive    moveKind = iota + 1 // the first packet from a to b arrives
	moveLate                          // the a-th late duplicate arrives
	moveTimer                         // a's deadline comes, after the time until then if nothing is under way
	moveSubmit                        // a's application gives it its next message
	moveSettle                        // a's handlers have run, for which the token stays
	moveHeal                          // the network is whole again
	moveDrop                          // the first packet from a to b is lost
	moveDuplicate                     // the first packet from a to b arrives, and may arrive again
	moveOvertake                      // the second packet from a to b arrives before the first
	moveLateness                      // a's deadline comes though packets are under way
	moveCrash                         // a crashes
	moveCut                           // a is cut off
)

const firstFault = moveDrop

// kinds are some kinds of faults.
type kinds uint16

var kindNames = map[string]moveKind{"drop": moveDrop, "duplicate": moveDuplicate, "overtake": moveOvertake, "late": moveLateness,
	"crash": moveCrash, "cut": moveCut}

func (k kinds) String() string {
	var list []string
	for m := firstFault; m <= moveCut; m++ {
		for name, kind := range kindNames {
			if kind == m && k.has(m) {
				list = append(list, name)
			}
		}
	}
	return strings.Join(list, ", ")
}

func (k kinds) has(m moveKind) bool { return k&(1<<m) != 0 }

// kindsOf reads a list of kinds, "all", or "-kind" for all but one.
func kindsOf(text string) (k kinds, ok bool) {
	all := kinds(1<<(moveCut+1)) - 1<<firstFault
	if text == "all" {
		return all, true
	}
	if rest, without := strings.CutPrefix(text, "-"); without {
		m, known := kindNames[rest]
		return all &^ (1 << m), known
	}
	for _, name := range strings.Split(text, ",") {
		m, known := kindNames[strings.TrimSpace(name)]
		if !known {
			return 0, false
		}
		k |= 1 << m
	}
	return k, true
}

// A move is one thing that happens.
type move struct {
	kind moveKind
	a, b uint8
}

func (v move) String() string {
	switch v.kind {
	case moveArrive:
		return name(v.a) + ">" + name(v.b)
	case moveLate:
		return fmt.Sprintf("again %d", v.a)
	case moveTimer:
		return "timer " + name(v.a)
	case moveSubmit:
		return "submit " + name(v.a)
	case moveSettle:
		return "settle " + name(v.a)
	case moveHeal:
		return "heal"
	case moveDrop:
		return "drop " + name(v.a) + ">" + name(v.b)
	case moveDuplicate:
		return "duplicate " + name(v.a) + ">" + name(v.b)
	case moveOvertake:
		return "overtake " + name(v.a) + ">" + name(v.b)
	case moveLateness:
		return "late " + name(v.a)
	case moveCrash:
		return "crash " + name(v.a)
	case moveCut:
		return "cut " + name(v.a)
	}
	return "?"
}

// apply is the world after a move. fault says what must not be.
func (e *explorer) apply(w world, v move) (next world, fault string) {
	next, fault = e.happen(w, v)
	e.normal(&next)
	return next, fault
}

func (e *explorer) happen(w world, v move) (next world, fault string) {
	a, b := int(v.a), int(v.b)
	l := a*size + b
	switch v.kind {
	case moveArrive, moveDuplicate:
		x := e.lists[w.way[l]]
		w.way[l] = x.rest
		if v.kind == moveDuplicate {
			w.late[0] = x.head
			w.sortLate()
		}
		return e.arrive(w, x.head, x.age+1)
	case moveOvertake:
		x := e.lists[w.way[l]]
		y := e.lists[x.rest]
		w.way[l] = e.cons(x.head, x.age, y.rest)
		return e.arrive(w, y.head, y.age+1)
	case moveDrop:
		w.way[l] = e.lists[w.way[l]].rest
	case moveLate:
		p := w.late[a]
		w.late[a] = 0
		w.sortLate()
		return e.arrive(w, p, 0)
	case moveTimer, moveLateness:
		if d := e.summaries[w.at[a]].deadline; d > 0 {
			for i := range size {
				if w.lives(i) {
					w.at[i] = e.later(w.at[i], d)
				}
			}
		}
		before := w.at[a]
		w, fault = e.step(w, a, input{kind: inputTimer}, 0)
		if fault == "" && w.at[a] == before {
			fault = name(v.a) + " is due and does nothing"
		}
		return w, fault
	case moveSubmit:
		return e.step(w, a, input{kind: inputSubmit}, 0)
	case moveSettle:
		return e.step(w, a, input{kind: inputSettle}, 0)
	case moveHeal:
		w.cut = 0
	case moveCut:
		w.cut = v.a + 1
		for i := range size {
			for j := range size {
				if w.apart(i, j) {
					w.way[i*size+j] = 0
				}
			}
		}
	case moveCrash:
		w.dead |= 1 << a
		w.at[a] = e.summaries[w.at[a]].log
		for i := range size {
			w.way[i*size+a] = 0
			if i != a && w.lives(i) && !w.apart(a, i) {
				w.way[a*size+i] = e.push(w.way[a*size+i], e.packet(packet{from: v.a, to: uint8(i), hint: true}), 0)
			}
		}
		for i, p := range w.late {
			if p != 0 && e.packets[p].to == v.a {
				w.late[i] = 0
			}
		}
		w.sortLate()
	}
	return w, ""
}

func (w *world) sortLate() {
	w.late[0], w.late[1] = min(w.late[0], w.late[1]), max(w.late[0], w.late[1])
}

// arrive gives a packet to whom it is for; answers to it have the given age.
func (e *explorer) arrive(w world, p, age int32) (world, string) {
	q := &e.packets[p]
	in := input{kind: inputPacket, what: p}
	if q.hint {
		in = input{kind: inputHint, what: int32(q.from)}
	}
	return e.step(w, int(q.to), in, age)
}

// step lets one member react and sends what it sends.
func (e *explorer) step(w world, i int, in input, age int32) (world, string) {
	o := e.react(i, w.at[i], in)
	if o.fault != "" {
		return w, o.fault
	}
	w.at[i] = o.state
	for _, p := range o.sends {
		if j := int(e.packets[p].to); w.lives(j) && !w.apart(i, j) {
			l := i*size + j
			w.way[l] = e.push(w.way[l], p, age)
		}
	}
	return w, ""
}
