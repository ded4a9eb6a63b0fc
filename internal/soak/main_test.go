//go:build linux

package main

import (
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

func TestOptions(t *testing.T) {
	o, err := parseOptions(strings.Fields("-rounds 3 -seed 7 -for 5s -race"), io.Discard)
	if err != nil || o.rounds != 3 || o.seed != 7 || o.lasts != 5*time.Second || !o.race {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range []string{"-rounds 0", "-for 0s", "more", "-jump"} {
		if status := soak(context.Background(), strings.Fields(bad), io.Discard, io.Discard); status != statusUsage {
			t.Errorf("%q: status %d, want %d", bad, status, statusUsage)
		}
	}
}

// TestPlans draws many plans: each has what a round needs, each kind of fault is in some, and a seed gives one plan.
func TestPlans(t *testing.T) {
	kinds := map[string]bool{}
	draw := func(seed uint64) plan { return newPlan(seed, rand.New(rand.NewPCG(seed, 2))) }
	for seed := range uint64(200) {
		p, again := draw(seed), draw(seed)
		if p.members < 3 || p.members > 5 || p.size != 0 && p.size != p.members || len(p.faults) < 3 || p.every <= 0 {
			t.Fatalf("seed %d: %+v", seed, p)
		}
		if p.members != again.members || p.every != again.every || len(p.faults) != len(again.faults) {
			t.Fatalf("seed %d gives two plans", seed)
		}
		for _, f := range p.faults {
			kinds[f.name] = true
		}
	}
	if len(kinds) != len(allFaults) {
		t.Errorf("kinds of fault drawn: %v", kinds)
	}
}

// TestWrongs looks at what each wrong does to the links of three hosts, and that two wrongs add up.
func TestWrongs(t *testing.T) {
	cuts := func(w wrong) string {
		var b strings.Builder
		for from := range 3 {
			for to := range 3 {
				var l lab.Link
				if w(from, to, &l); l.Cut && from != to {
					b.WriteString(string(rune('a'+from)) + string(rune('a'+to)) + " ")
				}
			}
		}
		return strings.TrimSpace(b.String())
	}
	for _, x := range []struct {
		name string
		w    wrong
		want string
	}{
		{"cut", cut(1<<1, true, true), "ab ba bc cb"},
		{"deaf", cut(1<<1, false, true), "ab cb"},
		{"mute", cut(1<<1, true, false), "ba bc"},
		{"one way", oneWay(2, 0), "ca"},
		{"bridge", bridge(1<<0, 1<<2), "ac ca"},
		{"streams", noStreams(7), ""},
	} {
		if got := cuts(x.w); got != x.want {
			t.Errorf("%s cuts %q, want %q", x.name, got, x.want)
		}
	}
	sum := worse(lab.Link{Loss: 0.1, NoLarge: 500, Delay: 2}, lab.Link{Cut: true, NoLarge: 300, Delay: 1})
	if want := (lab.Link{Cut: true, Loss: 0.1, NoLarge: 300, Delay: 2}); sum != want {
		t.Errorf("together %+v, want %+v", sum, want)
	}
	if sum := worse(lab.Link{}, lab.Link{NoLarge: 300}); sum.NoLarge != 300 {
		t.Errorf("together %+v, want the one bound", sum)
	}
}
