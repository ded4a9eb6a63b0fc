package membership

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// TestUnchangedGroupGetsNoView: a ring change that does not touch a group's members is none of its business.
func TestUnchangedGroupGetsNoView(t *testing.T) {
	w, apps := cluster(t, "abc", wire.GroupConfig{})
	apps["c"].leave = true
	w.settle()
	apps["a"].told()
	w.regroup("ab", "c")
	w.regroup("abc")
	want(t, apps["a"])
	want(t, apps["b"], "view ab joined: with:ab left:c(leave) primary:true rank:1")
}

// TestReasons tells a crash from a partition, and a partition in which the member was reborn from both.
func TestReasons(t *testing.T) {
	w, apps := cluster(t, "abcd", wire.GroupConfig{})
	w.regroup("abc", "d")
	want(t, apps["a"], "view abc joined: with:abc left:d(partition) primary:true rank:0")
	w.crash("c")
	w.regroup("ab")
	want(t, apps["a"], "view ab joined: with:ab left:c(crash) primary:true rank:0")
	w.regroup("a", "b")
	want(t, apps["a"], "view a joined: with:a left:b(partition) primary:true rank:0")
	if got := apps["b"].told(); got[len(got)-1] != "blocked" {
		t.Errorf("b was told %q", got)
	}
	// b dies out of sight, and its next run is met.
	w.crash("b")
	w.ask(w.start("b"), "g", wire.GroupConfig{})
	w.regroup("ab")
	want(t, apps["a"], "save for b", "view ab joined:b with:a loading:b primary:true rank:0", "loaded b")
}

// TestRebornWhileBlocked: with a size the members that went long ago are reported when the group goes on, with what was seen then.
func TestRebornWhileBlocked(t *testing.T) {
	w, apps := cluster(t, "abc", wire.GroupConfig{Size: 3})
	w.crash("b")
	w.crash("c")
	w.regroup("a")
	want(t, apps["a"], "blocked")
	w.ask(w.start("b"), "g", wire.GroupConfig{Size: 3})
	w.regroup("ab")
	want(t, apps["a"])
	w.ask(w.start("c"), "g", wire.GroupConfig{Size: 3})
	w.regroup("abc")
	got := apps["a"].told()
	if !slices.Contains(got, "view abc joined:bc with:a left:b(crash) left:c(crash) loading:bc primary:true rank:0") {
		t.Errorf("a was told %q", got)
	}
}

// TestPartitionableMerge lets three sides go on, and merges them at once; a joiner and a loader come along.
func TestPartitionableMerge(t *testing.T) {
	config := wire.GroupConfig{Partition: wire.PolicyPartitionable}
	w, apps := cluster(t, "abcd", config)
	w.proc("a").say("g")
	w.settle()
	w.regroup("ab", "c", "d")
	for _, a := range apps {
		a.told()
		if !a.p.say("g") {
			t.Errorf("%s cannot go on", a.p.name)
		}
	}
	w.settle()
	last := map[string]wire.ViewID{}
	for n, a := range apps {
		last[n] = a.view.ID
	}
	w.regroup("abcd")
	order := []string{"a", "c", "d"}
	slices.SortFunc(order, func(x, y string) int {
		return cmp.Or(cmp.Compare(last[x].Num, last[y].Num), cmp.Compare(last[x].Ring, last[y].Ring))
	})
	but := func(n string) string { return strings.ReplaceAll(strings.Join(order, ""), n, "") }
	want(t, apps["a"], "save for cd", "view abcd joined:cd with:ab primary:true rank:0", "merge "+but("a"))
	want(t, apps["b"], "view abcd joined:cd with:ab primary:true rank:1", "merge "+but("a"))
	want(t, apps["c"], "save for abd", "view abcd joined:abd with:c primary:true rank:2", "merge "+but("c"))
	for n, a := range apps {
		if !slices.Equal(a.state, apps["a"].state) || len(a.sides) != 0 {
			t.Errorf("%s has %v, a has %v", n, a.state, apps["a"].state)
		}
	}
}

// TestPartitionableLoaderAlone: cut off before it had the state, it creates one of its own and merges.
func TestPartitionableLoaderAlone(t *testing.T) {
	config := wire.GroupConfig{Partition: wire.PolicyPartitionable}
	w, apps := cluster(t, "a", config)
	w.start("b")
	w.regroup("ab")
	x := w.ask(w.proc("b"), "g", config)
	for !w.proc("a").dir.Accepts(wire.NewGroupID("g")) || w.proc("b").dir.Membership(wire.NewGroupID("g")) != MembershipLoading {
		w.advance()
	}
	x.told()
	w.regroup("a", "b")
	want(t, x, "founded", "view b joined:b with:b left:a(partition) primary:false rank:0")
	apps["a"].told()
	w.regroup("ab")
	want(t, x, "save for a", "view ab joined:a with:b primary:true rank:1", "merge a")
}

// TestDirectoriesTravel: what a member describes survives the wire, and a side is spoken for once.
func TestDirectoriesTravel(t *testing.T) {
	w, _ := cluster(t, "abc", wire.GroupConfig{Size: 3})
	d := w.proc("b").dir
	dir, mine := d.Describe(nil)
	if mine {
		t.Error("b speaks on a synced ring")
	}
	parsed, err := wire.ParseDirectory(dir.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	ring := wire.RingID{Seq: 99, Rep: w.proc("b").info.ID}
	infos := []wire.Info{w.proc("b").info, w.proc("c").info}
	ids := []wire.MemberID{w.proc("b").info.ID, w.proc("c").info.ID}
	d.Install(ring, infos, ids)
	own, mine := d.Describe(nil)
	if !mine || !slices.Equal(own.Side, ids) || d.Complete() || d.Synced() {
		t.Errorf("b speaks: %v for %v", mine, own.Side)
	}
	d.Collect(parsed) // of the old ring
	if d.Complete() {
		t.Error("complete with the old ring's directory")
	}
	d.Collect(own)
	own.Side = own.Side[:1]
	d.Collect(own)
	if !d.Complete() || len(d.collected) != 1 {
		t.Errorf("complete: %v, %d directories", d.Complete(), len(d.collected))
	}
	// What a member gave away or was given is not shared with it.
	own.Groups[0].Members[0].Name = "changed"
	d.Deliver(0, 1<<41, wire.KindSync, wire.Sync{Ring: ring}.Append(nil))
	if members, _, ok := d.Members(wire.NewGroupID("g")); !ok || names(members) != "bc" || !d.Synced() {
		t.Errorf("members %v", members)
	}
}

// TestJoinOfAnotherSide: c left and asked again where only d was. It got in at another side, and left. That d still knows of the old
// question takes nobody in.
func TestJoinOfAnotherSide(t *testing.T) {
	w, apps := cluster(t, "abcd", wire.GroupConfig{})
	c, d := w.proc("c"), w.proc("d")
	w.regroup("ab", "cd")
	apps["c"].leave = true
	w.settle()
	x := w.ask(c, "g", wire.GroupConfig{})
	w.settle()
	if r := d.dir.index[wire.NewGroupID("g")][0]; len(r.Waiting) != 1 {
		t.Fatalf("%d wait where d is", len(r.Waiting))
	}
	w.regroup("abc") // d has yet to notice
	if !x.in {
		t.Fatalf("c did not get in: %s", c.dir.Explain(wire.NewGroupID("g")))
	}
	x.join, x.leave = false, true
	w.settle()
	if x.in {
		t.Fatal("c did not get out")
	}
	w.regroup("abcd")
	if v := apps["a"].view; names(v.Members) != "abd" {
		t.Errorf("a is in %s", v.words())
	}
}
