package main

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// TestWhoIsInIsNotOutByAnotherJoin: a member that was asked to join twice says that the second failed when it is in already.
func TestWhoIsInIsNotOutByAnotherJoin(t *testing.T) {
	left, view, failed := lab.Line{Ev: "left"}, lab.Line{Ev: "view", View: "12.1", Primary: true}, lab.Line{Ev: "error", Op: "join"}
	for _, c := range []struct {
		lines []lab.Line
		out   bool
	}{
		{[]lab.Line{left, view, failed}, false}, {[]lab.Line{left, failed}, true}, {[]lab.Line{failed}, true}, {[]lab.Line{view, left, failed, view}, false},
	} {
		var h heard
		if h.take(c.lines); h.out != c.out {
			t.Errorf("after %v out is %v", c.lines, h.out)
		}
	}
}
