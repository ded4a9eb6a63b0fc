package main

// What of a machine's state counts. Counters decide nothing. What a state of the protocol leaves behind for good is left out too,
// or two members that will always do the same would count as two: each omission says who makes sure of it.

import (
	"reflect"
	"unsafe"

	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/ordering"
)

// always are fields that never decide anything.
var always = map[reflect.Type][]string{
	reflect.TypeFor[membership.Machine](): {"cfg", "Coverage", "past", "visit", "arena", "seeds", "out", "source", "now"},
	reflect.TypeFor[ordering.Ring]():      {"Counters", "limits", "Context"},
}

// stale are fields of a machine that its state never reads before they are written anew.
var stale = map[membership.State]map[string][]string{
	// startGather makes gather anew, adoptCommit makes commit anew but for the number of tokens handled.
	membership.StateOperational: {
		"gather": {"proc", "fail", "join", "started", "joinAt", "consensusAt", "commitAt", "rounds", "proposals"},
		"commit": {"ring", "entries", "hop", "token", "shown", "retransmitAt", "lossAt"},
	},
	// startRecovery makes anew all but the promises; the same of commit.
	membership.StateGather: {
		"commit":   {"ring", "entries", "hop", "token", "shown", "retransmitAt", "lossAt"},
		"recovery": {"trans", "queue", "from", "seen", "quiet", "installSeq", "enough", "install"},
	},
	membership.StateCommit: {
		"recovery": {"trans", "queue", "from", "seen", "quiet", "installSeq", "enough", "install"},
	},
}

// part digests a struct without some of its fields.
func (pl *planner) part(t reflect.Type, without []string) func([]byte, unsafe.Pointer) []byte {
	type field struct {
		plan *plan
		at   uintptr
	}
	var fields []field
	found := 0
	for i := range t.NumField() {
		f := t.Field(i)
		left := false
		for _, w := range without {
			left = left || w == f.Name
		}
		if left {
			found++
			continue
		}
		fields = append(fields, field{pl.of(f.Type), f.Offset})
	}
	if found != len(without) {
		panic("explore: a field of " + t.String() + " that is to be left out does not exist")
	}
	return func(b []byte, at unsafe.Pointer) []byte {
		for _, f := range fields {
			b = f.plan.digest(b, unsafe.Add(at, f.at))
		}
		return b
	}
}

// omit teaches a planner what to leave out.
func (pl *planner) omit() {
	for t, without := range always {
		if t != reflect.TypeFor[membership.Machine]() {
			pl.special[t] = pl.part(t, without)
		}
	}
	t := reflect.TypeFor[membership.Machine]()
	type section struct {
		at     uintptr
		digest func([]byte, unsafe.Pointer) []byte
	}
	whole := map[membership.State]func([]byte, unsafe.Pointer) []byte{}
	for _, s := range []membership.State{membership.StateOperational, membership.StateGather, membership.StateCommit, membership.StateRecovery} {
		without := append([]string(nil), always[t]...)
		var sections []section
		for name, fields := range stale[s] {
			f, _ := t.FieldByName(name)
			without = append(without, name)
			sections = append(sections, section{f.Offset, pl.part(f.Type, fields)})
		}
		rest := pl.part(t, without)
		whole[s] = func(b []byte, at unsafe.Pointer) []byte {
			b = rest(b, at)
			for _, x := range sections {
				b = x.digest(b, unsafe.Add(at, x.at))
			}
			return b
		}
	}
	pl.special[t] = func(b []byte, at unsafe.Pointer) []byte {
		return whole[(*membership.Machine)(at).State()](b, at)
	}
}
