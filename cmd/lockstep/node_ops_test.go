//go:build unix

package main

// The operations of "lockstep node", on one process or on three that lose their quorum, pause, or leave and join.

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startAlone is one member without seeds and without a key.
func startAlone(t *testing.T, extra ...string) *process {
	t.Helper()
	return startNode(t, "a", append([]string{"-listen", "127.0.0.1:0", "-insecure", "-group", "g"}, extra...)...)
}

// deliveries are the data delivered, in order.
func (p *process) deliveries() []string {
	var data []string
	for _, l := range p.all() {
		if l.Ev == "deliver" {
			data = append(data, l.Data)
		}
	}
	return data
}

func TestOperationsKeepTheOrderOfTheInput(t *testing.T) {
	p := startAlone(t)
	const n = 60
	var want []string
	var ops strings.Builder
	for i := range n {
		order := []string{"fifo", "causal", "ordered", "safe"}[i%4]
		data := fmt.Sprintf("m%d", i)
		switch i % 3 {
		case 0:
			fmt.Fprintf(&ops, `{"op":"apply","data":%q,"tag":%q}`+"\n", data, data)
			want = append(want, data)
		case 1:
			fmt.Fprintf(&ops, `{"op":"send","order":%q,"data":%q}`+"\n", order, data)
			want = append(want, data)
		case 2:
			fmt.Fprintf(&ops, `{"op":"burst","order":%q,"count":2,"size":8,"prefix":%q}`+"\n", order, data)
			for k := range 2 {
				want = append(want, string(appendBurst(nil, data, k, 8)))
			}
		}
	}
	p.do("%s", ops.String()) // before its first view: it waits for it
	p.waitEvent(0, "applied", "m57")
	p.wait(0, "last delivery", func(l line) bool { return l.Ev == "deliver" && l.Data == want[len(want)-1] })
	if got := p.deliveries(); !slices.Equal(got, want) {
		t.Fatalf("delivered\n%q, want\n%q", got, want)
	}
	if p.all()[1].Ev != "view" {
		t.Errorf("after start: %s", p.all()[1].raw)
	}
}

func TestWrongInputIsAnswered(t *testing.T) {
	p := startAlone(t)
	p.waitView(0, 1)
	for _, c := range []struct{ op, answers string }{
		{`nonsense`, `not an operation in JSON`},
		{`{"data":"x"}`, `"op" is missing`},
		{`{"op":"dance","tag":"t"}`, `there is no such op`},
		{`{"op":"send","order":"loud","data":"x"}`, `"order" must be`},
		{`{"op":"burst","count":-1}`, `"count" must be`},
		{`{"op":"burst","count":1,"size":-1}`, `"size" must be`},
		{`{"op":"apply","order":"fifo","tag":"t"}`, `must be ordered, safe, safe-quorum or safe-K`},
		{`{"op":"query","need":"some","tag":"t"}`, `"need" must be`},
		{`{"op":"join"}`, `already a member`},
	} {
		from := p.do("%s", c.op)
		l := p.wait(from, "error", func(l line) bool { return l.Ev == "error" })
		if !strings.Contains(l.Error, c.answers) || l.Uncertain {
			t.Errorf("%s: answered %s, want %s", c.op, l.raw, c.answers)
		}
		if strings.Contains(c.op, `"tag":"t"`) && l.Tag != "t" {
			t.Errorf("%s: the tag is missing in %s", c.op, l.raw)
		}
	}
	from := p.do(`{"op":"burst","order":"ordered","count":0}`)
	if l := p.waitEvent(from, "accepted", ""); l.Count != 0 || l.Op != "burst" {
		t.Errorf("an empty burst: %s", l.raw)
	}
	p.waitEvent(p.do(`{"op":"stats","tag":"s"}`), "stats", "s")
}

