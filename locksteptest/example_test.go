package locksteptest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// Add is what a counter replicates; A Counter is an application with a group in it, as a program has it.
type Add struct{ N int }

type Counter struct {
	group *lockstep.Group
	total int // of the group's goroutine alone
}

func NewCounter(node *lockstep.Node, size int) *Counter {
	c := &Counter{group: node.Group("counter", lockstep.GroupConfig{Size: size})}
	lockstep.HandleApply(c.group, func(_ context.Context, _ lockstep.Message, a Add) (int, error) {
		c.total += a.N
		return c.total, nil
	})
	c.group.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) {
			b, err := json.Marshal(c.total)
			return bytes.NewReader(b), err
		},
		Load: func(_ context.Context, r io.Reader) error { return json.NewDecoder(r).Decode(&c.total) },
	})
	return c
}

// Add adds n and returns the new total.
func (c *Counter) Add(ctx context.Context, n int) (int, error) {
	return lockstep.Apply[int](ctx, c.group, Add{n})
}

// counters starts n counters on a cluster.
func counters(cluster *locksteptest.Cluster) []*Counter {
	all := make([]*Counter, cluster.Len())
	cluster.Each(func(ctx context.Context, i int, node *lockstep.Node) error {
		all[i] = NewCounter(node, cluster.Len())
		return all[i].group.Join(ctx)
	})
	return all
}

// An application's members are made by Each, which calls a function for all nodes at once: what the application does on one node of
// a real cluster. Kill and Restart are kill -9 and a new process; the application's own constructor makes the member again.
func ExampleCluster_Each() {
	cluster := locksteptest.Open(3)
	defer cluster.Close()
	all := counters(cluster)
	ctx := context.Background()
	fmt.Println(all[0].Add(ctx, 2))

	cluster.Kill(0)
	cluster.WantView(all[1].group, 5*time.Second, "b", "c")
	fmt.Println(all[1].Add(ctx, 40))

	again := NewCounter(cluster.Restart(0), 3)
	if err := again.group.Join(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println(again.Add(ctx, 0))
	// Output:
	// 2 <nil>
	// 42 <nil>
	// 42 <nil>
}

// A member that is cut off learns that it has no quorum and refuses; the others go on. Healed, it has the state of the others. In a
// test, Run makes the two seconds of silence and beacons that this takes a few milliseconds.
func ExampleCluster_Cut() {
	cluster := locksteptest.Open(3)
	defer cluster.Close()
	all := counters(cluster)
	ctx := context.Background()

	cluster.Cut(2)
	cluster.WantBlocked(all[2].group, 5*time.Second)
	_, err := all[2].Add(ctx, 1000)
	fmt.Println("refused:", errors.Is(err, lockstep.ErrNotPrimary))
	cluster.WantView(all[0].group, 5*time.Second, "a", "b")
	fmt.Println(all[0].Add(ctx, 7))

	cluster.Heal()
	cluster.WantView(all[2].group, 10*time.Second, "a", "b", "c")
	fmt.Println(all[2].Add(ctx, 0))
	// Output:
	// refused: true
	// 7 <nil>
	// 7 <nil>
}

// Join is the short way for a test that has no application, only handlers.
func ExampleCluster_Join() {
	cluster := locksteptest.Open(2)
	defer cluster.Close()
	heard := make(chan string, 2)
	groups := cluster.Join("words", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
		lockstep.Handle(g, func(_ context.Context, m lockstep.Message, w Word) { heard <- m.Sender.Name + " says " + w.Text })
	})
	if err := groups[1].OrderedSend(context.Background(), Word{"hello"}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-heard)
	fmt.Println(<-heard)
	// Output:
	// b says hello
	// b says hello
}
