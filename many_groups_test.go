package lockstep_test

// Many groups: what an idle one takes, how fast they are joined, and how soon all are told of a crash. On the real clock, because what is
// measured is the processor's work.

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// toldAllMost is from a ring's view until the last group's is there.
const toldAllMost = time.Second

// A manyGroups is what was measured.
type manyGroups struct {
	joins  float64 // a second, by three members together
	bytes  int     // of an idle group at a node
	told   time.Duration
	rounds uint64 // turns of an idle node's loop in a second
}

// liveBytes is what lives on the heap.
func liveBytes() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// joinMany makes every node a member of n groups, some hundred at a time, as a program would that starts.
func joinMany(c *locksteptest.Cluster, n int) (groups [3][]*lockstep.Group) {
	for i := range groups {
		groups[i] = make([]*lockstep.Group, n)
	}
	c.Each(func(ctx context.Context, i int, node *lockstep.Node) error {
		const hands = 200
		errs := make(chan error, hands)
		for h := range hands {
			go func() {
				for k := h; k < n; k += hands {
					g := node.Group(fmt.Sprintf("group-%05d", k), lockstep.GroupConfig{Stateless: true})
					lockstep.Handle(g, func(context.Context, lockstep.Message, work) {})
					if err := g.Join(ctx); err != nil {
						errs <- err
						return
					}
					groups[i][k] = g
				}
				errs <- nil
			}()
		}
		for range hands {
			if err := <-errs; err != nil {
				return err
			}
		}
		return nil
	})
	return groups
}

// measureGroups has three nodes join n groups, leaves them alone for a second, and kills one.
func measureGroups(t testing.TB, n int) (x manyGroups) {
	var mu sync.Mutex
	var ring time.Time // when a was last told of one
	c := locksteptest.New(t, 3, locksteptest.WithConfig(func(i int, cfg *lockstep.Config) {
		if i == 0 {
			cfg.Events = &lockstep.EventListener{RingInstalled: func(string, []lockstep.Member) {
				mu.Lock()
				defer mu.Unlock()
				ring = time.Now()
			}}
		}
	}))
	c.Join("first", lockstep.GroupConfig{Stateless: true}, nil)
	before := liveBytes()
	began := time.Now()
	groups := joinMany(c, n)
	x.joins = float64(3*n) / time.Since(began).Seconds()
	names := []string{"a", "b", "c"}
	for i := range groups {
		for _, g := range groups[i] {
			c.WantView(g, 10*time.Second, names...)
		}
	}
	<-time.After(time.Second) // housekeeping comes by
	rounds := c.Node(0).Stats().LoopRounds
	<-time.After(time.Second)
	x.rounds = c.Node(0).Stats().LoopRounds - rounds
	x.bytes = int(liveBytes()-before) / (3 * n)

	c.Kill(2)
	for _, g := range groups[0] {
		c.WantView(g, 10*time.Second, "a", "b")
	}
	at := time.Now()
	for _, g := range groups[1] {
		c.WantView(g, 10*time.Second, "a", "b")
	}
	mu.Lock()
	defer mu.Unlock()
	x.told = at.Sub(ring)
	return x
}

func TestManyGroups(t *testing.T) {
	x := measureGroups(t, groupsTested)
	t.Logf("%.0f joins a second, %d bytes an idle group and node, all told of a crash %v after the ring's view, %d turns a second when idle",
		x.joins, x.bytes, x.told, x.rounds)
	if x.bytes > idleGroupMost {
		t.Errorf("an idle group takes %d bytes at a node, at most %d", x.bytes, idleGroupMost)
	}
	if x.told > toldAllMost {
		t.Errorf("the last group was told of a crash %v after the ring's view, at most %v", x.told, toldAllMost)
	}
	if x.joins < 300 {
		t.Errorf("%.0f joins a second", x.joins)
	}
	if x.rounds > 100 {
		t.Errorf("an idle node's loop turned %d times in a second", x.rounds)
	}
}

// BenchmarkManyGroups has ten thousand.
func BenchmarkManyGroups(b *testing.B) {
	for b.Loop() {
		x := measureGroups(b, 10_000)
		b.ReportMetric(x.joins, "joins/s")
		b.ReportMetric(float64(x.bytes), "B/group")
		b.ReportMetric(float64(x.told.Milliseconds()), "ms-to-tell-all")
		b.ReportMetric(float64(x.rounds), "turns/s")
	}
}
