package catalogue

// The entrance: every file in testdata is run and its output compared.

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

var (
	trace = flag.Bool("trace", false, "print what happened, packet by packet")
	seed  = flag.Uint64("seed", 1, "of the network's jitter and losses: the texts are those of 1, what must hold is the same for all")
)

func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			s := &story{}
			datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
				t.Helper()
				before := len(s.failures)
				out := s.block(lines(d))
				for _, f := range s.failures[before:] {
					t.Errorf("%s: %s", d.Pos, f)
				}
				return out
			})
			if !s.checked {
				t.Errorf("%s does not end in a check", file)
			}
		})
	}
}

// lines are the commands of one block.
func lines(d *datadriven.TestData) []string {
	first := d.Cmd
	for _, a := range d.CmdArgs {
		first += " " + a.Key
	}
	list := []string{first}
	for _, l := range strings.Split(d.Input, "\n") {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			list = append(list, l)
		}
	}
	return list
}
