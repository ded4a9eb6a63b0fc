package lockstep_test

// What a joiner misses while it loads: first in its memory, then on disk, and then the group waits for it.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// small has every member's queues small, and gives them a directory to spill to.
func small(dir string, room int64) locksteptest.Option {
	return locksteptest.WithConfig(func(_ int, cfg *lockstep.Config) {
		cfg.QueueMessages, cfg.QueueBytes = 8192, 4<<20
		cfg.SpillDir, cfg.SpillBytes = dir, room
	})
}

// try sends lines until the group does not take one for a second, and returns how many that were, most at most.
func (c *crossing) try(g *lockstep.Group, most int) (sent int) {
	c.t.Helper()
	for ; sent < most; sent++ {
		ctx, cancel := context.WithTimeout(c.t.Context(), time.Second)
		err := g.OrderedSend(ctx, line{c.next, c.pad})
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			break
		}
		if err != nil {
			c.t.Fatal(err)
		}
		c.next++
	}
	return sent
}

// bounded checks that a joiner holds no more in memory than its queue may.
func (c *crossing) bounded(i int) lockstep.Stats {
	c.t.Helper()
	s := c.Node(i).Stats()
	if s.HandleQueue > 8192 || s.HandleQueueBytes > 4<<20 {
		c.t.Errorf("%d messages of %d bytes wait in the memory of %s", s.HandleQueue, s.HandleQueueBytes, c.Name(i))
	}
	return s
}

// emptied checks that nothing is left of what was on disk.
func (c *crossing) emptied(i int, dir string) {
	c.t.Helper()
	c.Want(10*time.Second, "an empty spill", func() bool { s := c.Node(i).Stats(); return s.SpilledMessages == 0 && s.SpilledBytes == 0 })
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		c.t.Errorf("in the directory are %v, %v", left, err)
	}
}

// Row 55: the group keeps its pace while a joiner loads for long; what it misses waits on its disk, in order, until it has caught up.
func TestWhatAJoinerMissedWaitsOnDisk(t *testing.T) {
	dir := t.TempDir()
	const lines = 12_000
	cross(t, 2, 1, crossRate, func(t *testing.T, c *crossing) {
		d := c.Add()
		c.pad = make([]byte, 1000)
		h := c.halt(d, 1, 50)
		joined := c.join(d)
		<-h.reached
		began := time.Now()
		if n := c.try(c.groups[0], lines); n != lines {
			t.Fatalf("the group took %d of %d lines", n, lines)
		}
		c.same(0, 1)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%d lines took %v", lines, took)
		}
		s := c.bounded(d)
		if s.SpilledMessages < lines-3000 {
			t.Errorf("%d messages wait in memory, %d on disk", s.HandleQueue, s.SpilledMessages)
		}
		close(h.release)
		if err := <-joined; err != nil {
			t.Fatal(err)
		}
		c.try(c.groups[1], 1000) // while it catches up
		c.bounded(d)
		c.try(c.groups[d], 1000)
		c.same(0, 1, d)
		c.emptied(d, dir)
	}, small(dir, 0))
}

