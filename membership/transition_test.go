package membership

import (
	"slices"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// reach lets every packet of the process's ring arrive there, without a delivery.
func (p *proc) reach() {
	for k := range p.ring.log {
		p.receive(k)
	}
}

// TestHeldMessagesAreReplayed: a message reached both that remain, in transitional configurations in which neither was a quorum.
func TestHeldMessagesAreReplayed(t *testing.T) {
	w, apps := cluster(t, "abc", wire.GroupConfig{})
	a, b, c := w.proc("a"), w.proc("b"), w.proc("c")
	a.say("g")
	b.reach()
	c.reach()
	a.alive = false
	w.form([]*proc{b}, []*proc{b})
	w.form([]*proc{c}, []*proc{c})
	w.settle()
	for _, x := range []*app{apps["b"], apps["c"]} {
		want(t, x, "blocked")
		if len(x.held) != 1 || len(x.state) != 0 {
			t.Errorf("%s holds %v, has %v", x.p.name, x.held, x.state)
		}
	}
	w.regroup("bc")
	want(t, apps["b"], "view abc joined: with:b primary:true rank:1", "replayed", "save for c",
		"view bc joined:c with:b left:a(crash) loading:c primary:true rank:0", "loaded c")
	want(t, apps["c"], "load from b", "view bc joined:c with:c left:a(crash) loading:c primary:true rank:1", "loaded c")
	if len(apps["c"].state) != 1 || !slices.Equal(apps["b"].state, apps["c"].state) {
		t.Errorf("b has %v, c has %v", apps["b"].state, apps["c"].state)
	}
}

// TestAttemptIsMadeGood: a leave and the messages about it are met without a quorum, and made good in their order with one.
func TestAttemptIsMadeGood(t *testing.T) {
	w, apps := cluster(t, "abcd", wire.GroupConfig{})
	a, b := w.proc("a"), w.proc("b")
	a.say("g")
	apps["d"].leave = true
	w.proc("d").reconcile()
	a.say("g")
	b.reach()
	w.crash("a")
	w.form([]*proc{b}, []*proc{b})
	w.settle()
	rec := b.dir.index[wire.NewGroupID("g")][0]
	if len(rec.Attempts) != 2 || rec.Attempts[1].Kind != wire.KindGroupLeave || len(rec.Members) != 4 {
		t.Fatalf("attempts %v of %v", rec.Attempts, names(membersAmong(&rec.GroupRecord, memberIDs(rec.Members))))
	}
	want(t, apps["b"], "blocked")
	w.regroup("bc")
	// Half of four without the oldest is no quorum; nor are two of three without one of those that the leave left.
	want(t, apps["b"])
	w.regroup("bcd")
	if m := b.dir.Membership(wire.NewGroupID("g")); m != MembershipMember {
		t.Fatalf("b is %v: %s", m, b.dir.Explain(wire.NewGroupID("g")))
	}
	if x := apps["d"]; x.in {
		t.Errorf("d is in: %v", x.trace)
	}
	if v := apps["b"].view; names(v.Members) != "bc" {
		t.Errorf("b is in %s", v.words())
	}
	if !slices.Equal(apps["b"].state, apps["c"].state) || len(apps["b"].state) != 2 {
		t.Errorf("b has %v, c has %v", apps["b"].state, apps["c"].state)
	}
}

// TestJoinOfAnAttemptIsGivenUp: d's join is met without a quorum, and d gives it up while nobody may act on that. When the join is made
// good, d is not in behind it. One that still asks is.
func TestJoinOfAnAttemptIsGivenUp(t *testing.T) {
	for _, stays := range []bool{false, true} {
		w, apps := cluster(t, "abc", wire.GroupConfig{})
		a, d := w.proc("a"), w.start("d")
		w.regroup("abcd")
		x := w.ask(d, "g", wire.GroupConfig{})
		d.reconcile()
		a.reach()
		w.form([]*proc{a, d}, []*proc{a, d}) // b and c are cut off, and a meets the join in a transitional configuration
		rec := a.dir.index[wire.NewGroupID("g")][0]
		if len(rec.Attempts) != 1 || rec.Attempts[0].Kind != wire.KindGroupJoin {
			t.Fatalf("attempts %v", rec.Attempts)
		}
		if !stays {
			x.join, x.leave = false, true
		}
		w.settle()
		x.told()
		apps["a"].told()
		w.regroup("abcd")
		lines := []string{"view abc joined: with:a primary:true rank:0", "save for d", "view abcd joined:d with:a loading:d primary:true rank:0"}
		if stays {
			lines = append(lines, "save for bcd", "view abcd joined:bcd with:a loading:bcd primary:true rank:0", "loaded b", "loaded c", "loaded d")
		} else {
			lines = append(lines, "save for bc", "view abc joined:bc with:a left:d(leave) loading:bc primary:true rank:0", "loaded b", "loaded c")
		}
		want(t, apps["a"], lines...)
		if in := d.dir.Membership(wire.NewGroupID("g")); stays != (in == MembershipMember) {
			t.Errorf("d asks: %v. It is %v", stays, in)
		}
		if got := x.told(); !stays && len(got) != 0 {
			t.Errorf("d, who is out, was told %q", got)
		}
	}
}

// TestSyncMetInTransition: a got the sync in which it was the only one to go on and to vote, b got it only in a transitional
// configuration. So a must be heard before b goes on with c, though they are two of the last three that b knows to have voted.
func TestSyncMetInTransition(t *testing.T) {
	for _, size := range []uint16{0, 3} {
		w, apps := cluster(t, "abc", wire.GroupConfig{Size: size})
		w.regroup("a", "b", "c")
		for _, x := range apps {
			want(t, x, "blocked")
		}
		w.regroupOnly("ab")
		a, b := w.proc("a"), w.proc("b")
		if a.step(); !a.dir.Synced() || b.dir.Synced() {
			t.Fatal("a alone was to be synced")
		}
		w.form([]*proc{a}, []*proc{a})
		w.regroup("bc")
		if b.dir.Accepts(wire.NewGroupID("g")) {
			t.Errorf("size %d: b and c go on, though a may have answered for what they do not know", size)
		}
		w.regroup("abc")
		for _, x := range apps {
			if !x.p.dir.Accepts(wire.NewGroupID("g")) || names(x.view.Members) != "abc" {
				t.Errorf("size %d: %s is in %s", size, x.p.name, x.view.words())
			}
		}
	}
}

// TestRankOfAnAttempt: b went on with what it and a had, and only b knows. c got further with what only c has, but its memory is
// the older one: what b may have answered for lives on with a.
func TestRankOfAnAttempt(t *testing.T) {
	w, apps := cluster(t, "abcd", wire.GroupConfig{})
	a, b, c, d := w.proc("a"), w.proc("b"), w.proc("c"), w.proc("d")
	a.say("g")
	b.reach()
	c.reach() // or c would hold nothing back: its own message would lie behind a gap
	c.say("g")
	b.step()
	a.step()
	w.form([]*proc{d}, []*proc{d})
	w.form([]*proc{c}, []*proc{c})
	w.settle()
	w.regroupOnly("abd")
	if b.step(); !b.dir.Synced() || a.dir.Synced() || d.dir.Synced() {
		t.Fatal("b alone was to be synced")
	}
	if held := c.dir.index[wire.NewGroupID("g")][0].Held; held <= a.dir.index[wire.NewGroupID("g")][0].Held {
		t.Fatal("c was to get further than a")
	}
	w.form([]*proc{b}, []*proc{b})
	w.regroup("acd")
	for _, n := range []string{"a", "c", "d"} {
		if x := apps[n]; !x.p.dir.Accepts(wire.NewGroupID("g")) || !slices.Equal(x.state, apps["b"].state) {
			t.Errorf("%s has %v, b went on with %v", n, x.state, apps["b"].state)
		}
	}
}

// TestTransitionOnlyTries: a takes b to move along and applies a leave, b moves with d instead. What the leave changes of who votes
// counts for a only beside what was before.
func TestTransitionOnlyTries(t *testing.T) {
	w, apps := cluster(t, "abd", wire.GroupConfig{})
	a, b, d := w.proc("a"), w.proc("b"), w.proc("d")
	apps["b"].leave = true
	b.reconcile()
	a.reach()
	w.form([]*proc{a, b}, []*proc{a}) // b is cut off before it has installed the ring
	r := a.dir.index[wire.NewGroupID("g")][0]
	if len(r.Members) != 2 || len(r.Electorate) != 3 || len(r.Attempts) != 1 {
		t.Fatalf("a: members %d, electorate %d, attempts %d", len(r.Members), len(r.Electorate), len(r.Attempts))
	}
	w.form([]*proc{b, d}, []*proc{b, d})
	w.form([]*proc{a}, []*proc{a})
	w.settle()
	if a.dir.Accepts(wire.NewGroupID("g")) {
		t.Error("a goes on alone, as the oldest of two that nobody else made voters")
	}
	if one, other := apps["a"].view.ID, apps["d"].view.ID; one == other {
		t.Errorf("two sides are in view %v", one)
	}
}

// TestEventsAfterAnAttemptedSync: c's leave made b, who alone was synced, a primary of half with the oldest. a and c, who met sync and
// leave only in a transitional configuration, must know that.
func TestEventsAfterAnAttemptedSync(t *testing.T) {
	w, _ := cluster(t, "bac", wire.GroupConfig{})
	w.regroupOnly("abc")
	a, b, c := w.proc("a"), w.proc("b"), w.proc("c")
	if b.step(); !b.dir.Synced() || a.dir.Synced() || c.dir.Synced() {
		t.Fatal("b alone was to be synced")
	}
	b.send(wire.KindGroupLeave, wire.NewGroupID("g"), wire.GroupLeave{Member: c.info.ID}.Append(nil))
	a.reach()
	c.reach()
	b.step()
	w.regroup("b", "ac")
	if !b.dir.Accepts(wire.NewGroupID("g")) {
		t.Fatalf("b: %s", b.dir.Explain(wire.NewGroupID("g")))
	}
	if a.dir.Accepts(wire.NewGroupID("g")) {
		t.Error("a and c go on beside b")
	}
}

// TestDonorDies gives the joiner another donor and a new cut; TestRecut does so because the joiner asked.
func TestDonorDies(t *testing.T) {
	for _, how := range []string{"crash", "leave"} {
		w, apps := cluster(t, "abc", wire.GroupConfig{})
		w.start("d")
		w.regroup("abcd")
		x := w.ask(w.proc("d"), "g", wire.GroupConfig{})
		for x.load == nil {
			w.advance()
		}
		want(t, x, "load from a")
		first := x.load.Cut
		if how == "crash" {
			w.crash("a")
			w.regroupOnly("bcd")
		} else {
			apps["a"].leave = true
		}
		for x.load.Cut == first {
			w.advance()
		}
		want(t, x, "load from b")
		w.settle()
		line := map[string]string{"crash": "view bcd joined:d with:d left:a(crash) loading:d primary:true rank:2",
			"leave": "view bcd joined:d with:d left:a(leave) loading:d primary:true rank:2"}[how]
		want(t, x, line, "loaded d")
	}
}

// advance lets every packet arrive and every process deliver one, and nothing be loaded.
func (w *world) advance() {
	for _, p := range w.procs {
		if p.alive {
			p.reach()
		}
	}
	for _, p := range w.procs {
		if p.alive {
			p.step()
			p.reconcile()
		}
	}
}

func TestRecut(t *testing.T) {
	w, apps := cluster(t, "ab", wire.GroupConfig{})
	w.start("c")
	w.regroup("abc")
	x := w.ask(w.proc("c"), "g", wire.GroupConfig{})
	for x.load == nil || apps["a"].view.ID.Num < 3 {
		w.advance()
	}
	want(t, x, "load from a")
	if text := w.proc("c").dir.Explain(wire.NewGroupID("g")); text != "loading the state from a" {
		t.Error(text)
	}
	id := x.p.dir.View(wire.NewGroupID("g"))
	x.recut()
	for x.load.Donor.Name == "a" {
		w.advance()
	}
	// An old answer to the old cut comes too late.
	x.p.send(wire.KindLoaded, wire.NewGroupID("g"), wire.Loaded{Member: x.p.info.ID, Cut: 1}.Append(nil))
	x.p.send(wire.KindRecut, wire.NewGroupID("g"), wire.Recut{Member: x.p.info.ID, Cut: 1, Donor: x.load.Donor.ID}.Append(nil))
	w.settle()
	want(t, x, "load from b", "view abc joined:c with:c loading:c primary:true rank:2", "loaded c")
	if x.view.ID != id {
		t.Errorf("the view changed from %v to %v", id, x.view.ID)
	}
	if got := apps["b"].told(); !slices.Contains(got, "save for c") {
		t.Errorf("b was told %q", got)
	}
}

// TestSoleDonorStays keeps the only member with the state until the joiner has it.
func TestSoleDonorStays(t *testing.T) {
	w, apps := cluster(t, "a", wire.GroupConfig{})
	w.start("b")
	w.regroup("ab")
	a, x := apps["a"], w.ask(w.proc("b"), "g", wire.GroupConfig{})
	for x.load == nil {
		w.advance()
	}
	if a.p.dir.MayLeave(wire.NewGroupID("g")) {
		t.Error("a may leave")
	}
	a.leave = true
	for range 5 {
		w.advance()
	}
	if !a.in || !x.p.dir.Accepts(wire.NewGroupID("g")) {
		t.Fatal("a is out, and with it the state")
	}
	w.settle()
	a.asked = ""
	w.settle()
	want(t, x, "load from a", "view ab joined:b with:b loading:b primary:true rank:1", "loaded b",
		"view b joined: with:b left:a(leave) primary:true rank:0")
}

func TestTerminate(t *testing.T) {
	w, apps := cluster(t, "abc", wire.GroupConfig{})
	p := w.proc("b")
	p.send(wire.KindTerminate, wire.NewGroupID("g"), wire.Terminate{By: p.info.ID}.Append(nil))
	w.settle()
	for _, a := range apps {
		want(t, a, "left: terminated")
	}
	if g := p.dir.Groups(); len(g) != 0 {
		t.Errorf("groups %v", g)
	}
	last := apps["a"].view.ID.Num
	apps["a"].join, apps["a"].asked = true, ""
	w.settle()
	if v := apps["a"].view; v.ID.Num <= last || names(v.Members) != "a" {
		t.Errorf("the group founded again has view %v after %d", v.ID, last)
	}
}

// TestStatelessJoinersVoteAtOnce: nothing is saved, loaded or waited for.
func TestStatelessJoinersVoteAtOnce(t *testing.T) {
	w, apps := cluster(t, "a", wire.GroupConfig{Stateless: true})
	w.start("b")
	w.regroup("ab")
	x := w.ask(w.proc("b"), "g", wire.GroupConfig{Stateless: true})
	w.settle()
	want(t, x, "view ab joined:b with:b primary:true rank:1")
	want(t, apps["a"], "view ab joined:b with:a primary:true rank:0")
	w.crash("b")
	w.regroup("a")
	want(t, apps["a"], "view a joined: with:a left:b(crash) primary:true rank:0")
}

// TestWhatComesFromOutside is ignored when it is malformed, of another ring, of a stranger, or of a group that is not there.
func TestWhatComesFromOutside(t *testing.T) {
	w, apps := cluster(t, "ab", wire.GroupConfig{})
	a := w.proc("a")
	before := digest(a.dir)
	g := wire.NewGroupID("g")
	stranger := wire.NewMemberID("x", 1)
	for _, m := range []struct {
		kind    wire.Kind
		payload []byte
	}{
		{wire.KindGroupJoin, []byte{1}}, {wire.KindGroupLeave, nil}, {wire.KindLoaded, []byte("short")}, {wire.KindRecut, nil},
		{wire.KindTerminate, nil}, {wire.KindSync, nil}, {wire.KindSync, wire.Sync{Ring: wire.RingID{Seq: 99}}.Append(nil)}, {wire.Kind(99), nil},
		{wire.KindGroupLeave, wire.GroupLeave{Member: stranger}.Append(nil)}, {wire.KindTerminate, wire.Terminate{By: stranger}.Append(nil)},
		{wire.KindGroupJoin, wire.GroupJoin{Name: "h", Member: wire.GroupMember{ID: a.info.ID, Name: "a"}}.Append(nil)},
		{wire.KindLoaded, wire.Loaded{Member: a.info.ID, Cut: 5}.Append(nil)},
	} {
		a.dir.Deliver(g, a.high+1, m.kind, m.payload)
	}
	a.dir.Collect(wire.Directory{Ring: a.ring.id, Side: []wire.MemberID{a.info.ID}})
	if v := a.dir.Messages(g, stranger, a.high+1, a.high+1); v != VerdictDrop {
		t.Errorf("a stranger's message: %v", v)
	}
	if v := a.dir.Messages(wire.NewGroupID("nothing"), a.info.ID, a.high+1, a.high+1); v != VerdictDrop {
		t.Errorf("a message of no group: %v", v)
	}
	if e := a.dir.Events(); len(e) != 0 || digest(a.dir) != before {
		t.Errorf("events %v", e)
	}
	want(t, apps["a"])
}

// TestBehindAGap: b and c took a and e to move along, and were with them a quorum that let e go, behind a gap. a, which goes another way and
// holds back, makes nothing good that lies behind the gap; but it must not go on with who is no quorum of those who then voted.
func TestBehindAGap(t *testing.T) {
	w, apps := cluster(t, "abcdef", wire.GroupConfig{})
	a, b, c, d, e := w.proc("a"), w.proc("b"), w.proc("c"), w.proc("d"), w.proc("e")
	d.say("g") // which nobody else gets
	apps["e"].leave = true
	e.reconcile()
	for _, p := range []*proc{a, b, c} {
		p.receive(len(p.ring.log) - 1)
	}
	w.form([]*proc{a, b, c, e}, []*proc{b, c})
	for _, p := range []*proc{b, c} {
		if x := apps[p.name]; names(x.view.Members) != "abcdf" || !x.view.Primary {
			t.Fatalf("%s is in %s", p.name, x.view.words())
		}
	}
	w.regroup("a", "e")
	w.regroup("ade")
	if id := wire.NewGroupID("g"); a.dir.Accepts(id) {
		t.Errorf("a goes on with d and e, who are three of six, though b and c went on among five: %s", a.dir.Explain(id))
	}
	w.regroup("acd")
	if id := wire.NewGroupID("g"); !a.dir.Accepts(id) {
		t.Errorf("a, c and d are three of those five, and do not go on: %s", a.dir.Explain(id))
	}
}

// TestRankBehindAGap: a lacks what b delivered as safe at a quorum of b, c and d, and knows of e's leave behind the gap. That others may have
// acted on the leave does not make a's memory newer than c's.
func TestRankBehindAGap(t *testing.T) {
	w, apps := cluster(t, "abcde", wire.GroupConfig{})
	a, b, c, d, e := w.proc("a"), w.proc("b"), w.proc("c"), w.proc("d"), w.proc("e")
	b.say("g")
	c.reach()
	d.reach()
	if g := wire.NewGroupID("g"); !b.dir.Enough(g, 0, func(id wire.MemberID) bool { return id != a.info.ID && id != e.info.ID }) {
		t.Fatal("b, c and d were to be a quorum")
	}
	b.step()
	apps["e"].leave = true
	e.reconcile()
	a.receive(len(a.ring.log) - 1)
	w.form([]*proc{a, e}, nil)
	for _, p := range []*proc{a, b, c, d, e} {
		w.form([]*proc{p}, []*proc{p})
	}
	w.settle()
	w.regroup("acd", "b", "e")
	for _, n := range "acd" {
		if x := apps[string(n)]; !x.p.dir.Accepts(wire.NewGroupID("g")) || !slices.Equal(x.state, apps["b"].state) || len(x.state) != 1 {
			t.Errorf("%c goes on: %v, with %v", n, x.p.dir.Accepts(wire.NewGroupID("g")), x.state)
		}
	}
}

// TestActedBehindAGap: c, d and e lack a's leave and were a quorum without it that let d go. a and b hold both leaves, and more, and hold back.
// c and e acted; what a and b hold back is not ahead of that.
func TestActedBehindAGap(t *testing.T) {
	w, apps := cluster(t, "abcde", wire.GroupConfig{})
	a, b, c, d, e := w.proc("a"), w.proc("b"), w.proc("c"), w.proc("d"), w.proc("e")
	apps["a"].leave = true
	a.reconcile()
	b.reach()
	apps["d"].leave = true
	d.reconcile()
	for _, p := range []*proc{a, b, c, e} {
		p.receive(len(p.ring.log) - 1)
	}
	b.say("g")
	a.receive(len(a.ring.log) - 1)
	w.form([]*proc{c, d, e}, []*proc{c, e})
	for _, p := range []*proc{c, e} {
		if x := apps[p.name]; names(x.view.Members) != "abce" || !x.view.Primary {
			t.Fatalf("%s is in %s", p.name, x.view.words())
		}
	}
	w.form([]*proc{a, b}, nil)
	w.regroup("ce", "b", "a")
	w.regroup("bce")
	for _, n := range "ce" {
		if x := apps[string(n)]; !x.p.dir.Accepts(wire.NewGroupID("g")) || len(x.view.Joined) == 0 || names(x.view.Joined) != "b" {
			t.Errorf("%c is in %s", n, x.view.words())
		}
	}
}

// TestFurtherBehindAnAttempt: b was shown d's leave, a met it only in a transitional configuration; but a holds what came behind it and b
// does not, and c delivered that as safe at a quorum of a, b and c. a's memory is the newer one.
func TestFurtherBehindAnAttempt(t *testing.T) {
	for i := range 4 {
		left, size := i&1 != 0, uint16(i>>1*3)
		w, apps := cluster(t, "abcd", wire.GroupConfig{Size: size})
		a, b, c, d := w.proc("a"), w.proc("b"), w.proc("c"), w.proc("d")
		apps["d"].leave = true
		d.reconcile()
		for _, p := range []*proc{a, b, c} {
			p.reach()
		}
		for b.step() {
		}
		c.say("g")
		a.reach()
		for c.step() {
		}
		if g := wire.NewGroupID("g"); !c.dir.Enough(g, 0, func(id wire.MemberID) bool { return id != b.info.ID }) || len(apps["c"].state) != 1 {
			t.Fatal("c was to deliver what is held by a quorum")
		}
		for _, p := range []*proc{a, b, c, d} {
			w.form([]*proc{p}, []*proc{p})
		}
		w.settle()
		if x := a.dir.index[wire.NewGroupID("g")][0]; len(x.Attempts) == 0 || x.Epoch >= b.dir.index[wire.NewGroupID("g")][0].Epoch {
			t.Fatal("a was to meet the leave in a transitional configuration")
		}
		apps["a"].leave = left
		w.settle()
		w.regroup("ab", "c", "d")
		if got := b.dir.Accepts(wire.NewGroupID("g")); got == left || got && len(apps["b"].state) != 1 {
			t.Errorf("a has left: %v; b goes on: %v, with %v, c has %v", left, got, apps["b"].state, apps["c"].state)
		}
		w.regroup("abc", "d")
		for _, n := range "bc" {
			if x := apps[string(n)]; !x.p.dir.Accepts(wire.NewGroupID("g")) || !slices.Equal(x.state, apps["c"].state) || len(x.state) != 1 {
				t.Errorf("a has left: %v; %c goes on: %v, with %v", left, n, x.p.dir.Accepts(wire.NewGroupID("g")), x.state)
			}
		}
	}
}

// TestShownGoesBeforeMet: one was shown a view, the other met its sync in a transitional configuration, and they hold the same. The group goes
// on from that view.
func TestShownGoesBeforeMet(t *testing.T) {
	for _, names := range []string{"ab", "ba"} {
		w, apps := cluster(t, "abcd", wire.GroupConfig{})
		shown, met, c := w.proc(names[:1]), w.proc(names[1:]), w.proc("c")
		w.regroupOnly("abc")
		for shown.step() {
		}
		met.reach()
		for _, p := range []*proc{shown, met, c} {
			w.form([]*proc{p}, []*proc{p})
		}
		w.settle()
		for _, a := range apps {
			a.told()
		}
		g := wire.NewGroupID("g")
		if x, y := met.dir.index[g][0], shown.dir.index[g][0]; len(x.Attempts) == 0 || x.Epoch >= y.Epoch {
			t.Fatalf("%s was to meet the sync that %s was shown", met.name, shown.name)
		}
		w.regroup("ab")
		if got := apps[met.name].told(); len(got) == 0 || got[0] != "load from "+shown.name || !shown.dir.Accepts(g) {
			t.Errorf("%s was told %q", met.name, got)
		}
	}
}

// TestNumbersBehindAnEnd: a group that ends, or loses its quorum, raises the numbers of all others; so it does for whoever meets that, and what
// comes behind it, in a transitional configuration only.
func TestNumbersBehindAnEnd(t *testing.T) {
	for _, size := range []uint16{0, 2} {
		w, apps := cluster(t, "abcd", wire.GroupConfig{})
		a, b, c, d := w.proc("a"), w.proc("b"), w.proc("c"), w.proc("d")
		config := wire.GroupConfig{Size: size}
		other := w.ask(d, "f", config)
		if size > 0 {
			w.ask(c, "f", config)
		}
		w.settle()
		for range 4 {
			x := w.ask(a, "f", config)
			w.settle()
			x.leave = true
			w.settle()
		}
		other.leave = true
		d.reconcile()
		apps["d"].leave = true
		d.reconcile()
		for _, p := range []*proc{a, b, c} {
			p.reach()
		}
		for b.step() {
		}
		shown := b.dir.index[wire.NewGroupID("g")][0].View
		w.form([]*proc{a}, []*proc{a})
		met := wire.ViewID{}
		for at, id := range a.dir.attempted {
			if at.group == "g" && id.Num > met.Num {
				met = id
			}
		}
		if shown.Num < 9 || met != shown {
			t.Errorf("size %d: b was shown view %v, a was to think that of the same event, and thinks %v", size, shown, met)
		}
	}
}
