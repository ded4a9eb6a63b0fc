package membership

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// TestFromFiveToOne takes one member after the other away, in every manner, and says after which steps the rest may go on.
func TestFromFiveToOne(t *testing.T) {
	for _, c := range []struct {
		name   string
		config wire.GroupConfig
		leave  bool
		order  string // who goes, one after the other
		live   string // after each step: + the rest goes on, - it is blocked
	}{
		{"leave, no size", wire.GroupConfig{}, true, "edcb", "++++"},
		{"the oldest leave, no size", wire.GroupConfig{}, true, "abcd", "++++"},
		{"crash, no size", wire.GroupConfig{}, false, "edcb", "++++"},
		{"the oldest crash, no size", wire.GroupConfig{}, false, "abcd", "+++-"},
		{"the oldest crash, the last goes on", wire.GroupConfig{LastMember: 1}, false, "abcd", "++++"},
		{"leave, size 5", wire.GroupConfig{Size: 5}, true, "edcb", "++--"},
		{"crash, size 5", wire.GroupConfig{Size: 5}, false, "edcb", "++--"},
		{"the oldest crash, size 5", wire.GroupConfig{Size: 5}, false, "abcd", "++--"},
		{"crash, size 3 of 5", wire.GroupConfig{Size: 3}, false, "edcb", "+++-"},
		{"voters crash, size 3 of 5", wire.GroupConfig{Size: 3}, false, "abcd", "+---"},
		{"read-only, crash, no size", wire.GroupConfig{Partition: wire.PolicyReadOnly}, false, "abcd", "+++-"},
		{"partitionable, the oldest crash", wire.GroupConfig{Partition: wire.PolicyPartitionable}, false, "abcd", "++++"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, apps := cluster(t, "abcde", c.config)
			left := "abcde"
			for i, gone := range c.order {
				n := string(gone)
				left = strings.ReplaceAll(left, n, "")
				wasLive := i == 0 || c.live[i-1] == '+'
				if c.leave {
					apps[n].leave = true
					w.settle()
				} else {
					w.crash(n)
					w.regroup(left)
				}
				reason := map[bool]string{true: "leave", false: "crash"}[c.leave]
				for rank, m := range left {
					a := apps[string(m)]
					live := c.live[i] == '+'
					p := w.proc(string(m))
					if got := p.dir.Accepts(wire.NewGroupID("g")); got != live {
						t.Fatalf("%s after %s went: goes on is %v", p.name, n, got)
					}
					switch {
					case live:
						primary := c.config.Partition != wire.PolicyPartitionable || i < 3 // it goes on without, and says so
						want(t, a, fmt.Sprintf("view %s joined: with:%s left:%s(%s) primary:%v rank:%d", left, left, n, reason, primary, rank))
					case wasLive:
						want(t, a, "blocked")
					default:
						want(t, a)
					}
				}
				if c.leave && wasLive {
					if got := apps[n].told(); len(got) != 2 || got[1] != "left: left" || !strings.HasSuffix(got[0], "rank:-1") {
						t.Fatalf("the leaver was told %q", got)
					}
				}
			}
		})
	}
}

// TestTwoTwoOne splits five into sides none of which may go on, and merges them in two steps.
func TestTwoTwoOne(t *testing.T) {
	for _, size := range []uint16{0, 5} {
		w, apps := cluster(t, "abcde", wire.GroupConfig{Size: size})
		w.proc("e").say("g")
		w.settle()
		w.regroup("ab", "cd", "e")
		for _, n := range []string{"a", "b", "c", "d", "e"} {
			want(t, apps[n], "blocked")
			if m := apps[n].p.dir.Membership(wire.NewGroupID("g")); m != MembershipBlocked {
				t.Errorf("%s is %v", n, m)
			}
			if w.proc(n).say("g") {
				t.Errorf("%s could say something", n)
			}
		}
		text := map[uint16]string{0: "no primary: have 2 of the last primary's 5 (waiting for c, d, e)", 5: "no primary: have 2 of 3 voters needed"}[size]
		if got := w.proc("a").dir.Explain(wire.NewGroupID("g")); got != text {
			t.Errorf("a: %s, want %s", got, text)
		}
		w.regroup("abe", "cd")
		want(t, apps["a"], "save for e", "view abe joined:e with:ab left:c(partition) left:d(partition) loading:e primary:true rank:0", "loaded e")
		want(t, apps["e"], "load from a", "view abe joined:e with:e left:c(partition) left:d(partition) loading:e primary:true rank:2", "loaded e")
		want(t, apps["c"])
		apps["b"].told()
		w.regroup("abcde")
		want(t, apps["c"], "load from a", "view abecd joined:cd with:c loading:cd primary:true rank:3", "loaded c", "loaded d")
		want(t, apps["b"], "view abecd joined:cd with:abe loading:cd primary:true rank:1", "loaded c", "loaded d")
		for n, a := range apps {
			if len(a.state) != 1 {
				t.Errorf("%s has %v", n, a.state)
			}
		}
	}
}

