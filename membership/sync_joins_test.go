package membership

// Joins that come to a ring with their member: the ring's sync lets all of them in by one view.

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// TestJoinsComeWithTheSync: a has the group alone when three come to its ring, each with the wish to join it: one view. The one whose
// configuration does not fit is refused, and the others are in.
func TestJoinsComeWithTheSync(t *testing.T) {
	w, apps := cluster(t, "a", wire.GroupConfig{})
	for _, n := range "bcd" {
		w.start(string(n))
	}
	b := w.ask(w.proc("b"), "g", wire.GroupConfig{})
	c := w.ask(w.proc("c"), "g", wire.GroupConfig{LastMember: 1})
	d := w.ask(w.proc("d"), "g", wire.GroupConfig{})
	w.regroup("abcd")
	want(t, apps["a"], "save for bd", "view abd joined:bd with:a loading:bd primary:true rank:0", "loaded b", "loaded d")
	want(t, b, "load from a", "view abd joined:bd with:b loading:bd primary:true rank:1", "loaded b", "loaded d")
	want(t, d, "load from a", "view abd joined:bd with:d loading:bd primary:true rank:2", "loaded b", "loaded d")
	if c.refused.Refusal != RefusalConfig || c.in || c.join {
		t.Errorf("c was told %q", c.trace)
	}
}

// TestJoinsFoundInTheSync: nobody had a ring before, and of those who come one only wants a group that is there already.
func TestJoinsFoundInTheSync(t *testing.T) {
	w := newWorld(t)
	var apps []*app
	for _, n := range "abc" {
		w.start(string(n))
		apps = append(apps, w.ask(w.proc(string(n)), "g", wire.GroupConfig{Size: 3}))
	}
	late := w.ask(w.proc("b"), "h", wire.GroupConfig{}, func(a *app) { a.mode = wire.JoinExisting })
	w.regroup("abc")
	want(t, apps[0], "founded", "save for bc", "view abc joined:abc with:a loading:bc primary:true rank:0", "loaded b", "loaded c")
	want(t, apps[1], "load from a", "view abc joined:abc with:b loading:bc primary:true rank:1", "loaded b", "loaded c")
	if late.refused.Refusal != RefusalNoGroup {
		t.Errorf("b was told %q of h", late.trace)
	}
}

// TestAJoinThatCameWithALostSync: the others let c in by a sync that c meets only when it is cut off, and c has given up its wish by the
// next ring: it is out there as everywhere, and the group goes on.
func TestAJoinThatCameWithALostSync(t *testing.T) {
	w, apps := cluster(t, "ab", wire.GroupConfig{})
	w.start("c")
	c := w.ask(w.proc("c"), "g", wire.GroupConfig{})
	all := []*proc{w.proc("a"), w.proc("b"), w.proc("c")}
	w.form(all, all)
	r := w.proc("c").ring
	for range 2 { // what each side describes, and then the sync that it makes them send, are had by all
		for k := range r.log {
			for _, p := range all {
				p.receive(k)
			}
		}
		for p := range 2 {
			for all[p].step() {
			}
		}
		all[0].reconcile()
	}
	if got := names(apps["a"].view.Members); got != "abc" {
		t.Fatalf("a sees %s", got)
	}
	if c.in {
		t.Fatalf("c has seen the sync: %q", c.trace)
	}
	c.leave = true
	w.regroup("ab", "c")
	w.regroup("abc")
	for _, n := range []string{"a", "b"} {
		if got := names(apps[n].view.Members); got != "ab" || !apps[n].view.Primary {
			t.Errorf("%s sees %s", n, got)
		}
	}
	if c.in || len(c.state) > 0 {
		t.Errorf("c is in: %q", c.trace)
	}
}
