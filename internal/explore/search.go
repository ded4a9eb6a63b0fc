package main

// The search: level by level of faults, in each level breadth first, every state once.

import (
	"fmt"
	"runtime"
	"time"

	"github.com/lockstep-go/lockstep/membership"
)

// An explorer searches from one start.
type explorer struct {
	start  start
	limits limits

	// tamper and censor make a machine wrong, to show that it is found; notice is shown what machines say.
	tamper func(*membership.Machine)
	censor func(who uint8, v event) bool
	notice func(who uint8, n membership.Notice)
	blind  bool // invariants are not asked for
	hasty  bool // safe messages are sent as agreed ones

	plans     *planner
	ports     [size]*port
	members   []*member
	summaries []summary
	byDigest  map[[16]byte]int32
	reactions map[reaction]outcome
	agings    map[aging]int32
	packets   []packet
	byPacket  map[packet]int32
	lists     []list
	byList    map[list]int32
	entries   []entry
	byEntry   map[entry]int32
	judged    map[verdict]bool
	buffer    []byte
	moving    []move

	seen  *set
	nodes []node
	stats stats
	found *finding
}

// limits bound a search. Zero is no bound.
type limits struct {
	faults int
	kinds  kinds
	lag    int32 // how many hops a packet may be slower than the fastest chain of packets
	timing membership.Timing
	states int
	memory uint64 // bytes
	until  time.Time
	steps  int // of a path since the last fault
}

// A node is a state that was reached, and how.
type node struct {
	w      world
	parent int32
	move   move
	steps  uint16 // since the last fault
}

// A verdict is asked for once for the same histories.
type verdict struct {
	logs [size]int32
	dead uint8
}

// stats say what a search has done.
type stats struct {
	steps    int   // moves made
	same     int   // of these, led to a state that was known
	ends     int   // quiet ends
	verdicts int   // different histories judged
	level    []int // states by number of faults
	done     int   // all paths with so many faults, and no more, were taken; -1: not even without
	bound    string
	took     time.Duration
}

// A finding is a path that ends in what must not be.
type finding struct {
	node  int32 // the last state, or its parent if the last move failed
	last  move
	wrong []string
}

func newExplorer(s start, l limits) *explorer {
	e := &explorer{start: s, limits: l, plans: newPlanner(), byDigest: map[[16]byte]int32{}, reactions: map[reaction]outcome{},
		agings: map[aging]int32{}, byPacket: map[packet]int32{}, byList: map[list]int32{}, byEntry: map[entry]int32{},
		judged: map[verdict]bool{}, seen: newSet(), packets: make([]packet, 1), lists: make([]list, 1)}
	e.plans.omit()
	for i := range e.ports {
		e.ports[i] = &port{e: e, index: uint8(i), gone: map[uint64]bool{}}
	}
	return e
}

// search takes every path from the start, with one fault more each time, until a bound is reached or something is wrong.
func (e *explorer) search() {
	began := time.Now()
	e.stats.done = -1
	defer func() { e.stats.took = time.Since(began) }()
	w, fault := e.start.make(e)
	if fault != "" {
		e.found = &finding{node: none, wrong: []string{"the start: " + fault}}
		return
	}
	e.visit(w, none, move{}, 0)
	first := 0 // of the states with one fault less
	next := 0  // the first state that is not expanded
	expand := func(level int) bool {
		for ; next < len(e.nodes); next++ {
			if !e.expand(next, level == e.limits.faults) {
				return false
			}
		}
		return true
	}
	var list []move
	for level := 0; level <= e.limits.faults; level++ {
		last := len(e.nodes)
		for i := first; level > 0 && i < last; i++ {
			list = e.faults(list[:0], &e.nodes[i].w)
			for _, v := range list {
				if !e.take(int32(i), v, 0) {
					return
				}
			}
			// What these lead to is searched at once, so that not all of them wait.
			if !expand(level) {
				return
			}
		}
		if level > 0 {
			first = last
		}
		if !expand(level) {
			return
		}
		e.stats.level = append(e.stats.level, len(e.nodes)-first)
		e.stats.done = level
	}
	e.stats.bound = "exhausted"
}