// TestOldestDecidesHalf lets two of four with the oldest go on, and the other two wait.
func TestOldestDecidesHalf(t *testing.T) {
	w, apps := cluster(t, "abcd", wire.GroupConfig{})
	w.regroup("ad", "bc")
	want(t, apps["a"], "view ad joined: with:ad left:b(partition) left:c(partition) primary:true rank:0")
	want(t, apps["b"], "blocked")
	w.proc("d").say("g")
	w.settle()
	w.regroup("abcd")
	want(t, apps["b"], "load from a", "view adbc joined:bc with:b loading:bc primary:true rank:2", "loaded b", "loaded c")
	if !slices.Equal(apps["b"].state, apps["d"].state) || len(apps["b"].state) != 1 {
		t.Errorf("b has %v, d has %v", apps["b"].state, apps["d"].state)
	}
}

// TestUnloadedDoNotVote leaves a primary of which only one has the state, and takes that one away.
func TestUnloadedDoNotVote(t *testing.T) {
	for _, size := range []uint16{0, 3} {
		w, apps := cluster(t, "abc", wire.GroupConfig{Size: size})
		w.regroup("ab", "c")
		// c comes back, loads, and a and b are gone before it has.
		w.regroupOnly("abc")
		for w.proc("a").step() || w.proc("b").step() || w.proc("c").step() {
		}
		apps["c"].told()
		if m := w.proc("c").dir.Membership(wire.NewGroupID("g")); m != MembershipLoading {
			t.Fatalf("size %d: c is %v", size, m)
		}
		w.crash("a")
		w.regroup("bc")
		if live := w.proc("b").dir.Accepts(wire.NewGroupID("g")); live {
			t.Errorf("size %d: b goes on with one that has no state", size)
		}
	}
}

// regroupOnly forms a ring whose members get everything that is sent on it, and deliver all before the sync.
func (w *world) regroupOnly(names string) {
	var members []*proc
	for _, n := range names {
		members = append(members, w.proc(string(n)))
	}
	w.form(members, members)
	for range len(members) + 1 {
		for _, p := range members {
			p.reach()
			for p.done < len(p.ring.log) && p.ring.log[p.done].kind == wire.KindDirectory && p.step() {
			}
		}
	}
}

// TestVotersThatLeft: c and d were most of the last primary, and left while they were blocked. They vote for what they know, but
// not for a memory older than it.
func TestVotersThatLeft(t *testing.T) {
	w, apps := cluster(t, "abcd", wire.GroupConfig{})
	w.regroup("acd", "b")
	w.proc("a").say("g")
	w.settle()
	w.regroup("a", "b", "c", "d")
	apps["c"].leave, apps["d"].leave = true, true
	w.settle()
	if apps["c"].in || apps["d"].in {
		t.Fatal("a blocked member cannot leave")
	}
	w.regroup("bcd")
	if w.proc("b").dir.Accepts(wire.NewGroupID("g")) {
		t.Error("b goes on with a memory older than what c and d were told of")
	}
	w.regroup("acd", "b")
	if !w.proc("a").dir.Accepts(wire.NewGroupID("g")) {
		t.Errorf("a does not go on, though all that voted are here: %s", w.proc("a").dir.Explain(wire.NewGroupID("g")))
	}
	w.regroup("abcd")
	if !slices.Equal(apps["a"].state, apps["b"].state) || len(apps["b"].state) != 1 {
		t.Errorf("b has %v", apps["b"].state)
	}
}

// TestVoteOfWhoForgot: a was the last of the last primary and left, so it knows nothing of the group. It cannot vote for d's memory,
// which is older than b's.
func TestVoteOfWhoForgot(t *testing.T) {
	w, apps := cluster(t, "abcd", wire.GroupConfig{})
	w.regroup("ab", "c", "d")
	w.proc("a").say("g")
	w.settle()
	w.regroup("a", "b")
	apps["a"].leave = true
	w.settle()
	w.regroup("ad")
	if w.proc("d").dir.Accepts(wire.NewGroupID("g")) {
		t.Error("d goes on without what b knows")
	}
	w.regroup("a", "d")
	w.regroup("ad")
	if w.proc("d").dir.Accepts(wire.NewGroupID("g")) {
		t.Error("d goes on at the second meeting")
	}
}

