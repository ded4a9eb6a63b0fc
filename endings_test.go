package lockstep

// Ends that a node comes to by itself: it diverged, and the others' listeners are told; or it has no numbers left.

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/membership"
)

func TestAMemberThatDivergedEnds(t *testing.T) {
	n, s := scripted(t, alone)
	told := make(chan string, 1)
	s.on(t, n, func() {
		n.events.to.Diverged = func(m Member, text string) { told <- m.Name + " " + text }
		s.eff.Notices = append(s.eff.Notices, core.Notice{Kind: membership.NoticeDiverged, Member: s.self.ID, Text: "the sums"})
	})
	select {
	case got := <-told:
		if got != "a the sums" {
			t.Errorf("the listener was told %q", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the listener was told nothing")
	}
	n.in.run(func(*loop) { s.up(core.Upcall{Kind: core.UpDiverged, Text: "the sums"}) })
	<-n.Done()
	if err := n.Err(); !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "the sums") {
		t.Errorf("the node ended with %v", err)
	}
}

// A member without numbers ends and says which.
func TestAMemberWithoutNumbersEnds(t *testing.T) {
	n, s := scripted(t, alone)
	n.in.run(func(*loop) { s.up(core.Upcall{Kind: core.UpExhausted, Text: "positions"}) })
	<-n.Done()
	if err := n.Err(); !errors.Is(err, ErrExhausted) || !strings.Contains(err.Error(), "positions") {
		t.Errorf("the node ended with %v", err)
	}
}
