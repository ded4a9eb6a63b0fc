package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
)

// TestThree runs the program's heart on three nodes over loopback, one after the other: each joins with the state of those before it.
func TestThree(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	key, err := lockstep.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	var seeds []string
	for i, want := range []string{
		"a says 20.75\na has the printer: true\n",
		"a says 20.75\nb says 20.75\nb has the printer: false\n",
		"a says 20.75\nb says 20.75\nc says 20.75\nc has the printer: false\n",
	} {
		node, err := lockstep.Start(ctx, lockstep.Config{
			Name: string(rune('a' + i)), Listen: "127.0.0.1:0", Seeds: seeds, Key: key, Timing: lockstep.Local(),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := node.Close(); err != nil {
				t.Error(err)
			}
		})
		if i == 0 {
			seeds = []string{node.Addr().String()}
		}
		var out strings.Builder
		if err := quotes(ctx, node, &out); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%v printed\n%swant\n%s", node.Self(), out.String(), want)
		}
	}
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
