package main

// "lockstep node" as three real processes on loopback.

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestThreeProcesses is the life of a small cluster: all views, ordered sends from all, equal chains, a kill -9, a return with
// state, and clean ends.
func TestThreeProcesses(t *testing.T) {
	args := threeNodes(t, "-size", "3")
	nodes := map[string]*process{}
	member := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		nodes[name] = startNode(t, name, args[name]...)
		member[name] = nodes[name].waitEvent(0, "start", "").Member
	}
	a, b, c := nodes["a"], nodes["b"], nodes["c"]
	all := []*process{a, b, c}
	for _, p := range all {
		v := p.waitView(0, 3)
		if head, _, _ := strings.Cut(v.View, "."); !isNumber(head) {
			t.Fatalf("%s: view id %q does not begin with a number", p.name, v.View)
		}
	}

	const each = 200
	for _, p := range all {
		from := p.do(`{"op":"burst","order":"ordered","count":%d,"size":40,"prefix":"%s"}`, each, p.name)
		if l := p.waitEvent(from, "accepted", ""); l.Count != each {
			t.Fatalf("%s: %d accepted, want %d", p.name, l.Count, each)
		}
	}
	sameChains(t, all, 3*each)

	// An apply has the same position as its deliver, everywhere; safe order waits for all.
	from := a.do(`{"op":"apply","order":"safe","data":"change","tag":"t1"}`)
	seq := a.waitEvent(from, "applied", "t1").Seq
	for _, p := range all {
		l := p.wait(0, "deliver of the apply", func(l line) bool { return l.Ev == "deliver" && l.Data == "change" })
		if l.Seq != seq || l.Order != "safe" || l.Sender != member["a"] {
			t.Fatalf("%s: %s; want seq %d, safe, from %s", p.name, l.raw, seq, member["a"])
		}
	}
	from = b.do(`{"op":"query","need":"all","data":"?","tag":"t2"}`)
	r := b.waitEvent(from, "replies", "t2")
	for name, m := range member {
		if want := fmt.Sprintf("%s:%d", name, 3*each+1); r.Replies[m] != want {
			t.Fatalf("replies %v: want %s from %s", r.Replies, want, m)
		}
	}
	b.waitEvent(b.do(`{"op":"flush","tag":"t3"}`), "flushed", "t3")

	// kill -9: the others go on, and say why.
	marks := []int{a.mark(), b.mark()}
	c.kill()
	for i, p := range []*process{a, b} {
		v := p.waitView(marks[i], 2)
		if got := v.reasons()[member["c"]]; got != "crash" {
			t.Fatalf("%s: %s left with reason %q, want crash: %s", p.name, member["c"], got, v.raw)
		}
		if len(v.Joined) != 0 || !slices.Contains(v.With, member["a"]) || !slices.Contains(v.With, member["b"]) {
			t.Fatalf("%s: joined %v with %v", p.name, v.Joined, v.With)
		}
	}
	from = a.do(`{"op":"apply","data":"without c","tag":"t4"}`)
	a.waitEvent(from, "applied", "t4")

	// Back with another incarnation, it has the state before it sees anything.
	marks = []int{a.mark(), b.mark()}
	c = startNode(t, "c", args["c"]...)
	again := c.waitEvent(0, "start", "").Member
	if again == member["c"] {
		t.Fatalf("c is %s for a second time", again)
	}
	v := c.waitView(0, 3)
	if !slices.Equal(v.Joined, []string{again}) || !slices.Equal(v.With, []string{again}) || v.Count != 3*each+2 {
		t.Fatalf("c came back with %s", v.raw)
	}
	for i, p := range []*process{a, b} {
		if w := p.waitView(marks[i], 3); w.View != v.View || w.Chain != v.Chain || !slices.Contains(w.Joined, again) {
			t.Fatalf("%s: %s\nc: %s", p.name, w.raw, v.raw)
		}
	}
	all = []*process{a, b, c}
	for _, p := range all {
		p.do(`{"op":"send","order":"ordered","data":"together again"}`)
	}
	sameChains(t, all, 3*each+2+3)

	// Every end is a clean leave: by exit, by the end of input, by a signal.
	from = a.mark()
	c.do(`{"op":"exit"}`)
	c.end(2 * time.Second)
	if got := a.waitView(from, 2).reasons()[again]; got != "leave" {
		t.Errorf("c left with reason %q, want leave", got)
	}
	if err := b.in.Close(); err != nil {
		t.Fatal(err)
	}
	b.end(2 * time.Second)
	if err := a.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	a.end(2 * time.Second)
	for _, p := range all {
		last := p.all()[p.mark()-1]
		if last.Ev != "left" {
			t.Errorf("%s printed last: %s", p.name, last.raw)
		}
	}
}

// sameChains waits until all have counted so many messages, and compares chains and the order of the deliveries.
func sameChains(t *testing.T, all []*process, count uint64) {
	t.Helper()
	var chain string
	for _, p := range all {
		l := p.wait(0, fmt.Sprintf("delivery number %d", count), func(l line) bool { return l.Ev == "deliver" && l.Count == count })
		from := p.do(`{"op":"state"}`)
		s := p.waitEvent(from, "state", "")
		if s.Count != l.Count || s.Chain != l.Chain {
			t.Fatalf("%s: state %s after %s", p.name, s.raw, l.raw)
		}
		if chain == "" {
			chain = l.Chain
		}
		if l.Chain != chain {
			t.Fatalf("%s: chain %s, %s has %s", p.name, l.Chain, all[0].name, chain)
		}
	}
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}
