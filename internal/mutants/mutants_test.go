package main

import (
	"bytes"
	"context"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/evs"
)

// fewest is how many mutants there have to be.
const fewest = 15

// TestPatchesApply: a mutant whose lines have changed says so here, and not in the hour in which somebody wants the table.
func TestPatchesApply(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	all, err := readPatches("patches")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < fewest {
		t.Fatalf("%d mutants", len(all))
	}
	for _, p := range all {
		changed, err := p.applied(root)
		if err != nil {
			t.Error(err)
			continue
		}
		for path, text := range changed {
			if _, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution); err != nil {
				t.Errorf("%s: it is no Go any more: %v", p.name, err)
			}
			if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "internal/evs/") || strings.HasPrefix(path, "internal/sim/") {
				t.Errorf("%s: it changes %s, which is no protocol", p.name, path)
			}
		}
		for _, line := range strings.Split(p.words, "\n") {
			if len(line) > 140 {
				t.Errorf("%s: a line of %d characters", p.name, len(line))
			}
		}
	}
}

const sample = `Words, two
lines of them.

--- a/one.go
+++ b/one.go
@@ -2,3 +2,3 @@
 b
-c
+C
 d
@@ -8,2 +8,3 @@
 x
+y
 z
`

func TestPatchFollowsItsLines(t *testing.T) {
	p, err := parsePatch("sample", sample)
	if err != nil {
		t.Fatal(err)
	}
	if p.words != "Words, two\nlines of them." || len(p.files) != 1 || p.files[0].path != "one.go" {
		t.Fatalf("%+v", p)
	}
	for _, c := range []struct{ name, before, after string }{
		{"where they were", "a b c d e f g x z", "a b C d e f g x y z"},
		{"further down", "n n n n a b c d e f g x z", "n n n n a b C d e f g x y z"},
		{"the nearer of two", "b c d e f g h x z 0 0 0 0 0 b c d", "b C d e f g h x y z 0 0 0 0 0 b c d"},
		{"gone", "a b k d e f g x z", ""},
		{"the second gone", "a b c d e f g x 0", ""},
	} {
		text, err := p.files[0].apply(strings.ReplaceAll(c.before, " ", "\n"))
		if c.after == "" {
			if err == nil {
				t.Errorf("%s: it applies: %q", c.name, text)
			}
			continue
		}
		if got := strings.ReplaceAll(text, "\n", " "); err != nil || got != c.after {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

func TestPatchRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no words":    strings.TrimPrefix(sample, "Words, two\nlines of them."),
		"no diff":     "Words.\n",
		"no hunk":     "Words.\n\n--- a/one.go\n+++ b/one.go\n",
		"half a head": "Words.\n\n--- a/one.go\n",
		"no number":   "Words.\n\n--- a/one.go\n+++ b/one.go\n@@ -x @@\n-a\n",
		"stray line":  sample + "?\n",
	} {
		if p, err := parsePatch("bad", text); err == nil {
			t.Errorf("%s: read as %+v", name, p)
		}
	}
}

func TestPatchThatChangesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "one.go"), []byte("a\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := parsePatch("idle", "Words.\n\n--- a/one.go\n+++ b/one.go\n@@ -1,2 +1,2 @@\n a\n-b\n+b\n")
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := p.applied(dir); err == nil {
		t.Errorf("applied: %v", changed)
	}
}

// TestNameSpecificationFirst: a predicate of the specification says more than an invariant or a cluster that is not whole.
func TestNameSpecificationFirst(t *testing.T) {
	c := name([]evs.Violation{{Property: "invariant"}, {Property: "liveness"}, {Property: evs.RingSafe, Text: "text"}, {Property: evs.RingSafe}, {Property: evs.State}})
	if !c.Found || c.Property != evs.RingSafe || len(c.Also) != 3 {
		t.Errorf("%+v", c)
	}
	if c := name([]evs.Violation{{Property: "invariant"}, {Property: "liveness"}}); c.Property != "invariant" || len(c.Also) != 1 {
		t.Errorf("%+v", c)
	}
}

func TestOutcomeLines(t *testing.T) {
	for _, c := range []struct {
		o    outcome
		want string
		ok   bool
	}{
		{outcome{name: "m", catch: catch{Found: true, Seeds: 7, Property: evs.RingSafe, Also: []evs.Property{"a", "b", "c", "d"}}}, "caught  ring safe delivery", true},
		{outcome{name: "m", catch: catch{Seeds: 200}}, "MISSED", false},
		{outcome{name: "m", err: context.Canceled}, "BROKEN", false},
	} {
		var b bytes.Buffer
		c.o.print(&b, 10)
		if !strings.Contains(b.String(), c.want) || c.o.ok() != c.ok {
			t.Errorf("%q, %v", b.String(), c.o.ok())
		}
	}
}
