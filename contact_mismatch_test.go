package lockstep_test

// Who may not join, and what it is told: other handlers, another GroupConfig. And who may: an older or newer version of a message.

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// Three versions of one message, and one that never fits.
type updateOld struct {
	Key   string
	Value float64
}
type updateNew struct {
	Key   string
	Value float64
	Unit  string
}
type updateOther struct {
	Key  string
	Unit int
}
type updateWrong struct {
	Key   string
	Value int
}
type rename struct{ From, To string }
type total struct{}

// nothing is the answer of the queries here.
func nothing[M any](context.Context, lockstep.Message, M) (int, error) { return 0, nil }

// ignore handles messages without a trace.
func ignore[M any](context.Context, lockstep.Message, M) {}

// newcomer joins the second node of two to the group of the first, each with its own registrations and config, and returns what
// Join said.
func newcomer(t *testing.T, mine, theirs lockstep.GroupConfig, register, registered func(g *lockstep.Group)) error {
	t.Helper()
	c := locksteptest.New(t, 2)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ga := c.Node(0).Group("g", theirs)
	registered(ga)
	gb := c.Node(1).Group("g", mine)
	register(gb)
	if err := ga.Join(ctx); err != nil {
		t.Fatal(err)
	}
	return gb.Join(ctx)
}

// TestAJoinerIsToldWhatDiffers, word for word.
func TestAJoinerIsToldWhatDiffers(t *testing.T) {
	stateless := lockstep.GroupConfig{Stateless: true}
	usual := func(g *lockstep.Group) {
		lockstep.Handle(g, ignore[updateOld], lockstep.As("Update"))
		lockstep.HandleApply(g, nothing[rename])
		lockstep.HandleQuery(g, nothing[total])
	}
	const prefix = "join g: the group's members are set up differently: "
	for _, c := range []struct {
		name         string
		mine, theirs lockstep.GroupConfig
		register     func(g *lockstep.Group)
		want         string
	}{
		{"types that are missing", stateless, stateless, func(*lockstep.Group) {},
			`message "Update": not handled here; apply "rename": not handled here`},
		{"a field's type, and a type that is missing", stateless, stateless, func(g *lockstep.Group) {
			lockstep.Handle(g, ignore[updateWrong], lockstep.As("Update"))
		}, `message "Update": field Value is int here, float64 in the group; apply "rename": not handled here`},
		{"another answer", stateless, stateless, func(g *lockstep.Group) {
			lockstep.Handle(g, ignore[updateOld], lockstep.As("Update"))
			lockstep.HandleApply(g, nothing[rename])
			lockstep.HandleQuery(g, func(context.Context, lockstep.Message, total) (string, error) { return "", nil })
		}, `query "total": result: string here, int in the group`},
		{"another kind", stateless, stateless, func(g *lockstep.Group) {
			lockstep.Handle(g, ignore[updateOld], lockstep.As("Update"))
			lockstep.HandleApply(g, nothing[rename])
			lockstep.HandleApply(g, nothing[total])
		}, `"total": apply here, query in the group`},
		{"every field of the config", lockstep.GroupConfig{Size: 3, Partition: lockstep.ReadOnly},
			lockstep.GroupConfig{LastMember: lockstep.GoOn, Stateless: true}, usual,
			"Size: 3 here, 0 in the group; Partition: read-only here, primary in the group; LastMember: blocked here, go on in the group; " +
				"Stateless: false here, true in the group"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := newcomer(t, c.mine, c.theirs, c.register, usual)
				if !errors.Is(err, lockstep.ErrMismatch) || err.Error() != prefix+c.want {
					t.Errorf("got  %v\nwant %s", err, prefix+c.want)
				}
			})
		})
	}
}

// TestThoseWhoWaitToFoundAreToldToo: nobody is in the group yet, and the second to ask has another size.
func TestThoseWhoWaitToFoundAreToldToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := locksteptest.New(t, 3)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		errs := make(chan error, 2)
		for i, size := range []int{2, 3} {
			go func() { errs <- c.Node(i).Group("g", lockstep.GroupConfig{Size: size, Stateless: true}).Join(ctx) }()
		}
		err := <-errs
		const want = "join g: the group's members are set up differently: Size: "
		if !errors.Is(err, lockstep.ErrMismatch) || err.Error() != want+"3 here, 2 in the group" && err.Error() != want+"2 here, 3 in the group" {
			t.Errorf("%v", err)
		}
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("the other: %v", err)
		}
	})
}

// TestAMessageMayGrow: an older and a newer version of a message in one group. What the older does not know it skips, what it does
// not send is zero; a third version, in which the new field is another, is refused by what the newer brought.
func TestAMessageMayGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := locksteptest.New(t, 3)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		gotOld, gotNew := make(chan updateOld, 4), make(chan updateNew, 4)
		g := make([]*lockstep.Group, 3)
		for i := range g {
			g[i] = c.Node(i).Group("g", lockstep.GroupConfig{})
			g[i].OnState(lockstep.State{
				Save: func(lockstep.View) (io.WriterTo, error) { return strings.NewReader(""), nil },
				Load: func(context.Context, io.Reader) error { return nil },
			})
		}
		lockstep.Handle(g[0], func(_ context.Context, _ lockstep.Message, u updateOld) { gotOld <- u }, lockstep.As("Update"))
		lockstep.Handle(g[1], func(_ context.Context, _ lockstep.Message, u updateNew) { gotNew <- u }, lockstep.As("Update"))
		lockstep.Handle(g[2], ignore[updateOther], lockstep.As("Update"))
		for i := range 2 {
			if err := g[i].Join(ctx); err != nil {
				t.Fatal(i, err)
			}
		}
		if err := g[0].OrderedSend(ctx, updateOld{"a", 1.5}); err != nil {
			t.Fatal(err)
		}
		if old, new := <-gotOld, <-gotNew; old != (updateOld{"a", 1.5}) || new != (updateNew{"a", 1.5, ""}) {
			t.Errorf("from the old: %+v and %+v", old, new)
		}
		if err := g[1].OrderedSend(ctx, updateNew{"b", 2.5, "kg"}); err != nil {
			t.Fatal(err)
		}
		if old, new := <-gotOld, <-gotNew; old != (updateOld{"b", 2.5}) || new != (updateNew{"b", 2.5, "kg"}) {
			t.Errorf("from the new: %+v and %+v", old, new)
		}
		err := g[2].Join(ctx)
		want := `join g: the group's members are set up differently: message "Update": field Unit is int here, string in the group`
		if !errors.Is(err, lockstep.ErrMismatch) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

// TestAGroupsNameIsBounded: a name that no packet carries is refused here, not on the way.
func TestAGroupsNameIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := locksteptest.New(t, 1)
		err := c.Node(0).Group(strings.Repeat("x", 129), lockstep.GroupConfig{}).Join(t.Context())
		if err == nil || !strings.Contains(err.Error(), "lockstep: Group name: must be at most 128 bytes, is 129") {
			t.Error(err)
		}
		if err := c.Node(0).Group(strings.Repeat("x", 128), lockstep.GroupConfig{}).Join(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