func TestLeaveAndJoinAgain(t *testing.T) {
	p := startAlone(t)
	p.waitView(0, 1)
	p.waitEvent(p.do(`{"op":"apply","data":"x","tag":"t1"}`), "applied", "t1")
	p.waitEvent(p.do(`{"op":"leave"}`), "left", "")
	from := p.do(`{"op":"send","order":"ordered","data":"y"}`)
	if l := p.wait(from, "error", func(l line) bool { return l.Ev == "error" && l.Op == "send" }); l.Uncertain || l.Count != 0 {
		t.Errorf("a send outside: %s", l.raw)
	}
	from = p.do(`{"op":"leave"}`)
	p.wait(from, "error", func(l line) bool { return l.Ev == "error" && l.Op == "leave" })
	v := p.waitView(p.do(`{"op":"join"}`), 1)
	if v.Count != 0 || strings.Trim(v.Chain, "0") != "" {
		t.Errorf("it founded the group anew and begins with %s", v.raw)
	}
	from = p.do(`{"op":"apply","data":"z","tag":"t2"}`)
	p.waitEvent(from, "applied", "t2")
	p.do(`{"op":"exit"}`)
	p.end(2 * time.Second)
}

// TestLastWords sends just before a leave, and just before an exit: what was sent is delivered first.
func TestLastWords(t *testing.T) {
	p := startAlone(t)
	p.waitView(0, 1)
	p.do(`{"op":"burst","count":500,"size":10,"prefix":"x"}` + "\n" + `{"op":"leave"}`)
	p.waitEvent(0, "left", "")
	if got := p.deliveries(); len(got) != 500 {
		t.Errorf("%d of 500 delivered before the leave", len(got))
	}
	p.waitView(p.do(`{"op":"join"}`), 1)
	p.do(`{"op":"burst","count":500,"size":10,"prefix":"y"}` + "\n" + `{"op":"apply","data":"z","tag":"t"}` + "\n" + `{"op":"exit"}`)
	p.end(2 * time.Second)
	if got := p.deliveries(); len(got) != 1001 {
		t.Errorf("%d of 1001 delivered before the exit", len(got))
	}
	p.waitEvent(0, "applied", "t")
}

func TestOnlyViewsArePrinted(t *testing.T) {
	p := startAlone(t, "-events", "views")
	p.waitView(0, 1)
	from := p.do(`{"op":"burst","order":"safe","count":10,"size":5,"prefix":"x"}`)
	p.waitEvent(p.do(`{"op":"flush","tag":"f"}`), "flushed", "f")
	p.waitEvent(p.do(`{"op":"apply","data":"x","tag":"t"}`), "applied", "t")
	if s := p.waitEvent(p.do(`{"op":"state"}`), "state", ""); s.Count != 11 {
		t.Errorf("%s, want a count of 11", s.raw)
	}
	p.waitEvent(from, "accepted", "")
	if got := p.deliveries(); len(got) > 0 {
		t.Errorf("printed deliveries %q", got)
	}
}

// TestMinorityBlocks kills two of three: the last one says so once, refuses, and goes on with its state when all are back.
func TestMinorityBlocks(t *testing.T) {
	args := threeNodes(t, "-size", "3")
	a, b, c := startNode(t, "a", args["a"]...), startNode(t, "b", args["b"]...), startNode(t, "c", args["c"]...)
	for _, p := range []*process{a, b, c} {
		p.waitView(0, 3)
	}
	a.waitEvent(a.do(`{"op":"apply","order":"safe","data":"kept","tag":"t1"}`), "applied", "t1")
	from := a.mark()
	b.kill()
	c.kill()
	a.waitEvent(from, "blocked", "")
	for _, op := range []string{
		`{"op":"send","order":"ordered","data":"x","tag":"t"}`, `{"op":"burst","count":5,"size":1,"prefix":"x","tag":"t"}`,
		`{"op":"apply","data":"x","tag":"t"}`, `{"op":"query","need":"all","data":"x","tag":"t"}`,
	} {
		at := a.do("%s", op)
		l := a.wait(at, "error", func(l line) bool { return l.Ev == "error" && l.Tag == "t" })
		if l.Uncertain || !strings.Contains(l.Error, "no quorum") {
			t.Errorf("%s without a quorum: %s", op, l.raw)
		}
	}
	if s := a.waitEvent(a.do(`{"op":"state"}`), "state", ""); s.Primary || s.Count != 1 {
		t.Errorf("blocked, and %s", s.raw)
	}
	b, c = startNode(t, "b", args["b"]...), startNode(t, "c", args["c"]...)
	for _, p := range []*process{b, c} {
		if v := p.waitView(0, 3); v.Count != 1 {
			t.Errorf("%s came back with %s", p.name, v.raw)
		}
	}
	a.waitView(from, 3)
	from = b.do(`{"op":"apply","order":"safe","data":"on","tag":"t2"}`)
	b.waitEvent(from, "applied", "t2")
	sameChains(t, []*process{a, b, c}, 2)
	blocked := 0
	for _, l := range a.all() {
		if l.Ev == "blocked" {
			blocked++
		}
	}
	if blocked != 1 {
		t.Errorf("blocked was printed %d times", blocked)
	}
}

