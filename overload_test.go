package lockstep_test

// Members that are slower than others send, and many that send all they can: what waits is bounded, nobody is starved, nothing differs.

import (
	"context"
	"errors"
	"hash/fnv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// A handledBy is what one member handled: how much, and in which order.
type handledBy struct {
	mu     sync.Mutex
	count  int
	bytes  map[string]int // by sender
	digest uint64
}

func (y *handledBy) add(m lockstep.Message, b []byte) {
	y.mu.Lock()
	defer y.mu.Unlock()
	h := fnv.New64a()
	h.Write([]byte(m.Sender.Name))
	h.Write(b[:min(8, len(b))])
	y.digest = y.digest*31 + h.Sum64()
	if y.bytes == nil {
		y.bytes = map[string]int{}
	}
	y.count++
	y.bytes[m.Sender.Name] += len(b)
}

func (y *handledBy) look() (count int, digest uint64) {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.count, y.digest
}

func (y *handledBy) of(sender string) int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.bytes[sender]
}

// A flood is one member's sender: as much as it may, until stop.
type flood struct {
	stop context.CancelFunc
	sent atomic.Int64
	done chan error
}

func pour(t *testing.T, g *lockstep.Group, size int) *flood {
	ctx, cancel := context.WithCancel(t.Context())
	f := &flood{stop: cancel, done: make(chan error, 1)}
	go func() {
		b := make([]byte, size)
		for n := 0; ; n++ {
			b[0], b[1], b[2], b[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
			if err := g.OrderedSend(ctx, b); err != nil {
				f.done <- err
				return
			}
			f.sent.Add(1)
		}
	}()
	return f
}

// end stops it, which must be what ended it.
func (f *flood) end(t *testing.T) int {
	t.Helper()
	f.stop()
	if err := <-f.done; !errors.Is(err, context.Canceled) {
		t.Errorf("a sender ended with %v", err)
	}
	return int(f.sent.Load())
}

// A member that handles one message a second, among two that send all they can. Their sends wait for it, what waits anywhere is bounded,
// another group on the same members goes on at full speed, and nothing is lost.
func TestASlowConsumerSlowsItsGroupAndNoOther(t *testing.T) {
	const size, bound = 4 << 10, 256 << 10
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		slow := make(chan struct{}) // closed: it is not slow any more
		tallies, others := make([]handledBy, 3), make([]handledBy, 3)
		groups := c.Join("g", lockstep.GroupConfig{Stateless: true, QueueBytes: bound, HandlerLimit: -1}, func(i int, g *lockstep.Group) {
			lockstep.Handle(g, func(_ context.Context, m lockstep.Message, b []byte) {
				if i == 2 {
					select {
					case <-time.After(time.Second):
					case <-slow:
					}
				}
				tallies[i].add(m, b)
			})
		})
		beside := c.Join("h", lockstep.GroupConfig{Stateless: true, QueueBytes: bound}, func(i int, g *lockstep.Group) {
			lockstep.Handle(g, func(_ context.Context, m lockstep.Message, b []byte) { others[i].add(m, b) })
		})
		floods := []*flood{pour(t, groups[0], size), pour(t, groups[1], size)}
		<-time.After(10 * time.Second)
		before := floods[0].sent.Load() + floods[1].sent.Load()
		<-time.After(20 * time.Second)
		if n := floods[0].sent.Load() + floods[1].sent.Load() - before; n > 30 {
			t.Errorf("%d messages were accepted in 20 s, of which their slowest member handled 20", n)
		}
		for i := range 3 {
			s := c.Node(i).Stats()
			// A queue to send is full; half a queue to handle is when the group is told, and a window may be under way then.
			if most := bound + size; s.SendQueueBytes > most {
				t.Errorf("%s: %d bytes wait to be sent, at most %d", c.Name(i), s.SendQueueBytes, most)
			}
			if most := bound/2 + 2*s.Window; s.HandleQueueBytes > most {
				t.Errorf("%s: %d bytes wait to be handled, at most %d", c.Name(i), s.HandleQueueBytes, most)
			}
		}
		if err := groups[0].TrySend(lockstep.Ordered, make([]byte, size)); !errors.Is(err, lockstep.ErrFull) {
			t.Errorf("TrySend into a full queue: %v", err)
		}
		// The other group does not notice.
		began := time.Now()
		for range 200 {
			if err := beside[0].OrderedSend(t.Context(), make([]byte, size)); err != nil {
				t.Fatal(err)
			}
		}
		if err := beside[0].Flush(t.Context()); err != nil {
			t.Error(err)
		}
		c.Want(time.Second, "the other group's messages at all", func() bool {
			a, _ := others[0].look()
			z, _ := others[2].look()
			return a == 200 && z == 200
		})
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("200 messages of the other group took %v", took)
		}
		sent := floods[0].end(t) + floods[1].end(t)
		close(slow)
		c.Want(10*time.Second, "all messages at all", func() bool {
			for i := range tallies {
				if n, _ := tallies[i].look(); n != sent {
					return false
				}
			}
			return true
		})
		_, want := tallies[0].look()
		for i := range tallies {
			if _, got := tallies[i].look(); got != want {
				t.Errorf("%s handled them in another order", c.Name(i))
			}
		}
	})
}

