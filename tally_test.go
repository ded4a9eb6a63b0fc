package lockstep_test

// A tally is the application of the tests about partitions and life cycles: the sum of the entries that were made, and what its
// member was told on the way.

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// An entry is added to the tally; sumUp asks for the sum.
type entry struct{ N int }
type sumUp struct{}

type tally struct {
	mu      sync.Mutex
	entries []int
	views   []lockstep.View
	blocked int
	lost    []lockstep.Lost
	merged  []lockstep.ViewID
	onNew   func() // if not nil, called when the state is made from nothing
	onView  func(lockstep.View)
}

func (a *tally) open(g *lockstep.Group) {
	add := func(n int) int {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.entries = append(a.entries, n)
		return len(a.entries)
	}
	lockstep.Handle(g, func(_ context.Context, _ lockstep.Message, e entry) { add(e.N) })
	lockstep.HandleApply(g, func(_ context.Context, _ lockstep.Message, e entry) (int, error) { return add(e.N), nil })
	lockstep.HandleQuery(g, func(context.Context, lockstep.Message, sumUp) (string, error) { return a.text(), nil })
	g.OnView(func(_ context.Context, v lockstep.View) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.views = append(a.views, v)
		if a.onView != nil {
			a.onView(v)
		}
	})
	g.OnBlocked(func(context.Context) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.blocked++
	})
	g.OnLost(func(_ context.Context, l lockstep.Lost) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.lost = append(a.lost, l)
	})
	g.OnState(lockstep.State{
		New: func() error {
			if a.onNew != nil {
				a.onNew()
			}
			return nil
		},
		Save: func(lockstep.View) (io.WriterTo, error) { return strings.NewReader(a.text()), nil },
		Load: func(_ context.Context, r io.Reader) error {
			list, err := readEntries(r)
			a.mu.Lock()
			defer a.mu.Unlock()
			a.entries = list
			return err
		},
		// The union of both, sorted, so that all members come to the same from the same parts.
		Merge: func(_ context.Context, side lockstep.View, r io.Reader) error {
			list, err := readEntries(r)
			a.mu.Lock()
			defer a.mu.Unlock()
			a.merged = append(a.merged, side.ID)
			a.entries = append(a.entries, list...)
			slices.Sort(a.entries)
			a.entries = slices.Compact(a.entries)
			return err
		},
	})
}

func readEntries(r io.Reader) (list []int, err error) {
	b, err := io.ReadAll(r)
	for _, f := range strings.Fields(string(b)) {
		var n int
		if _, err := fmt.Sscan(f, &n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, err
}

// text is the state: the entries in their order.
func (a *tally) text() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Trim(fmt.Sprint(a.entries), "[]")
}

func (a *tally) has(n int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Contains(a.entries, n)
}

// told returns the views that were shown since the last call, and how often the primary was lost.
func (a *tally) told() (views []lockstep.View, blocked int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	views, blocked = a.views, a.blocked
	a.views, a.blocked = nil, 0
	return views, blocked
}

// losses returns what OnLost was told of.
func (a *tally) losses() []lockstep.Lost {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.lost)
}

// tallies joins every node of a cluster to the group "tally".
func tallies(c *locksteptest.Cluster, cfg lockstep.GroupConfig) ([]*tally, []*lockstep.Group) {
	all := make([]*tally, c.Len())
	return all, c.Join("tally", cfg, func(i int, g *lockstep.Group) {
		all[i] = &tally{}
		all[i].open(g)
	})
}
