package membership

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

func entry(name string, kind uint8, shape string) wire.HandlerEntry {
	return wire.HandlerEntry{Name: name, Kind: kind, Shape: shape}
}

// TestRefusals lets b join a group of a, and wants to read why it may not.
func TestRefusals(t *testing.T) {
	table := []wire.HandlerEntry{entry("Update", 1, "{Key string}"), entry("Acquire", 2, "{Name string}"), entry("Lookup", 3, "{Key string}")}
	for _, c := range []struct {
		name string
		set  func(*app)
		kind RefusalKind
		text string
	}{
		{"create", func(a *app) { a.mode = wire.JoinCreate }, RefusalExists, `group "g" has members`},
		{"size", func(a *app) { a.config.Size = 3 }, RefusalConfig, "Size: 3 here, 1 in the group"},
		{"all fields", func(a *app) {
			a.config = wire.GroupConfig{Size: 5, Partition: wire.PolicyReadOnly, LastMember: 1, Stateless: true}
		}, RefusalConfig,
			"Size: 5 here, 1 in the group; Partition: read-only here, primary in the group; LastMember: go on here, blocked in the group; Stateless: true here, false in the group"},
		{"missing types", func(a *app) { a.table = nil }, RefusalHandlers,
			`message "Update": not handled here; apply "Acquire": not handled here`},
		{"another shape", func(a *app) {
			a.table = []wire.HandlerEntry{table[0], entry("Acquire", 2, "{Name int}"), entry("Lookup", 3, "{Key int}")}
		}, RefusalHandlers, `apply "Acquire": {Name int} here, {Name string} in the group; query "Lookup": {Key int} here, {Key string} in the group`},
		{"another kind", func(a *app) { a.table = []wire.HandlerEntry{table[0], entry("Acquire", 1, "{Name string}")} }, RefusalHandlers,
			`apply "Acquire": not handled here`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			a, b := w.start("a"), w.start("b")
			w.regroup("ab")
			w.ask(a, "g", wire.GroupConfig{Size: 1}, func(a *app) { a.table = table })
			w.settle()
			x := w.ask(b, "g", wire.GroupConfig{Size: 1}, func(a *app) { a.table = table }, c.set)
			w.settle()
			if x.refused.Refusal != c.kind || x.refused.Text != c.text || x.refused.Attempt != 7 {
				t.Errorf("refused: %v %q (attempt %d), want %v %q", x.refused.Refusal, x.refused.Text, x.refused.Attempt, c.kind, c.text)
			}
			if x.in || b.dir.Membership(wire.NewGroupID("g")) != MembershipNone {
				t.Error("b is in all the same")
			}
		})
	}
}

func TestJoinExistingWithoutGroup(t *testing.T) {
	w := newWorld(t)
	x := w.ask(w.start("a"), "g", wire.GroupConfig{}, func(a *app) { a.mode = wire.JoinExisting })
	w.settle()
	if x.refused.Refusal != RefusalNoGroup || x.refused.Text != `nobody is in group "g"` {
		t.Errorf("refused: %+v", x.refused)
	}
}

// TestWaitingDiffer refuses one of two that wait for a founding together.
func TestWaitingDiffer(t *testing.T) {
	w := newWorld(t)
	a, b := w.start("a"), w.start("b")
	w.regroup("ab")
	w.ask(a, "g", wire.GroupConfig{Size: 2})
	w.settle()
	x := w.ask(b, "g", wire.GroupConfig{Size: 3})
	w.settle()
	if x.refused.Refusal != RefusalConfig || x.refused.Text != "Size: 3 here, 2 in the group" {
		t.Errorf("refused: %+v", x.refused)
	}
}

// TestTableGrows lets a newer program join: what only it handles is listed with who does not, in the order of arrival, and an
// older one may still join.
func TestTableGrows(t *testing.T) {
	w := newWorld(t)
	procs := map[string]*proc{}
	for _, n := range []string{"a", "b", "c"} {
		procs[n] = w.start(n)
	}
	w.regroup("abc")
	join := func(n string, table ...wire.HandlerEntry) {
		t.Helper()
		w.ask(procs[n], "g", wire.GroupConfig{}, func(a *app) { a.table = table })
		w.settle()
	}
	wantTable := func(s string) {
		t.Helper()
		for n, p := range procs {
			var got []string
			for _, e := range p.dir.Table(wire.NewGroupID("g")) {
				line := e.Name
				for _, id := range e.Missing {
					line += "-" + string(id[:1])
				}
				got = append(got, line)
			}
			if fmt.Sprint(got) != s {
				t.Errorf("%s has the table %v, want %s", n, got, s)
			}
		}
	}
	join("a", entry("Old", 1, "x"), entry("Ask", 3, "x"))
	wantTable("[Old Ask]")
	join("b", entry("New", 1, "x"), entry("Old", 1, "x"))
	wantTable("[Old Ask-b New-a]")
	join("c", entry("Old", 1, "x"))
	wantTable("[Old Ask-b-c New-a-c]")
	procs["b"].app("g").leave = true
	w.settle()
	wantTable("[Old Ask-c New-a-c]")
	procs["a"].app("g").leave = true
	w.settle()
	wantTable("[Old Ask-c New-c]")
}

func TestDifferencesAreBounded(t *testing.T) {
	var there []wire.HandlerEntry
	for i := range 100 {
		there = append(there, entry(fmt.Sprint("T", i), 1, ""))
	}
	if text := differTable(nil, there); !strings.HasSuffix(text, `message "T15": not handled here; and 84 more`) {
		t.Error(text)
	}
}

// TestATableThatWasGivenStays: who was given the table reads it on another goroutine, while others join and leave.
func TestATableThatWasGivenStays(t *testing.T) {
	a, b := wire.NewMemberID("a", 1), wire.NewMemberID("b", 1)
	r := &wire.GroupRecord{}
	join := func(id wire.MemberID, table ...wire.HandlerEntry) {
		handle(r, id, table)
		r.Members = append(r.Members, wire.GroupMember{ID: id})
	}
	x, y := wire.HandlerEntry{Name: "x", Kind: 1, Shape: "{A int}"}, wire.HandlerEntry{Name: "y", Kind: 1}
	join(a, x)
	given := r.Table
	want := cloneTable(given)
	same := func(when string) {
		t.Helper()
		for i := range want {
			if e, w := given[i], want[i]; e.Name != w.Name || e.Shape != w.Shape || !slices.Equal(e.Missing, w.Missing) {
				t.Errorf("%s: the table that was given became %v, it was %v", when, e, w)
			}
		}
	}
	join(b, y) // which lacks x, and brings another
	same("a member came")
	if len(r.Table) != 2 || !slices.Equal(r.Table[0].Missing, []wire.MemberID{b}) || !slices.Equal(r.Table[1].Missing, []wire.MemberID{a}) {
		t.Fatalf("the table is %v", r.Table)
	}
	given = r.Table
	want = cloneTable(given)
	r.Members = r.Members[:1]
	unlist(r)
	same("a member left")
	if len(r.Table[0].Missing) > 0 || len(r.Table[1].Missing) != 1 {
		t.Errorf("the table is %v", r.Table)
	}
}
