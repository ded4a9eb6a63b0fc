package membership

import (
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// want compares what an application was told.
func want(t *testing.T, a *app, lines ...string) {
	t.Helper()
	got := a.told()
	if !slices.Equal(got, lines) {
		t.Errorf("%s was told\n  %s\nwant\n  %s", a.p.name, strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
}

// cluster starts the named processes on one ring, and lets all of them join.
func cluster(t *testing.T, names string, config wire.GroupConfig) (*world, map[string]*app) {
	w := newWorld(t)
	apps := map[string]*app{}
	for _, n := range names {
		w.start(string(n))
	}
	w.regroup(names)
	for _, n := range names {
		apps[string(n)] = w.ask(w.proc(string(n)), "g", config)
		w.settle()
	}
	for _, a := range apps {
		a.told()
	}
	return w, apps
}

func TestJoinOneByOne(t *testing.T) {
	w := newWorld(t)
	for _, n := range "abc" {
		w.start(string(n))
	}
	w.regroup("abc")
	a := w.ask(w.proc("a"), "g", wire.GroupConfig{})
	w.settle()
	want(t, a, "founded", "view a joined:a with:a primary:true rank:0")
	for range 3 {
		w.proc("a").say("g")
	}
	w.settle()
	b := w.ask(w.proc("b"), "g", wire.GroupConfig{})
	w.settle()
	want(t, a, "save for b", "view ab joined:b with:a loading:b primary:true rank:0", "loaded b")
	want(t, b, "load from a", "view ab joined:b with:b loading:b primary:true rank:1", "loaded b")
	if !slices.Equal(a.state, b.state) || len(b.state) != 3 {
		t.Errorf("a has %v, b has %v", a.state, b.state)
	}
	b.leave = true
	w.settle()
	want(t, a, "view a joined: with:a left:b(leave) primary:true rank:0")
	want(t, b, "view a joined: with: left:b(leave) primary:true rank:-1", "left: left")
	if _, _, ok := w.proc("c").dir.Members(wire.NewGroupID("g")); !ok {
		t.Error("c does not know of the group")
	}
	a.leave = true
	w.settle()
	if groups := w.proc("c").dir.Groups(); len(groups) != 0 {
		t.Errorf("groups left: %v", groups)
	}
}
