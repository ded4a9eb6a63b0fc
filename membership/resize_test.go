package membership

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// voters is what a process knows of who votes in g: "3 abc".
func (p *proc) voters() string {
	size, names := p.dir.Voters(wire.NewGroupID("g"))
	return fmt.Sprint(size, " ", strings.Join(names, ""))
}

// goesOn reports whether the group goes on at a process.
func (p *proc) goesOn() bool { return p.dir.Accepts(wire.NewGroupID("g")) }

// wantVoters lists what those named know of who votes, and whether the group goes on there.
func (w *world) wantVoters(t *testing.T, names, voters string, on bool) {
	t.Helper()
	for _, n := range names {
		if p := w.proc(string(n)); p.goesOn() != on || on && p.voters() != voters {
			t.Errorf("%c goes on: %v with voters %s; want %v with %s: %s", n, p.goesOn(), p.voters(), on, voters, p.dir.Explain(wire.NewGroupID("g")))
		}
	}
}

// TestResizeChooses: who votes after a change of the size, and which changes are refused.
func TestResizeChooses(t *testing.T) {
	for _, c := range []struct {
		from    uint16
		gone    string // cut off before
		to      int
		want    string
		sides   string // one side after the other, afterwards
		refused string
	}{
		{from: 3, to: 5, want: "5 abcde", sides: "cde+ab-"},
		{from: 3, to: 4, want: "4 abcd", sides: "abe-cd-"},
		{from: 5, to: 3, want: "3 abc", sides: "ab+cde-"},
		{from: 5, gone: "c", to: 3, want: "3 abd", sides: "ad+bce-"},
		{from: 5, gone: "ab", to: 3, want: "3 cde", sides: "de+abc-"},
		{from: 3, to: 1, want: "1 a", sides: "a+bcde-"},
		{from: 1, to: 3, want: "3 abc", sides: "bc+ade-"},
		{from: 3, gone: "a", to: 1, want: "1 b", sides: "bd+ace-"},
		{from: 3, to: 7, want: "7 abcde", sides: "abcd+e-"},
		{from: 5, to: 5, want: "5 abcde", sides: "abc+de-"},
		{from: 3, to: 10, refused: "5 members that could vote have the state, which is no majority of 10"},
		{from: 3, to: 0, refused: "a size is between 1 and 1024, this is 0"},
		{from: 3, to: 1025, refused: "a size is between 1 and 1024, this is 1025"},
		{from: 0, to: 3, refused: "the group was founded without a Size"},
	} {
		t.Run(fmt.Sprintf("%d to %d without %s", c.from, c.to, c.gone), func(t *testing.T) {
			w, _ := cluster(t, "abcde", wire.GroupConfig{Size: c.from})
			left := strings.Trim(strings.Map(func(r rune) rune {
				if strings.ContainsRune(c.gone, r) {
					return ' '
				}
				return r
			}, "abcde"), " ")
			left = strings.ReplaceAll(left, " ", "")
			if c.gone != "" {
				w.regroup(left, c.gone)
			}
			p := w.proc(left[:1])
			s := p.dir.Sizing(wire.NewGroupID("g"), c.to)
			if s.Why != c.refused || !s.Live || s.Size != int(c.from) || s.Done != (c.to == int(c.from)) {
				t.Fatalf("%+v", s)
			}
			p.send(wire.KindResize, wire.NewGroupID("g"), s.Event.Append(nil))
			w.settle()
			if c.refused != "" {
				if got := p.voters(); c.from != 0 && got != "3 abc" {
					t.Errorf("it was changed all the same: %s", got)
				}
				return
			}
			w.wantVoters(t, left, c.want, true)
			if c.gone != "" {
				w.regroup("abcde")
				w.wantVoters(t, "abcde", c.want, true)
			}
			for side := range strings.FieldsFuncSeq(c.sides, func(r rune) bool { return r == '+' || r == '-' }) {
				var rest string
				for _, n := range "abcde" {
					if !strings.ContainsRune(side, n) {
						rest += string(n)
					}
				}
				w.regroup("abcde")
				w.regroup(side, rest)
				w.wantVoters(t, side, c.want, strings.Contains(c.sides, side+"+"))
			}
			w.regroup("abcde")
			w.wantVoters(t, "abcde", c.want, true)
		})
	}
}