// Where a member so slow is to go rather than be waited for, it goes, the others have their speed again, and what they handled is the same.
func TestASlowConsumerIsPutOut(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		tallies := make([]handledBy, 3)
		cfg := lockstep.GroupConfig{Stateless: true, QueueBytes: 256 << 10, HandlerWarn: -1, HandlerLimit: 2 * time.Second}
		groups := c.Join("g", cfg, func(i int, g *lockstep.Group) {
			lockstep.Handle(g, func(ctx context.Context, m lockstep.Message, b []byte) {
				if i == 2 {
					select {
					case <-time.After(5 * time.Second):
					case <-ctx.Done(): // the membership has ended
					}
				}
				tallies[i].add(m, b)
			})
		})
		f := pour(t, groups[0], 4<<10)
		if err := c.WantDone(groups[2], 5*time.Second); !errors.Is(err, lockstep.ErrHandlerStuck) {
			t.Errorf("it ended with %v", err)
		}
		c.WantViews(groups[:2], time.Second, "a", "b")
		before := f.sent.Load()
		<-time.After(20 * time.Millisecond)
		if n := f.sent.Load() - before; n < 200 {
			t.Errorf("%d messages in the 20 ms after it had gone", n)
		}
		sent := f.end(t)
		c.Want(5*time.Second, "all messages at both", func() bool {
			n, d := tallies[0].look()
			k, e := tallies[1].look()
			return n == sent && k == sent && d == e
		})
	})
}

// Five members that each send ten windows at once: at any moment nobody is far behind, callers that cannot wait are told so, and all handle
// the same in the end.
func TestABurstFromAll(t *testing.T) {
	const size, each = 8 << 10, 640 // 5 MiB each
	locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
		tallies := make([]handledBy, 5)
		groups := c.Join("g", lockstep.GroupConfig{Stateless: true, QueueBytes: 512 << 10}, func(i int, g *lockstep.Group) {
			lockstep.Handle(g, func(_ context.Context, m lockstep.Message, b []byte) { tallies[i].add(m, b) })
		})
		full := make(chan int, 5)
		done := make(chan error, 5)
		for _, g := range groups {
			go func() {
				refused := 0
				for n := range each {
					b := make([]byte, size)
					b[0], b[1] = byte(n), byte(n>>8)
					err := g.TrySend(lockstep.Ordered, b)
					if errors.Is(err, lockstep.ErrFull) {
						refused++
						err = g.OrderedSend(t.Context(), b)
					}
					if err != nil {
						done <- err
						return
					}
				}
				full <- refused
				done <- nil
			}()
		}
		// When the first has half of its messages through, everybody has four fifths of that.
		c.Want(10*time.Second, "half of somebody's messages", func() bool {
			for i := range groups {
				if tallies[0].of(c.Name(i)) >= size*each/2 {
					return true
				}
			}
			return false
		})
		for i := range groups {
			if n := tallies[0].of(c.Name(i)); n < size*each*2/5 {
				t.Errorf("%s had %d bytes through when another had %d", c.Name(i), n, size*each/2)
			}
		}
		for range groups {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if n := <-full; n == 0 {
				t.Error("a queue was never full")
			}
		}
		c.Want(10*time.Second, "all messages at all, in one order", func() bool {
			n, d := tallies[0].look()
			for i := range tallies {
				if k, e := tallies[i].look(); k != n || e != d {
					return false
				}
			}
			return n == 5*each
		})
	})
}
