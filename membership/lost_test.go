package membership

// A member whose state is lost leaves those who were loading it.

import (
	"net/netip"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// loadingFrom is a cluster in which the first of names has failed and the others, who joined then, load from it in vain.
func loadingFrom(t *testing.T, names string, config wire.GroupConfig, seeds ...string) (*world, map[string]*app) {
	w, apps := cluster(t, names[:1], config)
	first := apps[names[:1]]
	for _, s := range seeds {
		first.seeds = append(first.seeds, address(s))
	}
	first.fail()
	for _, n := range names[1:] {
		w.start(string(n))
	}
	w.regroup(names)
	for _, n := range names[1:] {
		apps[string(n)] = w.ask(w.proc(string(n)), "g", config)
		w.settle()
	}
	for _, a := range apps {
		a.told()
	}
	return w, apps
}

// wantBlocked wants a member to wait, with a load that came to nothing, for somebody who is missing.
func wantBlocked(t *testing.T, a *app) {
	t.Helper()
	if !a.in || !a.blocked || a.has {
		t.Errorf("%s is in %v, blocked %v, with a state %v; it was told %q", a.p.name, a.in, a.blocked, a.has, a.trace)
	}
}

func TestLostStateIsBegunAgain(t *testing.T) {
	w, apps := loadingFrom(t, "abc", wire.GroupConfig{}, "b")
	apps["a"].leave = true
	w.settle()
	want(t, apps["a"], "view bc joined: with: left:a(leave) loading:bc primary:false rank:-1", "left: left")
	want(t, apps["b"], "founded", "save for c", "view bc joined:bc with:b loading:c primary:true rank:0", "loaded c")
	want(t, apps["c"], "load from b", "view bc joined:bc with:c loading:c primary:true rank:1", "loaded c")
}

func TestSideWhoseStateIsLostBeginsAgain(t *testing.T) {
	w, apps := loadingFrom(t, "abc", wire.GroupConfig{Partition: wire.PolicyPartitionable})
	apps["a"].leave = true
	w.settle()
	want(t, apps["b"], "founded", "save for c", "view bc joined:b with:b left:a(leave) loading:c primary:true rank:0", "loaded c")
	want(t, apps["c"], "load from b", "view bc joined:c with:c left:a(leave) loading:c primary:true rank:1", "loaded c")
}

// TestLostStateWaitsForWhoIsMissing: somebody who is not here may have an older state, so the group is not begun again before who
// waits, or who left, says that all are here.
func TestLostStateWaitsForWhoIsMissing(t *testing.T) {
	w, apps := loadingFrom(t, "ab", wire.GroupConfig{}, "c")
	apps["a"].leave = true
	w.settle()
	w.regroup("ab") // a sync decides no other way
	wantBlocked(t, apps["b"])
	w.start("c")
	w.ask(w.proc("c"), "g", wire.GroupConfig{}, func(a *app) { a.seeds = []netip.AddrPort{address("a"), address("b")} })
	w.regroup("abc")
	want(t, apps["b"], "founded", "save for c", "view bc joined:bc with:b loading:c primary:true rank:0", "loaded c")
}

// TestOlderStateOutlivesTheLost: the newest state that is left goes on.
func TestOlderStateOutlivesTheLost(t *testing.T) {
	w, apps := cluster(t, "abc", wire.GroupConfig{})
	w.proc("a").say("g")
	w.settle()
	w.regroup("ab", "c")
	apps["b"].leave = true
	w.settle()
	a := apps["a"]
	a.seeds = []netip.AddrPort{address("b"), address("c")}
	a.fail()
	w.start("d")
	w.regroup("abd")
	d := w.ask(w.proc("d"), "g", wire.GroupConfig{})
	w.settle()
	a.leave = true
	w.settle()
	wantBlocked(t, d)
	w.regroup("abcd")
	if m, _, _ := w.proc("d").dir.Members(wire.NewGroupID("g")); names(m) != "cd" || len(d.state) != 1 || !d.has {
		t.Errorf("the group is %s, d has %v", names(m), d.state)
	}
}

// TestLostStateNeedsTheSize: with a size the others wait for as many names as it says.
func TestLostStateNeedsTheSize(t *testing.T) {
	w := newWorld(t)
	apps := map[string]*app{}
	config := wire.GroupConfig{Size: 3}
	for _, n := range "abc" {
		w.start(string(n))
	}
	w.regroup("abc")
	for _, n := range "abc" {
		apps[string(n)] = w.ask(w.proc(string(n)), "g", config)
	}
	apps["a"].failed = true // it saves nothing
	w.settle()
	a := apps["a"]
	a.fail()
	a.leave = true
	w.settle()
	wantBlocked(t, apps["b"])
	wantBlocked(t, apps["c"])
	apps["b"].told()
	a = w.ask(w.proc("a"), "g", config)
	w.settle()
	want(t, apps["b"], "founded", "save for ca", "view bca joined:bca with:b loading:ca primary:true rank:0", "loaded c", "loaded a")
	want(t, a, "load from b", "view bca joined:bca with:a loading:ca primary:true rank:2", "loaded c", "loaded a")
}

// TestLossMetInTransition: who meets the leave only in a transitional configuration founds nothing while those who may have done so
// are missing, and joins them when they are here.
func TestLossMetInTransition(t *testing.T) {
	w, apps := loadingFrom(t, "abd", wire.GroupConfig{})
	a, b, d := w.proc("a"), w.proc("b"), w.proc("d")
	apps["a"].leave = true
	a.reconcile()
	for _, p := range []*proc{a, b, d} {
		for k := range p.ring.log {
			p.receive(k)
		}
	}
	for b.step() {
	}
	w.form([]*proc{a, d}, []*proc{a, d})
	w.form([]*proc{b}, []*proc{b})
	w.settle()
	want(t, apps["b"], "founded", "save for d", "view bd joined:bd with:b loading:d primary:true rank:0",
		"view b joined: with:b left:d(partition) primary:true rank:0")
	wantBlocked(t, apps["d"])
	b.say("g")
	w.settle()
	w.ask(a, "g", wire.GroupConfig{})
	w.settle()
	wantBlocked(t, apps["d"]) // b is missing
	w.regroup("abd")
	for _, n := range "ad" {
		if p := w.proc(string(n)); len(p.app("g").state) != 1 || p.dir.Membership(wire.NewGroupID("g")) != MembershipMember {
			t.Errorf("%c has %v and was told %q", n, p.app("g").state, p.app("g").told())
		}
	}
}

// TestLossOfABlockedMemory: the only one with the state of a memory without a primary gets out too.
func TestLossOfABlockedMemory(t *testing.T) {
	w, apps := cluster(t, "abc", wire.GroupConfig{})
	w.start("d")
	w.regroup("abcd")
	apps["a"].failed = true
	d := w.ask(w.proc("d"), "g", wire.GroupConfig{})
	w.settle()
	w.regroup("ad", "bc")
	apps["a"].fail()
	apps["a"].leave = true
	w.settle()
	if m := w.proc("a").dir.Membership(wire.NewGroupID("g")); m != MembershipNone {
		t.Errorf("a is %v", m)
	}
	w.regroup("abcd")
	if m, _, _ := w.proc("d").dir.Members(wire.NewGroupID("g")); names(m) != "bcd" || !d.has {
		t.Errorf("the group is %s", names(m))
	}
}