// TestResizeMadeUpIsVoid: what no member would compute, and what was computed from a record that is another by now, changes nothing.
func TestResizeMadeUpIsVoid(t *testing.T) {
	w, _ := cluster(t, "abcde", wire.GroupConfig{Size: 3})
	a, g := w.proc("a"), wire.NewGroupID("g")
	epoch := a.dir.index[g][0].Epoch
	for _, e := range []wire.Resize{
		{Epoch: epoch, Size: 5, Voters: []string{"a", "b", "c", "d", "x"}},
		{Epoch: epoch, Size: 5, Voters: []string{"a", "b", "c", "c"}},
		{Epoch: epoch, Size: 5, Voters: []string{"a", "b"}},
		{Epoch: epoch - 1, Size: 5, Voters: []string{"a", "b", "c", "d", "e"}},
	} {
		e.By = a.info.ID
		a.send(wire.KindResize, g, e.Append(nil))
		w.settle()
		w.wantVoters(t, "abcde", "3 abc", true)
	}
	// Of two at once the first counts.
	a.resize(5)
	w.proc("b").resize(1)
	w.settle()
	w.wantVoters(t, "abcde", "5 abcde", true)
}

// acted has a alone act on a change of the size which all others hold, and then puts each on a ring of its own, where they meet it without
// the right to act on it.
func acted(t *testing.T, from uint16, to int) *world {
	w, _ := cluster(t, "abcde", wire.GroupConfig{Size: from})
	a := w.proc("a")
	a.resize(to)
	for _, n := range "abcde" {
		w.proc(string(n)).reach()
	}
	for a.step() {
	}
	if got := a.voters(); got[0] != byte('0'+to) || w.proc("b").voters() == got {
		t.Fatalf("a has %s, b %s", got, w.proc("b").voters())
	}
	for _, n := range "abcde" {
		p := w.proc(string(n))
		w.form([]*proc{p}, []*proc{p})
	}
	w.settle()
	return w
}

// TestResizeMetByTheOthers: a acted on a change which the others met only in a transitional configuration. Those with a by the new list
// go on, and so do those who are a majority by both; nobody by the old one alone.
func TestResizeMetByTheOthers(t *testing.T) {
	for _, c := range []struct {
		from uint16
		to   int
		side string
		on   bool
	}{
		{3, 5, "abc", true}, {3, 5, "ade", true}, {3, 5, "bcd", true},
		{3, 5, "bc", false}, {3, 5, "cde", false}, {3, 5, "ab", false},
		{5, 3, "ab", true}, {5, 3, "bcd", true}, {5, 3, "ace", true},
		{5, 3, "bc", false}, {5, 3, "cde", false}, {5, 3, "bde", false},
		{1, 3, "ab", true}, {1, 3, "a", false}, {1, 3, "bcde", false},
		{3, 1, "a", true}, {3, 1, "bcde", false},
	} {
		t.Run(fmt.Sprintf("%d to %d, %s", c.from, c.to, c.side), func(t *testing.T) {
			w := acted(t, c.from, c.to)
			if c.side != "a" {
				w.regroup(c.side)
			}
			want := map[int]string{5: "5 abcde", 3: "3 abc", 1: "1 a"}[c.to]
			w.wantVoters(t, c.side, want, c.on)
			w.regroup("abcde")
			w.wantVoters(t, "abcde", want, true)
		})
	}
}

// TestResizerDies: a dies when it has asked for a change. If one other got it, those who are a majority by both lists make it good on
// their next ring, but nobody acts on it before that; if nobody did, nothing has changed.
func TestResizerDies(t *testing.T) {
	for _, got := range []string{"", "b", "e", "bcde"} {
		w, _ := cluster(t, "abcde", wire.GroupConfig{Size: 3})
		w.proc("a").resize(5)
		for _, n := range got {
			w.proc(string(n)).reach()
		}
		w.crash("a")
		want := "3 abc"
		if got != "" {
			want = "5 abcde"
		}
		w.regroup("bcde")
		w.wantVoters(t, "bcde", want, true)
		w.regroup("bc", "de")
		w.wantVoters(t, "bc", want, got == "")
		w.wantVoters(t, "de", want, false)
	}
}