// TestAnOperatorDecides kills two of three for good, has the last one go on without them, and gives the group its size back when two
// others have come with their names.
func TestAnOperatorDecides(t *testing.T) {
	args := threeNodes(t, "-size", "3")
	a, b, c := startNode(t, "a", args["a"]...), startNode(t, "b", args["b"]...), startNode(t, "c", args["c"]...)
	for _, p := range []*process{a, b, c} {
		p.waitView(0, 3)
	}
	a.waitEvent(a.do(`{"op":"apply","order":"safe","data":"kept","tag":"t1"}`), "applied", "t1")
	refused := func(op, why string) {
		t.Helper()
		from := a.do(`{"op":%s,"tag":"no"}`, op)
		l := a.wait(from, "error", func(l line) bool { return l.Ev == "error" && l.Tag == "no" })
		if l.Uncertain || !strings.Contains(l.Error, why) {
			t.Errorf("%s was answered by %s, want %s", op, l.raw, why)
		}
	}
	refused(`"loss"`, "nothing to override")
	refused(`"resize","size":9`, "cannot have this size")
	from := a.mark()
	b.kill()
	c.kill()
	a.waitEvent(from, "blocked", "")
	refused(`"resize","size":1`, "no quorum")
	l := a.waitEvent(a.do(`{"op":"loss","tag":"l"}`), "loss", "l")
	if l.Founding == 0 || !slices.Equal(l.Members, []string{"b", "c"}) {
		t.Errorf("lost would be %s, want what b and c had", l.raw)
	}
	refused(fmt.Sprintf(`"override","founding":%d,"members":["b"]`, l.Founding), "something else would be lost")
	a.waitEvent(a.do(`{"op":"override","tag":"o","founding":%d,"members":["b","c"]}`, l.Founding), "overridden", "o")
	if v := a.waitView(from, 1); !v.Primary || v.Count != 1 {
		t.Errorf("after the override: %s", v.raw)
	}
	a.waitEvent(a.do(`{"op":"apply","order":"safe","data":"alone","tag":"t2"}`), "applied", "t2")
	from = a.mark()
	b, c = startNode(t, "b", args["b"]...), startNode(t, "c", args["c"]...)
	for _, p := range []*process{b, c} {
		p.waitView(0, 3)
	}
	a.waitView(from, 3)
	if l := a.waitEvent(a.do(`{"op":"resize","size":3,"tag":"r"}`), "resized", "r"); l.Size != 3 {
		t.Errorf("resized: %s", l.raw)
	}
	b.waitEvent(b.do(`{"op":"apply","order":"safe","data":"together","tag":"t3"}`), "applied", "t3")
	sameChains(t, []*process{a, b, c}, 3)
}

// TestPausedMemberComesBack stops a process for longer than silence is tolerated: the others put it out, and it comes back as one
// who joins, with the state.
func TestPausedMemberComesBack(t *testing.T) {
	args := threeNodes(t, "-size", "3")
	a, b, c := startNode(t, "a", args["a"]...), startNode(t, "b", args["b"]...), startNode(t, "c", args["c"]...)
	for _, p := range []*process{a, b, c} {
		p.waitView(0, 3)
	}
	member := c.all()[0].Member
	from, fromC := a.mark(), c.mark()
	if err := c.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	v := a.waitView(from, 2)
	if got := v.reasons()[member]; got != "partition" {
		t.Errorf("c left with reason %q, want partition", got)
	}
	a.waitEvent(a.do(`{"op":"apply","order":"safe","data":"meanwhile","tag":"t"}`), "applied", "t")
	from = a.mark()
	if err := c.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	a.waitView(from, 3)
	w := c.wait(fromC, "view with c in joined", func(l line) bool { return l.Ev == "view" && slices.Contains(l.Joined, member) })
	if w.Count != 1 || !slices.Equal(w.With, []string{member}) || !w.Primary {
		t.Errorf("c came back with %s", w.raw)
	}
	c.waitEvent(c.do(`{"op":"apply","order":"safe","data":"again","tag":"t"}`), "applied", "t")
	sameChains(t, []*process{a, b, c}, 2)
}
