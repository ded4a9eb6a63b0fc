package membership

// Several members that save for one joiner: who they are, who is left of them, and of whom a state counts.

import (
	"slices"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// joiner starts a node and has it join a group of the given members, until it was told to load.
func joiner(t *testing.T, names, name string, spares uint8) (*world, map[string]*app, *app) {
	config := wire.GroupConfig{Spares: spares}
	w, apps := cluster(t, names, config)
	w.start(name)
	w.regroup(names + name)
	x := w.ask(w.proc(name), "g", config)
	for x.load == nil {
		w.advance()
	}
	return w, apps, x
}

// donors are the names of whoever may give the state to a member, by the record of one on its ring.
func donors(p *proc, x *app) string {
	r := p.dir.index[wire.NewGroupID("g")][0]
	m := r.Members[find(&r.GroupRecord, x.p.info.ID)]
	s := memberOfRecord(&r.GroupRecord, m.Donor).Name
	for _, id := range m.Spares {
		s += memberOfRecord(&r.GroupRecord, id).Name
	}
	return s
}

func TestSparesSaveToo(t *testing.T) {
	for spares, all := range []string{"a", "ab", "abc", "abc"} {
		w, apps, x := joiner(t, "abc", "d", uint8(spares))
		want(t, x, "load from "+all)
		x.giving = all[len(all)-1:]
		w.settle()
		for _, n := range []string{"a", "b", "c"} {
			told := apps[n].told()
			if saved, should := slices.Contains(told, "save for d"), slices.Contains([]byte(all), n[0]); saved != should {
				t.Errorf("%d spares: %s was told %q", spares, n, told)
			}
		}
		want(t, x, "view abcd joined:d with:d loading:d primary:true rank:3", "loaded d")
		if got := donors(w.proc("b"), x); got != "" {
			t.Errorf("%s gives to one that has loaded", got)
		}
	}
}

// TestSpareTakesOver: one donor less is no new cut as long as another saved, and the state of any that is left counts.
func TestSpareTakesOver(t *testing.T) {
	for _, how := range []string{"the donor crashes", "the donor leaves", "a spare crashes"} {
		for _, giving := range []string{"b", "c"} {
			w, apps, x := joiner(t, "abce", "d", 2)
			want(t, x, "load from abc")
			cut := x.load.Cut
			x.giving = "nobody"
			left := giving + "e"
			switch how {
			case "the donor crashes":
				w.crash("a")
				w.regroup("bced")
				left = "bc"
			case "the donor leaves":
				apps["a"].leave = true
				w.settle()
				left = "bc"
			case "a spare crashes":
				gone := map[string]string{"b": "c", "c": "b"}[giving]
				w.crash(gone)
				left = "a" + giving
				w.regroup(map[string]string{"b": "abed", "c": "aced"}[giving])
			}
			w.settle()
			if x.load == nil || x.load.Cut != cut {
				t.Fatalf("%s: %+v", how, x.load)
			}
			if got := donors(w.proc("e"), x); got != left {
				t.Errorf("%s: %s give, want %s", how, got, left)
			}
			x.told()
			x.giving = giving
			w.settle()
			got := x.told()
			if slices.ContainsFunc(got, func(s string) bool { return len(s) > 4 && s[:4] == "load" && s != "loaded d" }) || !slices.Contains(got, "loaded d") {
				t.Errorf("%s: d was told %q", how, got)
			}
		}
	}
}

// TestStateOfAFormerDonor: who was out of the record between the cut and the end of the load may have been with others. What it gave does
// not count, and the load begins anew.
func TestStateOfAFormerDonor(t *testing.T) {
	w, _, x := joiner(t, "abc", "d", 1)
	want(t, x, "load from ab")
	cut := x.load.Cut
	x.giving = "a"
	if !x.finishLoad() {
		t.Fatal("a gave nothing")
	}
	x.giving = ""
	w.crash("a")
	w.regroup("bcd")
	w.settle()
	got := x.told()
	if i := slices.Index(got, "load from bc"); i < 0 || slices.Index(got, "loaded d") < i {
		t.Errorf("d was told %q", got)
	}
	if x.loadedCut == cut {
		t.Error("the state of a former donor counts")
	}
}

// TestNoDonorIsLeft: when the last of them is gone, others save at a new cut.
func TestNoDonorIsLeft(t *testing.T) {
	w, apps, x := joiner(t, "abcef", "d", 1)
	want(t, x, "load from ab")
	cut := x.load.Cut
	w.crash("a")
	w.crash("b")
	w.regroup("cefd")
	w.settle()
	got := x.told()
	if !slices.Contains(got, "load from ce") || !slices.Contains(got, "loaded d") || x.loadedCut == cut {
		t.Errorf("d was told %q", got)
	}
	for _, n := range []string{"c", "e"} {
		if told := apps[n].told(); !slices.Contains(told, "save for d") {
			t.Errorf("%s was told %q", n, told)
		}
	}
}

// TestRecutAsksOthersFirst: who could not give the state comes last in the next cut.
func TestRecutAsksOthersFirst(t *testing.T) {
	w, _, x := joiner(t, "abc", "d", 2)
	want(t, x, "load from abc")
	x.giving = "nobody"
	x.recut()
	for x.load.Donor.Name == "a" {
		w.advance()
	}
	x.giving = ""
	w.settle()
	if got := x.told(); !slices.Contains(got, "load from bca") || !slices.Contains(got, "loaded d") {
		t.Errorf("d was told %q", got)
	}
}

// TestSparesOfOneSide: who comes in with a merge gets its state from one side, whoever of it gives, and merges the others.
func TestSparesOfOneSide(t *testing.T) {
	config := wire.GroupConfig{Partition: wire.PolicyPartitionable, Spares: 2}
	w, apps := cluster(t, "abcd", config)
	w.regroup("ac", "bd")
	for _, n := range []string{"a", "b", "b"} { // a position serves once on each side
		apps[n].p.say("g")
	}
	w.settle()
	x := w.ask(w.start("e"), "g", config, func(a *app) { a.seeds = append(a.seeds, address("a")) })
	w.settle()
	for _, a := range apps {
		a.told()
	}
	x.giving = "c" // the second of a's side; b is older
	w.regroup("abcde")
	if got := x.told(); !slices.Contains(got, "load from ac") || !slices.Contains(got, "merge b") || !slices.Contains(got, "loaded e") {
		t.Errorf("e was told %q", got)
	}
	if !slices.Equal(x.state, apps["a"].state) || len(x.state) != 2 {
		t.Errorf("e has %v, a has %v", x.state, apps["a"].state)
	}
}
