package arrows

// The module against the table, and the checker against modules that break each rule.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModule(t *testing.T) {
	found, err := Check(filepath.Join("..", ".."), Rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

// TestTableStands keeps the table from naming packages that are gone, and from arrows in a circle.
func TestTableStands(t *testing.T) {
	for dir, rule := range Rules {
		for _, d := range append(rule.Ours, dir) {
			if files, _ := filepath.Glob(filepath.Join("..", "..", d, "*.go")); len(files) == 0 {
				t.Errorf("the row of %s names %s, which has no Go file", display(dir), display(d))
			}
		}
	}
	state := map[string]int{}
	var walk func(dir string, path []string)
	walk = func(dir string, path []string) {
		if state[dir] == 1 {
			t.Errorf("arrows in a circle: %s", strings.Join(append(path, display(dir)), " -> "))
		}
		if state[dir] != 0 {
			return
		}
		state[dir] = 1
		for _, d := range Rules[dir].Ours {
			walk(d, append(path, display(dir)))
		}
		state[dir] = 2
	}
	for dir := range Rules {
		walk(dir, nil)
	}
}

// TestBrokenRules breaks each rule once.
func TestBrokenRules(t *testing.T) {
	rules := map[string]Rule{
		"":      {Ours: []string{"logic"}},
		"logic": {Ours: []string{"bytes"}, Pure: true},
		"bytes": {},
		"play":  {Replayed: true},
	}
	head := "// Package x teaches.\npackage x\n"
	for name, tc := range map[string]struct {
		file, src, want string
	}{
		"upwards":         {"bytes/a.go", head + `import _ "github.com/lockstep-go/lockstep"`, "bytes must not import the root"},
		"past the arrows": {"a.go", head + `import _ "github.com/lockstep-go/lockstep/bytes"`, "the root must not import bytes"},
		"upwards in test": {"bytes/a_test.go", head + `import _ "github.com/lockstep-go/lockstep/logic"`, "bytes must not import logic"},
		"a stranger":      {"a.go", head + `import _ "example.com/left-pad"`, "must not depend on example.com/left-pad"},
		"no row":          {"new/a.go", head, `package "new" has no row`},
		"socket":          {"logic/a.go", head + `import _ "net"`, "must not import net"},
		"lock":            {"logic/a.go", head + `import _ "sync/atomic"`, "must not import sync/atomic"},
		"random":          {"logic/a.go", head + `import _ "math/rand/v2"`, "must not import math/rand/v2"},
		"clock":           {"logic/a.go", head + "import \"time\"\nvar t = time.Now()", "must not call time.Now"},
		"goroutine":       {"logic/a.go", head + "func f() { go f() }", "must not start a goroutine"},
		"channel":         {"logic/a.go", head + "var c chan int", "must not use channels"},
		"select":          {"logic/a.go", head + "func f() { select {} }", "must not select"},
		"no seed":         {"play/a.go", head + "import \"math/rand/v2\"\nvar n = rand.IntN(3)", "rand.IntN draws from a source of its own"},
		"too long":        {"a.go", head + strings.Repeat("\n", MaxLines), "more than 600"},
		"unfinished":      {"a.go", head + "// TO" + "DO", "finish it"},
		"sleeping test":   {"a_test.go", head + "import \"time\"\nfunc f() { time." + "Sleep(1) }", "must not sleep"},
		"skipped test":    {"a_test.go", head + "func f(t T) { t." + "Skip() }", "must not be skipped"},
		"teaches nothing": {"a.go", "package x\n", "no package comment"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			file := filepath.Join(root, filepath.FromSlash(tc.file))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(tc.src), 0o644); err != nil {
				t.Fatal(err)
			}
			found, err := Check(root, rules)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 || !strings.Contains(found[0].Why, tc.want) {
				t.Errorf("found %v, want one finding with %q", found, tc.want)
			}
		})
	}
}

// TestAllowed is what must pass.
func TestAllowed(t *testing.T) {
	rules := map[string]Rule{"logic": {Ours: []string{"bytes"}, Pure: true, TestTheirs: []string{rapid}}, "play": {Replayed: true}}
	head := "// Package x teaches.\npackage x\n"
	root := t.TempDir()
	for file, src := range map[string]string{
		"logic/a.go":          head + "import (\n\"net/netip\"\n\"time\"\n_ \"github.com/lockstep-go/lockstep/bytes\"\n)\nvar d time.Duration\nvar a netip.Addr",
		"logic/a_test.go":     head + "import (\n_ \"sync\"\n_ \"pgregory.net/rapid\"\n_ \"github.com/lockstep-go/lockstep/logic\"\n)",
		"play/a.go":           head + "import \"math/rand/v2\"\nvar r = rand.New(rand.NewPCG(1, 2))",
		"logic/testdata/a.go": "package broken; import _ \"net\"",
	} {
		name := filepath.Join(root, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, err := Check(root, rules)
	if err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestDocs(t *testing.T) {
	found, err := CheckDocs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

func TestBrokenDocs(t *testing.T) {
	root := t.TempDir()
	for file, text := range map[string]string{
		"a.md":      "`TestThere`, `TestNowhere`, [here](b.md#part), [there](https://example.com), [gone](c.md)",
		"b.md":      "",
		"a_test.go": "package a\n\nfunc TestThere(t *testing.T) {}\n",
	} {
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, err := CheckDocs(root)
	if err != nil || len(found) != 2 || found[0].Why != "there is no TestNowhere" || found[1].Why != "a link leads nowhere: c.md" {
		t.Errorf("found %v, %v", found, err)
	}
}