// Where there is no disk, or no more of it, the group waits for its joiner, and nobody's memory grows.
func TestTheGroupWaitsForWhoHasNoRoom(t *testing.T) {
	gone := t.TempDir() + "/gone"
	for name, c := range map[string]struct {
		dir  string
		room int64
		most int // lines that are taken
	}{
		"no directory":  {"", 0, 12_000},
		"little room":   {t.TempDir(), 4 << 20, 16_000},
		"a broken disk": {gone, 0, 12_000},
	} {
		t.Run(name, func(t *testing.T) {
			if c.dir == gone {
				if err := os.Mkdir(gone, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			cross(t, 2, 1, crossRate, func(t *testing.T, k *crossing) {
				k.pad = make([]byte, 1000)
				d := k.Add()
				if c.dir == gone {
					if err := os.Remove(gone); err != nil {
						t.Fatal(err)
					}
				}
				// The states that are given would need the disk too.
				for _, l := range k.all {
					l.size = 900 << 10
				}
				h := k.halt(d, 1, 50)
				joined := k.join(d)
				<-h.reached
				n := k.try(k.groups[0], 20_000)
				if n < 1024 || n > c.most {
					t.Errorf("the group took %d lines", n)
				}
				s := k.bounded(d)
				if spills := c.dir != "" && c.dir != gone; spills != (s.SpilledMessages > 0) {
					t.Errorf("%d messages wait on disk", s.SpilledMessages)
				}
				close(h.release)
				if err := <-joined; err != nil {
					t.Fatal(err)
				}
				k.try(k.groups[0], 1000)
				k.same(0, 1, d)
				if c.dir != "" && c.dir != gone {
					k.emptied(d, c.dir)
				}
			}, small(c.dir, c.room))
		})
	}
}

// However a load ends, nothing of what waited for it stays on disk.
func TestNothingStaysOnDisk(t *testing.T) {
	const lines = 4000
	for name, end := range map[string]func(t *testing.T, c *crossing, d int, h halt, joined <-chan error){
		"the join is given up": func(t *testing.T, c *crossing, d int, h halt, joined <-chan error) {
			c.giveUp()
			if err := <-joined; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			close(h.release)
			c.same(0, 1, 2)
		},
		"the donor dies": func(t *testing.T, c *crossing, d int, h halt, joined <-chan error) {
			c.Kill(0)
			close(h.release)
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
			c.write(c.groups[d], lines)
			c.same(1, 2, d)
		},
		"the state is refused": func(t *testing.T, c *crossing, d int, h halt, joined <-chan error) {
			c.all[d].mu.Lock()
			c.all[d].refuse = errors.New("no")
			c.all[d].mu.Unlock()
			close(h.release)
			if err := <-joined; !errors.Is(err, lockstep.ErrLoad) {
				t.Error(err)
			}
			c.same(0, 1, 2)
		},
		"the group ends": func(t *testing.T, c *crossing, d int, h halt, joined <-chan error) {
			if err := c.groups[0].Terminate(t.Context()); err != nil {
				t.Fatal(err)
			}
			close(h.release)
			if err := <-joined; !errors.Is(err, lockstep.ErrTerminated) {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cross(t, 3, 1, crossRate, func(t *testing.T, c *crossing) {
				d := c.Add()
				c.pad = make([]byte, 1000)
				h := c.halt(d, 1, 50)
				joined := c.join(d)
				<-h.reached
				c.write(c.groups[1], lines)
				c.same(1, 2)
				if s := c.bounded(d); s.SpilledMessages == 0 {
					t.Error("nothing waits on disk")
				}
				end(t, c, d, h, joined)
				c.emptied(d, dir)
			}, small(dir, 0))
		})
	}
}

// A member that was cut off and loads anew sends meanwhile: its own messages come back to it in their places among those on disk.
func TestWhoLoadsAnewMaySend(t *testing.T) {
	dir := t.TempDir()
	cross(t, 3, 0, crossRate, func(t *testing.T, c *crossing) {
		c.pad = make([]byte, 1000)
		c.Cut(2)
		c.WantView(c.groups[0], 10*time.Second, "a", "b")
		c.write(c.groups[0], 10)
		h := c.halt(2, 1, 50)
		c.Heal()
		<-h.reached
		c.Want(10*time.Second, "c to be taken in", func() bool { return len(c.groups[0].View().Members) == 3 })
		for range 20 {
			c.write(c.groups[0], 500)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if err := c.groups[0].Flush(ctx); err != nil {
				t.Fatal("the group waits:", err)
			}
			cancel()
			if err := c.groups[2].OrderedSend(t.Context(), line{c.next, c.pad}); err == nil {
				c.next++
			} else if !errors.Is(err, lockstep.ErrNotPrimary) {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if s := c.bounded(2); s.SpilledMessages == 0 {
			t.Error("nothing waits on disk")
		}
		close(h.release)
		for i := range 3 {
			c.Want(20*time.Second, fmt.Sprintf("all %d lines at %s", c.next, c.Name(i)), func() bool { return len(c.all[i].have()) >= c.next })
		}
		for i, l := range c.all[1:] {
			if fmt.Sprint(l.have()) != fmt.Sprint(c.all[0].have()) {
				t.Errorf("%s and a have not the same lines", c.Name(i+1))
			}
		}
		c.emptied(2, dir)
	}, small(dir, 0))
}
