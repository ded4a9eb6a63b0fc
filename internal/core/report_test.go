package core

// Reports by applications: heeded by all, told to all, and over when their member is gone.

import (
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// departure is why the member is gone from the last view of group g that core i was given.
func (f *few) departure(i int, id wire.MemberID) (reason wire.Reason) {
	for _, u := range f.ups[i] {
		if u.Kind != UpView {
			continue
		}
		for _, d := range u.View.Left {
			if d.Member.ID == id {
				reason = d.Reason
			}
		}
	}
	return reason
}

func (f *few) members(i int) int { return len(f.cores[i].ring.Members()) }

func threeOf(t *testing.T) *few {
	f := newFew(t)
	for range 3 {
		f.start()
		f.run(3 * time.Second)
	}
	for i := range f.cores {
		if f.members(i) != 3 {
			t.Fatal("no ring of three")
		}
	}
	return f
}

func TestAReportedMemberIsGivenUpByAll(t *testing.T) {
	f := threeOf(t)
	c := f.cores[2].cfg.Self.ID
	f.step(0, Report{Member: c, Why: "its disk is full"})
	f.run(400 * time.Millisecond)
	for i := range 2 {
		if f.members(i) != 2 || f.departure(i, c) != wire.ReasonReported {
			t.Errorf("core %d: a ring of %d, the reason is %v", i, f.members(i), f.departure(i, c))
		}
	}
	if len(f.cores[0].reports.own) > 0 {
		t.Error("the report is still to be delivered")
	}
	// Told once at each, with whose word it was.
	for i := range f.cores {
		var told []string
		for _, n := range f.notices[i] {
			if n.Kind == membership.NoticeSuspect && n.Member == c && strings.Contains(n.Text, "reported by a: its disk is full") {
				told = append(told, n.Text)
			}
		}
		if len(told) != 1 {
			t.Errorf("core %d was told %q", i, told)
		}
	}
	// It lives, so it comes back when all have proved to hear all.
	f.run(5 * time.Second)
	for i := range f.cores {
		if f.members(i) != 3 {
			t.Errorf("core %d is on a ring of %d", i, f.members(i))
		}
	}
}

// What nobody can be reported for changes nothing.
func TestReportsThatAreNone(t *testing.T) {
	f := threeOf(t)
	ring := f.cores[0].ring.Ring()
	f.step(0, Report{Member: f.cores[0].cfg.Self.ID, Why: "itself"})
	f.step(0, Report{Member: wire.NewMemberID("z", 1), Why: "a stranger"})
	f.run(time.Second)
	if f.cores[0].ring.Ring() != ring || len(f.cores[0].control) > 0 || len(f.cores[0].reports.own) > 0 {
		t.Error("something came of it")
	}
}

// A report that is made while there is no ring is put to the next one, and not to one without its member.
func TestAReportOutlivesItsRing(t *testing.T) {
	for _, gone := range []bool{false, true} {
		f := threeOf(t)
		b, c := f.cores[1].cfg.Self.ID, f.cores[2].cfg.Self.ID
		f.cores[0].report(Report{Member: c, Why: "at last"})
		f.cores[0].ring.Expel([]wire.MemberID{b}, wire.ReasonPartition, "to begin a new ring")
		if gone {
			f.cores[0].ring.Expel([]wire.MemberID{c}, wire.ReasonPartition, "to begin a new ring")
		} else if len(f.cores[0].reports.own) != 1 {
			t.Fatal("the report was not kept")
		}
		f.run(600 * time.Millisecond)
		if f.members(0) != 1 || len(f.cores[0].reports.own) > 0 {
			t.Errorf("gone before %v: a ring of %d, %d reports", gone, f.members(0), len(f.cores[0].reports.own))
		}
		if got := f.departure(0, c); !gone && got != wire.ReasonReported {
			t.Errorf("the reason is %v", got)
		}
	}
}

// Each member is reported once at a time, in so many words.
func TestReportsAreBounded(t *testing.T) {
	f := threeOf(t)
	c := f.cores[0]
	c.trans = []wire.MemberID{c.cfg.Self.ID} // nothing is put now
	for range 3 {
		c.report(Report{Member: f.cores[1].cfg.Self.ID, Why: strings.Repeat("x", 3*wire.MaxReport)})
	}
	if n := len(c.reports.own); n != 1 {
		t.Errorf("%d reports about one member", n)
	}
	if n := len(c.reports.own[0].Why); n != wire.MaxReport {
		t.Errorf("%d bytes of text", n)
	}
}