// TestVoterThatLeftWithMore: a and c, two of three, held what b did not have, so c delivered it as safe at a quorum. a leaves while it is
// blocked, and what it had goes with it: that a is here does not tell b that there was nothing.
func TestVoterThatLeftWithMore(t *testing.T) {
	w, apps := cluster(t, "abc", wire.GroupConfig{})
	a, b, c := w.proc("a"), w.proc("b"), w.proc("c")
	c.say("g")
	b.reach()
	c.say("g")
	a.reach()
	for c.step() {
	}
	if g := wire.NewGroupID("g"); !a.dir.Enough(g, 0, func(id wire.MemberID) bool { return id != b.info.ID }) || len(apps["c"].state) != 2 {
		t.Fatal("c was to deliver both, the second as held by a quorum")
	}
	for _, p := range []*proc{a, b, c} {
		w.form([]*proc{p}, []*proc{p})
	}
	w.settle()
	apps["a"].leave = true
	w.settle()
	w.regroup("ab", "c")
	if b.dir.Accepts(wire.NewGroupID("g")) {
		t.Error("b goes on without what c has delivered, with the vote of a, which has left with it")
	}
	w.regroup("abc")
	for _, n := range "bc" {
		if x := apps[string(n)]; !x.p.dir.Accepts(wire.NewGroupID("g")) || !slices.Equal(x.state, apps["c"].state) || len(x.state) != 2 {
			t.Errorf("%c goes on: %v, with %v", n, x.p.dir.Accepts(wire.NewGroupID("g")), x.state)
		}
	}
}

// TestStateWithoutAVote: d, which has no vote but holds more than b and c, was made a primary by their votes and told them to load. They met
// that only in a transitional configuration and were cut off. All who vote are here again, but what d may have answered for is not.
func TestStateWithoutAVote(t *testing.T) {
	for _, then := range []string{"is cut off", "dies", "leaves"} {
		w, apps := cluster(t, "abcd", wire.GroupConfig{Size: 3})
		a, b, c, d := w.proc("a"), w.proc("b"), w.proc("c"), w.proc("d")
		g := wire.NewGroupID("g")
		d.say("g")
		for _, p := range []*proc{a, b, c, d} {
			w.form([]*proc{p}, []*proc{p})
		}
		w.settle()
		three := []*proc{b, c, d}
		w.form(three, three)
		for range 10 {
			for _, p := range three {
				p.reach()
				if k := p.done; p == d || k < len(p.ring.log) && p.ring.log[k].kind != wire.KindSync {
					p.step()
				}
			}
		}
		if len(apps["d"].state) != 1 || b.dir.Accepts(g) || c.dir.Accepts(g) {
			t.Fatalf("d was to go on before the others, with what it alone holds: %v", apps["d"].state)
		}
		w.regroup("abc", "d")
		if a.dir.Accepts(g) {
			t.Errorf("a, b and c go on without what d has: %v", apps["a"].state)
		}
		switch then {
		case "dies":
			w.crash("d")
			w.start("d")
		case "leaves":
			apps["d"].leave = true
			w.settle()
		}
		if then != "is cut off" {
			w.regroup("abcd")
			if !a.dir.Accepts(g) {
				t.Errorf("d %s, so its state is gone, and yet they do not go on: %s", then, a.dir.Explain(g))
			}
			continue
		}
		w.regroup("abcd")
		for _, n := range "abcd" {
			if x := apps[string(n)]; !x.p.dir.Accepts(g) || len(x.state) != 1 {
				t.Errorf("%c goes on: %v, with %v", n, x.p.dir.Accepts(g), x.state)
			}
		}
	}
}

// TestVoteOfAForgetfulMember: b and d went on without a, then b without d, and b left as the last: it forgot the group. What it hears of it
// from f, which was cut off before all that, does not make it one who can say what came after a's memory.
func TestVoteOfAForgetfulMember(t *testing.T) {
	w, apps := cluster(t, "badf", wire.GroupConfig{})
	a, b, d := w.proc("a"), w.proc("b"), w.proc("d")
	g := wire.NewGroupID("g")
	w.regroup("bad", "f")
	apps["f"].leave = true
	w.settle()
	w.regroup("bd", "a", "f")
	d.say("g")
	w.settle()
	w.regroup("b", "d", "a", "f")
	if !b.dir.Accepts(g) || len(apps["b"].state) != 1 {
		t.Fatal("b, the older of two, was to go on alone")
	}
	apps["b"].leave = true
	w.settle()
	w.regroup("bf", "d", "a")
	w.regroup("baf", "d")
	if a.dir.Accepts(g) {
		t.Errorf("a goes on with %v, and d has %v", apps["a"].state, apps["d"].state)
	}
	apps["b"].join, apps["b"].asked = true, "" // who waits says that nobody is missing
	w.regroup("badf")
	if !a.dir.Accepts(g) || !d.dir.Accepts(g) || len(apps["a"].state) != 1 {
		t.Errorf("all are here, and a has %v: %s", apps["a"].state, d.dir.Explain(g))
	}
}