// TestResizeAlongAQuorum: those who move along are a quorum, and hold back all the same behind a change of the size: one that was thought
// to move along may go another way.
func TestResizeAlongAQuorum(t *testing.T) {
	w, apps := cluster(t, "abcde", wire.GroupConfig{Size: 3})
	a, b, c := w.proc("a"), w.proc("b"), w.proc("c")
	a.resize(1)
	a.say("g")
	b.reach()
	// a and b move along, c does not; only b gets as far as the new ring.
	w.form([]*proc{a, b}, []*proc{b})
	if len(apps["b"].state) != 0 || !b.dir.Holding(wire.NewGroupID("g")) && len(b.dir.index[wire.NewGroupID("g")][0].Attempts) == 0 {
		t.Errorf("b has acted on the change: %v, %s", apps["b"].state, b.voters())
	}
	w.regroup("bc")
	if b.goesOn() || c.goesOn() {
		t.Error("b and c go on without a, who may vote alone")
	}
	w.regroup("abc")
	w.wantVoters(t, "abc", "1 a", true)
	for _, n := range "abc" {
		if len(apps[string(n)].state) != 1 {
			t.Errorf("%c has %v", n, apps[string(n)].state)
		}
	}
}

// TestResizeBehindASync: b and c have not delivered the sync of their ring when a acts on a change of the size there. What it came to is
// kept all the same, so they do not go on by the old list while a, d and e go on by the new one.
func TestResizeBehindASync(t *testing.T) {
	w, _ := cluster(t, "abcde", wire.GroupConfig{Size: 3})
	w.regroupOnly("abcde")
	for _, n := range "ade" {
		p := w.proc(string(n))
		for p.step() {
		}
	}
	a := w.proc("a")
	if !a.dir.Synced() || w.proc("b").dir.Synced() || w.proc("c").dir.Synced() {
		t.Fatal("a, d and e alone were to have delivered the sync")
	}
	a.resize(5)
	for _, n := range "abcde" {
		w.proc(string(n)).reach()
	}
	for a.step() {
	}
	w.regroup("bc", "ade")
	w.wantVoters(t, "ade", "5 abcde", true)
	w.wantVoters(t, "bc", "", false)
	w.regroup("abcde")
	w.wantVoters(t, "abcde", "5 abcde", true)
}

// TestResizeAndFurther: a has acted on the change, b has met it in a transitional configuration and holds more. b's memory goes on; that a
// has acted says that the former list does not count any more, and the state goes on with the list that a has.
func TestResizeAndFurther(t *testing.T) {
	w, apps := cluster(t, "abcde", wire.GroupConfig{Size: 5})
	w.regroup("abc", "de")
	a, b, c := w.proc("a"), w.proc("b"), w.proc("c")
	a.resize(3)
	for _, p := range []*proc{a, b, c} {
		p.reach()
	}
	for a.step() {
	}
	c.say("g")
	b.reach()
	for _, p := range []*proc{a, b, c} {
		w.form([]*proc{p}, []*proc{p})
	}
	w.settle()
	w.crash("c")
	w.regroup("ab")
	w.wantVoters(t, "ab", "3 abc", true)
	if !slices.Equal(apps["a"].state, apps["b"].state) || len(apps["a"].state) != 1 {
		t.Errorf("a has %v, b has %v", apps["a"].state, apps["b"].state)
	}
	w.regroup("de")
	w.wantVoters(t, "de", "", false)
}

