package main

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/membership"
)

func starting(t *testing.T, name string) start {
	for _, s := range starts {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("no start %q", name)
	return start{}
}

func kindsFor(t *testing.T, text string) kinds {
	k, ok := kindsOf(text)
	if !ok {
		t.Fatalf("no kinds %q", text)
	}
	return k
}

// short searches with so many faults of some kinds, and stops after so many states.
func short(t *testing.T, from string, faults int, kinds string, states int) *explorer {
	return newExplorer(starting(t, from), limits{faults: faults, kinds: kindsFor(t, kinds), timing: brief, states: states, steps: 2000})
}

func TestShortSearch(t *testing.T) {
	for _, c := range []struct {
		from, kinds string
		faults      int
		all         int // all paths with so many faults must be taken
	}{
		{"ring", "overtake", 1, 1}, {"safe", "drop", 1, 1}, {"stay", "drop", 1, 0}, {"ring", "all", 2, 0}, {"merge", "all", 1, 0}, {"join", "all", 0, 0},
		{"birth", "all", 0, 0}, {"ring", "cut", 1, 0},
	} {
		states := 16_000
		if c.faults == 0 {
			states = 30_000
		}
		e := short(t, c.from, c.faults, c.kinds, states)
		e.search()
		var text bytes.Buffer
		report(&text, e)
		t.Log(text.String())
		if e.found != nil || e.stats.done < c.all || e.stats.verdicts == 0 {
			t.Errorf("%s with %d faults of %s: see above", c.from, c.faults, c.kinds)
		}
	}
}

func TestOneSearchIsOneResult(t *testing.T) {
	var texts [2]string
	for i := range texts {
		e := short(t, "ring", 1, "all", 8_000)
		e.search()
		texts[i] = fmt.Sprint(e.stats.steps, e.stats.same, e.stats.ends, e.stats.verdicts, e.stats.level, len(e.nodes), len(e.members), len(e.packets))
	}
	if texts[0] != texts[1] {
		t.Errorf("%s, and then %s", texts[0], texts[1])
	}
}

// histories are all sets of histories that a search judged, in words.
func (e *explorer) histories() []string {
	var list []string
	for k := range e.judged {
		text := ""
		for i := range size {
			text += fmt.Sprintln(name(uint8(i)), e.events(k.logs[i]))
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

// Leaving out orders that come to the same loses no outcome.
func TestReducedSearchLosesNothing(t *testing.T) {
	for _, from := range []string{"ring", "safe", "merge"} {
		var found [2][]string
		var states [2]int
		for i, faults := range []int{0, 1} { // only the last level is reduced; without kinds of faults there is no other
			e := short(t, from, faults, "all", 200_000)
			e.limits.kinds, e.limits.lag = 0, 1
			e.search()
			if e.found != nil || e.stats.done != faults {
				t.Fatalf("%s: %v, %s", from, e.found, bound(e))
			}
			found[i], states[i] = e.histories(), len(e.nodes)
		}
		if !slices.Equal(found[0], found[1]) {
			t.Errorf("%s: %d outcomes reduced, %d in full", from, len(found[0]), len(found[1]))
		}
		if states[0] >= states[1] {
			t.Errorf("%s: %d states reduced, %d in full", from, states[0], states[1])
		}
	}
}

// poke writes a field of a struct that is not exported.
func poke(v any, field string, x uint64) {
	*(*uint64)(unsafe.Pointer(reflect.ValueOf(v).Elem().FieldByName(field).UnsafeAddr())) = x
}

// Canaries: a machine is made wrong in one way, and a search must find it, and say what.
func TestCanaries(t *testing.T) {
	for _, c := range []struct {
		name   string
		from   string
		kinds  string
		want   string
		spoil  func(*explorer)
		tamper func(*membership.Machine)
		censor func(who uint8, v event) bool
	}{
		{name: "safe is agreed", from: "safe", kinds: "cut", want: "ring safe delivery", spoil: func(e *explorer) { e.hasty = true }},
		{name: "safe, and released, after one rotation", from: "safe", kinds: "cut", want: "no quiet end", tamper: func(m *membership.Machine) {
			r := m.Ordering()
			poke(r, "safe", max(r.Safe(), peek[uint64](r, "lastAru")))
		}, spoil: func(e *explorer) { e.blind, e.limits.steps = true, 500 }},
		{name: "safe when it is here", from: "safe", kinds: "drop", want: "ordering invariant 4", tamper: func(m *membership.Machine) {
			r := m.Ordering()
			poke(r, "safe", r.Aru())
		}},
		{name: "a delivery is swallowed", from: "ring", kinds: "crash", want: "ring virtual synchrony", censor: func(who uint8, v event) bool {
			return who == 2 && v.kind == evs.Hand && v.text == "a1"
		}},
		{name: "a transitional configuration is swallowed", from: "ring", kinds: "crash", want: "ring signal once", censor: func(who uint8, v event) bool {
			return who == 1 && v.kind == evs.TransitionalRing && v.ring.Seq > 1
		}},
		{name: "promises are forgotten", from: "ring", kinds: "all", want: "membership invariant", tamper: func(m *membership.Machine) {
			if m.State() == membership.StateRecovery {
				*(*bool)(unsafe.Pointer(reflect.ValueOf(m).Elem().FieldByName("recovery").FieldByName("received").UnsafeAddr())) = true
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := short(t, c.from, 1, c.kinds, 300_000)
			e.tamper, e.censor = c.tamper, c.censor
			if c.spoil != nil {
				c.spoil(e)
			}
			e.search()
			if e.found == nil {
				var text bytes.Buffer
				report(&text, e)
				t.Fatalf("not found\n%s", text.String())
			}
			if all := strings.Join(e.found.wrong, "\n"); !strings.Contains(all, c.want) {
				t.Fatalf("found %s, want %s", all, c.want)
			}
			if c.want == "no quiet end" {
				return // its path is long, and its story has no end
			}
			// The path tells the same story again.
			again := short(t, c.from, 1, c.kinds, 0)
			again.tamper, again.censor = c.tamper, c.censor
			if c.spoil != nil {
				c.spoil(again)
			}
			var told bytes.Buffer
			if story(&told, again, pathText(e.path(e.found))) || !strings.Contains(told.String(), c.want) {
				t.Errorf("the story ends well:\n%s", told.String())
			}
			t.Logf("%d states, %d moves: %s", len(e.nodes), len(e.path(e.found)), e.found.wrong[0])
		})
	}
}

// What is put aside does not change when its copy goes on.
func TestACopyIsDeep(t *testing.T) {
	e := short(t, "merge", 0, "all", 3000)
	e.search()
	digest := e.plans.of(reflect.TypeFor[member]()).digest
	for id := range e.members {
		before := string(digest(nil, unsafe.Pointer(e.members[id])))
		x := clone(e.plans, e.members[id], 0)
		if string(digest(nil, unsafe.Pointer(x))) != before {
			t.Fatalf("member state %d: the copy is another state", id)
		}
		for i := 1; i < len(e.packets); i += 1 + len(e.packets)/20 {
			if int(e.packets[i].to) == int(index(x.m.Members()[x.m.Ordering().Self])) {
				e.play(int(e.packets[i].to), clone(e.plans, e.members[id], 0), input{kind: inputPacket, what: int32(i)})
			}
		}
		if string(digest(nil, unsafe.Pointer(e.members[id]))) != before {
			t.Fatalf("member state %d changed when its copy went on", id)
		}
		if id > 300 {
			break
		}
	}
}

// TestAStayIsExplored: the start for it leads to tokens that stay, to answers in the same visit, and to stays that nobody ends but their
// deadline.
func TestAStayIsExplored(t *testing.T) {
	e := short(t, "stay", 0, "all", 30_000)
	e.search()
	var stayed, answered, ended bool
	for i := range e.members {
		c := &e.members[i].m.Coverage
		stayed = stayed || e.summaries[i].stays
		answered = answered || c.StayedOn > 0
		ended = ended || c.Stayed > 0 && c.StayedOn == 0 && len(e.members[i].unsaid) == 0 && !e.summaries[i].stays
	}
	if e.found != nil || e.stats.done != 0 || !stayed || !answered || !ended {
		t.Errorf("%v, all paths with %d faults; stayed %v, answered %v, ended in vain %v", e.found, e.stats.done, stayed, answered, ended)
	}
}
