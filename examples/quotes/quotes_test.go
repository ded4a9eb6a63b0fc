package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
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

func TestWhoIsCutOffComesBackWithWhatItMissed(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		groups := make([]*lockstep.Group, 3)
		for i := range 3 {
			if err := quotes(t.Context(), c.Node(i), io.Discard); err != nil {
				t.Fatal(err)
			}
			groups[i] = c.Node(i).Group("quotes", lockstep.GroupConfig{})
		}
		c.WantViews(groups, 5*time.Second, "a", "b", "c")

		c.Cut(2) // c hears nobody any more
		c.WantView(groups[0], 5*time.Second, "a", "b")
		c.WantBlocked(groups[2], 5*time.Second)
		if _, err := lockstep.Apply[bool](t.Context(), groups[2], Acquire{"scanner"}); !errors.Is(err, lockstep.ErrNotPrimary) {
			t.Errorf("a member without a quorum answered: %v", err)
		}
		if got, err := lockstep.Apply[bool](t.Context(), groups[0], Acquire{"scanner"}); err != nil || !got {
			t.Errorf("the others did not go on: %v, %v", got, err)
		}

		c.Heal()
		c.WantViews(groups, 10*time.Second, "a", "b", "c")
		if got, err := lockstep.Apply[bool](t.Context(), groups[2], Acquire{"scanner"}); err != nil || got {
			t.Errorf("c has the scanner of another: %v, %v", got, err)
		}
	})
}

// TestReadme keeps the README's program the one that is tested here: each of its Go blocks marked so is a part of the file.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]int{"main.go": 2, "quotes_test.go": 1} {
		program, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		mark := "<!-- examples/quotes/" + file + " -->\n```go\n"
		parts := strings.Split(string(readme), mark)[1:]
		if len(parts) != want {
			t.Fatalf("the README has %d parts of %s, not %d", len(parts), file, want)
		}
		for i, part := range parts {
			block, _, ended := strings.Cut(part, "```\n")
			if !ended || !strings.Contains(string(program), block) {
				t.Errorf("part %d of the README's is not in %s", i+1, file)
			}
		}
	}
}
