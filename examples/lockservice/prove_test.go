package main

import (
	"strings"
	"testing"
	"time"
)

// journalsOf reads evidence written by hand; texts are separated by lines of dashes.
func journalsOf(t *testing.T, text string) []*evidence {
	t.Helper()
	var all []*evidence
	for _, part := range strings.Split(text, "---\n") {
		e, err := readEvidence(strings.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func TestProve(t *testing.T) {
	views := "v 1 5.aa a/1 b/2 c/3\n"
	for _, c := range []struct {
		name, journals string
		want           []string // parts of the violations, in order
	}{
		{"a clean exchange", `m 0 a/1
` + views + `g 10 x 100 1 5 0
u 11 x 100 1
r 12 x 100 1
g 30 x 102 1 5 1
r 31 x 102 1
---
m 0 b/2
` + views + `g 20 x 101 1 5 1
u 21 x 101 1
r 22 x 101 1
`, nil},
		{"two at once", `m 0 a/1
` + views + `g 10 x 100 1 5 0
r 21 x 100 1
---
m 0 b/2
` + views + `g 20 x 101 4 5 1
r 22 x 101 4
`, []string{"overlap: x was held by a/1:1 (fence 100) and by b/2:4 (fence 101) at once, for 1ns"}},
		{"a long hold around a short one and into a third", `m 0 a/1
` + views + `g 10 x 100 1 5 0
r 40 x 100 1
---
m 0 b/2
` + views + `g 20 x 101 4 5 1
r 22 x 101 4
g 30 x 102 4 5 1
r 50 x 102 4
`, []string{"overlap: x was held by a/1:1", "overlap: x was held by a/1:1 (fence 100) and by b/2:4 (fence 102)"}},
		{"a fence used twice", `m 0 a/1
` + views + `g 10 x 100 1 5 0
r 12 x 100 1
g 20 x 100 2 5 0
r 22 x 100 2
`, []string{"fence: x was given to a/1:1 and to a/1:2 with the same fence 100"}},
		{"a fence that falls", `m 0 a/1
` + views + `g 10 x 100 1 5 0
r 12 x 100 1
g 20 x 99 2 5 0
r 22 x 99 2
`, []string{"fence: x was given to a/1:2 with fence 99 after a/1:1 had it with 100"}},
		{"refused for no reason", `m 0 a/1
` + views + `g 10 x 100 1 5 0
s 11 x 100 1
r 12 x 100 1
`, []string{"resource: a/1:1 was refused under fence 100 of x"}},
		{"killed while holding; the last lines are lost", `m 0 c/3
` + views + `g 10 x 100 1 5 0
g 11 y 101 2 5 0
r 11 y 101 2
g 12 z 1`, nil},
		{"killed, and the next got it too early", `m 0 c/3
` + views + `g 10 x 100 1 5 0
g 14 y 101 2 5 0
---
m 0 a/1
` + views + `g 13 x 105 1 5 1
v 20 6.aa a/1 b/2
r 21 x 105 1
`, []string{"overlap: x was held by c/3:1"}},
		{"paused, and did not know that its lock passed on", `m 0 c/3
` + views + `g 10 x 100 1 5 0
s 50 x 100 1
r 51 x 100 1
g 52 y 90 1 5 0
l 53 y 90 1
v 60 8.aa a/1 b/2 c/3
g 70 x 110 1 5 0
r 71 x 110 1
---
m 0 a/1
` + views + `v 20 6.aa a/1 b/2
g 21 x 105 1 5 1
r 55 x 105 1
g 56 y 106 1 5 1
r 57 y 106 1
v 62 8.aa a/1 b/2 c/3
`, nil},
		{"paused, but the next got it before the view", `m 0 c/3
` + views + `g 10 x 100 1 5 0
r 51 x 100 1
v 60 8.aa a/1 b/2 c/3
---
m 0 a/1
` + views + `g 19 x 105 1 5 1
v 20 6.aa a/1 b/2
r 55 x 105 1
`, []string{"overlap: x was held by c/3:1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := prove(journalsOf(t, c.journals))
			if len(p.violations) != len(c.want) {
				t.Fatalf("found %q, want %q", p.violations, c.want)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(p.violations[i], want) {
					t.Errorf("found %q, want %q", p.violations[i], want)
				}
			}
		})
	}
}

func TestProveCounts(t *testing.T) {
	p := prove(journalsOf(t, `m 0 a/1
g 10 x 100 1 7 0
u 11 x 100 1
r 12 x 100 1
g 20 x 101 1 9 1
r 21 x 101 1
g 30 x 102 1 8 1
`))
	if p.holds != 2 || p.open != 1 || p.uses != 1 || p.refused != 0 || len(p.direct) != 1 || len(p.contended) != 2 {
		t.Fatalf("%+v", p)
	}
	if got := quantile(p.contended, 0.5); got != 9*time.Nanosecond {
		t.Errorf("median %v", got)
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("median of nothing %v", got)
	}
}

func TestProveTables(t *testing.T) {
	same := []reading{{"a/1", "aa", 9, 1}, {"b/2", "aa", 9, 1}, {"c/3", "aa", 9, 1}}
	p := &proof{}
	p.checkTables("7", 3, same)
	if len(p.violations) != 0 {
		t.Errorf("equal tables: %q", p.violations)
	}
	p.checkTables("7", 3, same[:2])
	p.checkTables("8", 2, []reading{{"a/1", "aa", 9, 1}, {"b/2", "ab", 8, 1}})
	if len(p.violations) != 2 || !strings.HasPrefix(p.violations[0], "tables: 2 of 3") ||
		p.violations[1] != "tables: at position 8, a/1 has hash aa after 9 operations, b/2 has ab after 8" {
		t.Errorf("found %q", p.violations)
	}
	p.checkTables("9", 1, nil)
	if len(p.violations) != 3 {
		t.Errorf("no table at all: %q", p.violations)
	}
}

func TestBadJournals(t *testing.T) {
	for _, text := range []string{
		"", "v 1 5.aa a/1\n", "m 1 a/1\nm 2 b/1\n", "m 1 a/1\ng 2 x 1 1 1\n", "m 1 a/1\nr 2 x 1 1\n", "m 1 a/1\nq 2 x 1 1\n",
		"m 2 a/1\nu 1 x 1 1\n", "m 1 a/1\nu 2 x y 1\n", "m 1 a/1\nu z x 1 1\n", "m 1 a/1\nv 2 z a/1\n", "m 1 a/1\ng 2 x 1 1 z 0\n", "m 1 a/1\nu 2 x\n",
	} {
		if e, err := readEvidence(strings.NewReader(text)); err == nil {
			t.Errorf("%q was read as %+v", text, e)
		}
	}
}