// TestResizeThenAnotherSize: who joins a group whose size was changed may have any size configured, also the former one. A group whose size
// was not changed refuses another, but only where it goes on; without a primary such a joiner waits, and among all names it does not count,
// for it may know of a change that is not known here.
func TestResizeThenAnotherSize(t *testing.T) {
	w, _ := cluster(t, "abc", wire.GroupConfig{Size: 1})
	d := w.start("d")
	w.regroup("abcd")
	if x := w.ask(d, "g", wire.GroupConfig{Size: 3}); true {
		w.settle()
		want(t, x, "refused: configuration differs: Size: 3 here, 1 in the group")
	}
	w.ask(d, "g", wire.GroupConfig{Size: 1})
	w.settle()
	w.regroup("abc", "d")
	w.proc("a").resize(3)
	w.settle()
	w.wantVoters(t, "abc", "3 abc", true)
	w.crash("a")
	w.regroup("bc")
	w.wantVoters(t, "bc", "3 abc", true)
	// a begins anew with the size that counts by now and meets d, who knows nothing of it.
	a := w.start("a")
	w.ask(a, "g", wire.GroupConfig{Size: 3})
	w.regroup("ad")
	if m := a.dir.Membership(wire.NewGroupID("g")); d.goesOn() || m != MembershipWaiting {
		t.Fatalf("d goes on: %v, a is %v, while b and c are the primary", d.goesOn(), m)
	}
	w.regroup("abcd")
	w.wantVoters(t, "abcd", "3 abc", true)
	for i, size := range []uint16{1, 3, 7} {
		p := w.start(string(rune('e' + i)))
		x := w.ask(p, "g", wire.GroupConfig{Size: size})
		w.regroup("abcd" + p.name)
		if !x.in {
			t.Errorf("size %d: %v", size, x.trace)
		}
		w.regroup("abcd", p.name)
	}
	p := w.start("i")
	x := w.ask(p, "g", wire.GroupConfig{})
	w.regroup("abcdi")
	want(t, x, "refused: configuration differs: Size: 0 here, 3 in the group")
}

// TestResizeAndOverride: an override counts whatever change of the size was met on the way, and a later change makes the votes more again.
func TestResizeAndOverride(t *testing.T) {
	w := acted(t, 3, 5)
	w.regroup("de")
	if !w.proc("d").override() {
		t.Fatal("there is nothing to override")
	}
	w.settle()
	w.wantVoters(t, "de", "3 de", true)
	f := w.start("f")
	w.ask(f, "g", wire.GroupConfig{Size: 3})
	w.regroup("def")
	w.wantVoters(t, "def", "3 def", true)
	w.proc("d").resize(5)
	w.settle()
	w.wantVoters(t, "def", "5 def", true)
	w.regroup("de", "f")
	w.wantVoters(t, "de", "", false)
}

// TestResizeAdopted: b and c have met the sync of the ring in a transitional configuration, and what a change of the size behind it came to. Their
// memory goes on, for more voters have it; that a has acted on the change shows which list counts.
func TestResizeAdopted(t *testing.T) {
	w, _ := cluster(t, "abcde", wire.GroupConfig{Size: 3})
	w.regroupOnly("abcde")
	for _, n := range "ade" {
		p := w.proc(string(n))
		for p.step() {
		}
	}
	a, b, c := w.proc("a"), w.proc("b"), w.proc("c")
	a.resize(5)
	for _, n := range "abcde" {
		w.proc(string(n)).reach()
	}
	for a.step() {
	}
	w.form([]*proc{b, c}, []*proc{b, c})
	w.form([]*proc{a}, []*proc{a})
	w.regroup("abc")
	w.wantVoters(t, "abc", "5 abcde", true)
	w.regroup("ab")
	w.wantVoters(t, "ab", "", false)
}

// TestStrayOfAnotherSize: d was to load in a founding whose size was changed. It waits for an older one instead, and when that is lost it has
// no say in the size of the next, nor is it refused.
func TestStrayOfAnotherSize(t *testing.T) {
	w := newWorld(t)
	config := wire.GroupConfig{Size: 2}
	found := func(names, ask string) {
		w.regroup(names)
		for _, n := range ask {
			w.ask(w.proc(string(n)), "g", config)
			w.settle()
		}
	}
	for _, n := range "abcde" {
		w.start(string(n))
	}
	found("ae", "ae")
	found("bc", "bc")
	w.regroup("bcd")
	w.ask(w.proc("d"), "g", config, func(d *app) { d.giving = "nobody" })
	w.settle()
	w.proc("b").resize(3)
	w.settle()
	w.wantVoters(t, "bcd", "3 bcd", true)
	w.regroup("a", "e", "d")
	w.regroup("ad")
	if in := w.proc("d").dir.Membership(wire.NewGroupID("g")); in != MembershipWaiting {
		t.Errorf("d is %v", in)
	}
	w.crash("a")
	w.crash("e")
	w.regroup("d")
	w.start("a")
	w.start("e")
	found("dae", "ae")
	w.wantVoters(t, "dae", "2 da", true)
	if m, _, _ := w.proc("a").dir.Members(wire.NewGroupID("g")); names(m) != "dae" {
		t.Errorf("members %s", names(m))
	}
}
