package main

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/locksteptest"
)

// TestThree runs the program's heart on three nodes, one after the other: each joins with the state of those before it.
func TestThree(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		for i, want := range []string{
			"a says 20.75\na has the printer: true\n",
			"a says 20.75\nb says 20.75\nb has the printer: false\n",
			"a says 20.75\nb says 20.75\nc says 20.75\nc has the printer: false\n",
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			var out strings.Builder
			if err := quotes(ctx, c.Node(i), &out); err != nil {
				t.Fatal(err)
			}
			if out.String() != want {
				t.Errorf("%s printed\n%swant\n%s", c.Name(i), out.String(), want)
			}
		}
	})
}

// TestThePrinterOfADeadMemberIsFree: the view takes it away, and whoever asks next has it.
func TestThePrinterOfADeadMemberIsFree(t *testing.T) {
	locksteptest.Run(t, 4, func(t *testing.T, c *locksteptest.Cluster) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for i := range 3 {
			if err := quotes(ctx, c.Node(i), io.Discard); err != nil {
				t.Fatal(err)
			}
		}
		c.Kill(0)
		var out strings.Builder
		if err := quotes(ctx, c.Node(3), &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "d has the printer: true\n") {
			t.Error(out.String())
		}
	})
}

// TestReadme keeps the README's program the one that is tested here: each of its Go blocks marked so is a part of main.go.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	const mark = "<!-- examples/quotes/main.go -->\n```go\n"
	parts := strings.Split(string(readme), mark)[1:]
	if len(parts) != 2 {
		t.Fatalf("the README has %d parts of the program, not 2", len(parts))
	}
	for i, part := range parts {
		block, _, ended := strings.Cut(part, "```\n")
		if !ended || !strings.Contains(string(program), block) {
			t.Errorf("part %d of the README's program is not in main.go", i+1)
		}
	}
}