// expand takes all moves from a state; false says that the search is over.
func (e *explorer) expand(i int, reduced bool) bool {
	n := e.nodes[i]
	if e.ended(&n.w) && !e.end(i) {
		return false
	}
	if int(n.steps) >= e.limits.steps {
		e.found = &finding{node: int32(i), wrong: []string{fmt.Sprintf("no quiet end within %d steps of the last fault", e.limits.steps)}}
		return false
	}
	e.moving = e.moves(e.moving[:0], &n.w, reduced)
	if len(e.moving) == 0 && !e.ended(&n.w) {
		e.found = &finding{node: int32(i), wrong: []string{"nothing can happen any more, and it is no quiet end"}}
		return false
	}
	for _, v := range e.moving {
		if !e.take(int32(i), v, n.steps+1) {
			return false
		}
	}
	return true
}

// take makes one move; false says that the search is over.
func (e *explorer) take(from int32, v move, steps uint16) bool {
	w, fault := e.apply(e.nodes[from].w, v)
	e.stats.steps++
	if fault != "" {
		e.found = &finding{node: from, last: v, wrong: []string{fault}}
		return false
	}
	e.visit(w, from, v, steps)
	return e.stats.steps&0xfff != 0 || e.within()
}

func (e *explorer) visit(w world, from int32, v move, steps uint16) {
	if !e.seen.add(w.hash()) {
		e.stats.same++
		return
	}
	e.nodes = append(e.nodes, node{w, from, v, steps})
}

// within reports whether no bound is reached.
func (e *explorer) within() bool {
	switch {
	case e.limits.states > 0 && len(e.nodes) >= e.limits.states:
		e.stats.bound = fmt.Sprintf("the limit of %d states", e.limits.states)
	case !e.limits.until.IsZero() && time.Now().After(e.limits.until):
		e.stats.bound = "the time limit"
	case e.limits.memory > 0 && e.stats.steps&0xfffff == 0 && memory() > e.limits.memory:
		e.stats.bound = fmt.Sprintf("the memory limit of %d MiB", e.limits.memory>>20)
	default:
		return true
	}
	return false
}

func memory() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// end judges a quiet end.
func (e *explorer) end(i int) bool {
	e.stats.ends++
	w := &e.nodes[i].w
	k := verdict{dead: w.dead}
	for j := range size {
		k.logs[j] = w.at[j]
		if w.lives(j) {
			k.logs[j] = e.summaries[w.at[j]].log
		}
	}
	if e.judged[k] {
		return true
	}
	e.judged[k] = true
	e.stats.verdicts++
	var logs [size][]event
	for j := range size {
		logs[j] = e.events(k.logs[j])
	}
	if wrong := judge(logs, w.dead); len(wrong) > 0 {
		e.found = &finding{node: int32(i), wrong: wrong}
		return false
	}
	return true
}

// path is how a finding was reached.
func (e *explorer) path(f *finding) (list []move) {
	for i := f.node; i != none && e.nodes[i].parent != none; i = e.nodes[i].parent {
		list = append(list, e.nodes[i].move)
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	if f.last.kind != 0 {
		list = append(list, f.last)
	}
	return list
}

// A set holds hashes that are not zero, in open addressing.
type set struct {
	slots []uint64
	n     int
}

func newSet() *set { return &set{slots: make([]uint64, 1<<16)} }

// add reports whether the hash is new.
func (s *set) add(h uint64) bool {
	if 4*s.n > 3*len(s.slots) {
		old := s.slots
		s.slots = make([]uint64, 2*len(old))
		for _, x := range old {
			if x != 0 {
				s.put(x)
			}
		}
	}
	if s.put(h) {
		s.n++
		return true
	}
	return false
}

func (s *set) put(h uint64) bool {
	mask := uint64(len(s.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case 0:
			s.slots[i] = h
			return true
		case h:
			return false
		}
	}
}
