package membership

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

func seeds(names string) func(*app) {
	return func(a *app) {
		for _, n := range names {
			a.seeds = append(a.seeds, address(string(n)))
		}
	}
}

// TestFoundingWaitsForSeeds founds only when every seed of those who found is on the ring.
func TestFoundingWaitsForSeeds(t *testing.T) {
	w := newWorld(t)
	a, b := w.start("a"), w.start("b")
	w.regroup("ab")
	x := w.ask(a, "g", wire.GroupConfig{}, seeds("bc"))
	w.settle()
	y := w.ask(b, "g", wire.GroupConfig{}, seeds("ac"))
	w.settle()
	want(t, x)
	if m := a.dir.Membership(wire.NewGroupID("g")); m != MembershipWaiting {
		t.Errorf("a is %v", m)
	}
	if got := a.dir.Explain(wire.NewGroupID("g")); got != "have 2 of 1 needed to found (waiting for 10.0.0.99:7946)" {
		t.Errorf("a: %s", got)
	}
	w.start("c")
	w.regroup("abc")
	want(t, x, "founded", "save for b", "view ab joined:ab with:a loading:b primary:true rank:0", "loaded b")
	want(t, y, "load from a", "view ab joined:ab with:b loading:b primary:true rank:1", "loaded b")
}

// TestOneWithoutSeedsFoundsAlone lets the others in when it has, whatever they wait for.
func TestOneWithoutSeedsFoundsAlone(t *testing.T) {
	w := newWorld(t)
	a, b := w.start("a"), w.start("b")
	w.regroup("ab")
	y := w.ask(b, "g", wire.GroupConfig{}, seeds("ac"))
	w.settle()
	x := w.ask(a, "g", wire.GroupConfig{})
	w.settle()
	want(t, x, "founded", "save for b", "view ab joined:ab with:a loading:b primary:true rank:0", "loaded b")
	want(t, y, "load from a", "view ab joined:ab with:b loading:b primary:true rank:1", "loaded b")
}

// TestFoundingNeedsSizeNames counts names, and those of a size only when their seeds are here.
func TestFoundingNeedsSizeNames(t *testing.T) {
	w := newWorld(t)
	for _, n := range []string{"a", "b", "c", "d"} {
		w.start(n)
	}
	w.regroup("abcd")
	var apps []*app
	for i, n := range []string{"d", "b", "a"} {
		apps = append(apps, w.ask(w.proc(n), "g", wire.GroupConfig{Size: 3}, seeds("c")))
		if i < 2 {
			w.settle()
			if got, text := w.proc(n).dir.Explain(wire.NewGroupID("g")), []string{"have 1 of 3 needed to found", "have 2 of 3 needed to found"}[i]; got != text {
				t.Errorf("%s: %s, want %s", n, got, text)
			}
		}
	}
	w.settle()
	want(t, apps[0], "founded", "save for ba", "view dba joined:dba with:d loading:ba primary:true rank:0", "loaded a", "loaded b")
	ros, _ := w.proc("c").dir.Roster(wire.NewGroupID("g"))
	if ros.Founding == 0 || !ros.Live || ros.View.Rank != -1 || names(ros.View.Members) != "dba" {
		t.Errorf("c has %+v", ros)
	}
	x := w.ask(w.proc("c"), "g", wire.GroupConfig{Size: 3})
	w.settle()
	want(t, x, "load from d", "view dbac joined:c with:c loading:c primary:true rank:3", "loaded c")
	if v := w.proc("a").dir.index[wire.NewGroupID("g")][0].Voters; !slices.Equal(v, []string{"d", "b", "a"}) {
		t.Errorf("voters %v", v)
	}
}

// TestMappedSeed knows an IPv4 address in IPv6 clothes.
func TestMappedSeed(t *testing.T) {
	w := newWorld(t)
	a := w.start("a")
	mapped := netip.AddrPortFrom(netip.AddrFrom16(address("a").Addr().As16()), 7946)
	x := w.ask(a, "g", wire.GroupConfig{}, func(x *app) { x.seeds = []netip.AddrPort{mapped} })
	w.settle()
	want(t, x, "founded", "view a joined:a with:a primary:true rank:0")
}

// TestTwoFounders keeps the older founding; the younger's members are out and keep their state.
func TestTwoFounders(t *testing.T) {
	w := newWorld(t)
	a, b := w.start("a"), w.start("b")
	x := w.ask(a, "g", wire.GroupConfig{})
	w.settle()
	y := w.ask(b, "g", wire.GroupConfig{})
	w.settle()
	b.say("g")
	w.settle()
	x.told()
	y.told()
	w.regroup("ab")
	want(t, x)
	want(t, y, "two founders: two founders")
	if y.in || len(y.state) != 1 {
		t.Errorf("b is in: %v, with %v", y.in, y.state)
	}
	y.view = View{}
	y.join = true
	w.settle()
	if got := y.told(); len(got) != 3 || got[0] != "load from a" {
		t.Errorf("b joined again and was told %q", got)
	}
}

// TestColdStart: all died, one stayed on the ring that only knew of the group. When all who voted run anew, the group is founded
// again, and its views count on.
func TestColdStart(t *testing.T) {
	for _, size := range []uint16{0, 2} {
		w := newWorld(t)
		for _, n := range []string{"a", "b", "z"} {
			w.start(n)
		}
		w.regroup("abz")
		x := w.ask(w.proc("a"), "g", wire.GroupConfig{Size: size})
		w.ask(w.proc("b"), "g", wire.GroupConfig{Size: size})
		w.settle()
		last := x.view.ID.Num
		w.crash("a")
		w.crash("b")
		w.regroup("z")
		a := w.start("a")
		w.regroup("az")
		x = w.ask(a, "g", wire.GroupConfig{Size: size})
		w.settle()
		want(t, x)
		if got := a.dir.Explain(wire.NewGroupID("g")); got == "" || a.dir.Membership(wire.NewGroupID("g")) != MembershipWaiting {
			t.Errorf("a: %s", got)
		}
		w.ask(w.start("b"), "g", wire.GroupConfig{Size: size})
		w.regroup("abz")
		if m := a.dir.Membership(wire.NewGroupID("g")); m != MembershipMember {
			t.Fatalf("size %d: a is %v: %s", size, m, a.dir.Explain(wire.NewGroupID("g")))
		}
		if x.view.ID.Num <= last {
			t.Errorf("size %d: view %v after %d", size, x.view.ID, last)
		}
	}
}

// TestJoinIsWaitedForOnItsOwnWord: b gives up its join where a does not hear it. What a remembers of the join is no join any more.
func TestJoinIsWaitedForOnItsOwnWord(t *testing.T) {
	config := wire.GroupConfig{Size: 3}
	w := newWorld(t)
	for _, n := range []string{"a", "b", "c"} {
		w.start(n)
	}
	w.regroup("ab")
	a, b, c := w.proc("a"), w.proc("b"), w.proc("c")
	w.ask(a, "g", config)
	x := w.ask(b, "g", config)
	w.settle()
	w.form([]*proc{b}, []*proc{b}) // a is paused
	w.settle()
	x.join, x.leave = false, true
	w.settle()
	if x.leave {
		t.Fatal("b was to be out")
	}
	w.ask(c, "g", config)
	w.regroup("abc")
	if in := b.dir.Membership(wire.NewGroupID("g")); in != MembershipNone {
		t.Errorf("b is %v", in)
	}
	if m := a.dir.Membership(wire.NewGroupID("g")); m != MembershipWaiting {
		t.Errorf("a is %v", m)
	}
}
