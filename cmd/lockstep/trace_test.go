package main

import (
	"encoding/json"
	"slices"
	"testing"
)

// TestTraced looks at all that a traced member prints from its start to its end: the lines that only -trace gives are there, each
// before what it announces, and every line has its time.
func TestTraced(t *testing.T) {
	args := threeNodes(t, "-trace")
	p := startNode(t, "a", append(slices.Clone(args["a"]), "-seeds", "")...)
	p.waitView(0, 1)
	p.waitEvent(p.do(`{"op":"burst","count":2,"size":10,"prefix":"x","tag":"t1"}`), "accepted", "t1")
	p.wait(0, "second delivery", func(l line) bool { return l.Ev == "deliver" && l.Count == 2 })
	p.waitEvent(p.do(`{"op":"apply","data":"y","tag":"t2"}`), "applied", "t2")
	p.do(`{"op":"exit"}`)
	p.end(patience)
	var order []string
	var last int64
	for _, l := range p.all() {
		var more struct {
			At       int64
			Kind     string
			Position uint64
		}
		if err := json.Unmarshal([]byte(l.raw), &more); err != nil || more.At < last || more.At == 0 {
			t.Fatalf("%s: its time is %d after %d, %v", l.raw, more.At, last, err)
		}
		last = more.At
		if l.Ev == "upcall" && more.Kind == "view" && more.Position == 0 {
			t.Errorf("%s: a view without a position", l.raw)
		}
		order = append(order, l.Ev+more.Kind)
	}
	want := []string{"start", "upcallfounded", "upcallview", "view", "sending", "deliver", "deliver", "calling", "deliver", "applied", "left"}
	got := slices.DeleteFunc(slices.Clone(order), func(s string) bool { return s == "accepted" })
	next := 0
	for _, s := range got {
		if next < len(want) && s == want[next] {
			next++
		}
	}
	if next < len(want) {
		t.Errorf("printed %v, want %v in this order", got, want)
	}
}
