package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

func inThree(t *testing.T, delay time.Duration, f func(t *testing.T, c *locksteptest.Cluster, src *source, caches []*cache)) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		src, caches, groups := newSource(delay), make([]*cache, 3), make([]*lockstep.Group, 3)
		c.Each(func(ctx context.Context, i int, node *lockstep.Node) error {
			caches[i] = newCache(node, src)
			groups[i] = caches[i].group
			return groups[i].Join(ctx)
		})
		c.WantViews(groups, 10*time.Second, "a", "b", "c")
		f(t, c, src, caches)
	})
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func wantRow(t *testing.T, c *cache, key, want string) {
	t.Helper()
	if row, err := c.read(within(t, 10*time.Second), key); err != nil || row != want {
		t.Errorf("%s is %q, %v; want %q", key, row, err, want)
	}
}

func TestCopiesAreDroppedBeforeAWrite(t *testing.T) {
	inThree(t, 50*time.Millisecond, func(t *testing.T, c *locksteptest.Cluster, src *source, caches []*cache) {
		for round := range 3 {
			want := fmt.Sprint(round)
			if err := caches[round].write(within(t, 10*time.Second), "k", want); err != nil {
				t.Fatal(err)
			}
			for _, other := range caches {
				c.Want(time.Second, "the end of the write", func() bool { return other.writing() == 0 })
			}
			before := src.reads
			for range 10 {
				for _, other := range caches {
					wantRow(t, other, "k", want)
				}
			}
			if src.reads != before+3 {
				t.Errorf("round %d: %d reads of the source for 30", round, src.reads-before)
			}
		}
	})
}

// TestOvertaken: of two writes of a key at once the later to begin wins, whatever the source sees first.
func TestOvertaken(t *testing.T) {
	inThree(t, 50*time.Millisecond, func(t *testing.T, _ *locksteptest.Cluster, src *source, caches []*cache) {
		var clients sync.WaitGroup
		errs := make([]error, 3)
		for i, c := range caches {
			clients.Go(func() { errs[i] = c.write(within(t, 20*time.Second), "k", fmt.Sprint(i)) })
		}
		clients.Wait()
		won := 0
		for i, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, errOvertaken) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if won == 0 {
			t.Error("nobody wrote")
		}
		for _, c := range caches {
			wantRow(t, c, "k", src.rows["k"])
		}
	})
}

// clients has some readers at each cache until ctx ends, who write one time of so many.
func clients(ctx context.Context, w *witness, oneOf int, caches ...*cache) *sync.WaitGroup {
	var all sync.WaitGroup
	for _, c := range caches {
		for range 2 {
			all.Go(func() { w.client(ctx, c, 5, oneOf) })
		}
	}
	return &all
}

func (w *witness) wantNoneOld(t *testing.T) {
	t.Helper()
	if w.old > 0 || w.reads < 1000 || w.writes < 5 {
		t.Errorf("%d reads, %d writes, %d old", w.reads, w.writes, w.old)
	}
}

// TestCutOffMemberShowsNothingOld: it goes on answering from its copies until it knows. The others write nothing meanwhile.
func TestCutOffMemberShowsNothingOld(t *testing.T) {
	inThree(t, 5*time.Millisecond, func(t *testing.T, c *locksteptest.Cluster, _ *source, caches []*cache) {
		w := newWitness()
		ctx := within(t, 10*time.Second)
		all, readers := clients(ctx, w, 50, caches[:2]...), clients(ctx, w, 0, caches[2])
		<-time.After(4 * time.Second)
		c.Cut(2)
		before := w.writesSoFar()
		c.WantBlocked(caches[2].group, 5*time.Second)
		c.WantView(caches[0].group, 5*time.Second, "a", "b")
		c.Want(6*time.Second, "writes by the others", func() bool { return w.writesSoFar() > before+2 })
		c.Heal()
		all.Wait()
		readers.Wait()
		c.WantView(caches[2].group, 5*time.Second, "a", "b", "c")
		w.wantNoneOld(t)
	})
}

func (w *witness) writesSoFar() int { w.mu.Lock(); defer w.mu.Unlock(); return w.writes }

// TestJoinerShowsNothingOld: members come, with clients from their first moment, while others write.
func TestJoinerShowsNothingOld(t *testing.T) {
	inThree(t, 5*time.Millisecond, func(t *testing.T, c *locksteptest.Cluster, src *source, caches []*cache) {
		w := newWitness()
		ctx := within(t, 6*time.Second)
		all := []*sync.WaitGroup{clients(ctx, w, 50, caches...)}
		for range 3 {
			<-time.After(time.Second)
			joiner := newCache(c.Node(c.Add()), src)
			all = append(all, clients(ctx, w, 0, joiner))
			if err := joiner.group.Join(within(t, 10*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		for _, a := range all {
			a.Wait()
		}
		w.wantNoneOld(t)
	})
}

// TestDeadWriterIsSettled: a writer dies on its way to the source. Its row gets there before the others have settled the matter, or
// is refused; in both cases all agree, and keep copies again.
func TestDeadWriterIsSettled(t *testing.T) {
	for _, late := range []bool{false, true} {
		inThree(t, 50*time.Millisecond, func(t *testing.T, c *locksteptest.Cluster, src *source, caches []*cache) {
			if err := caches[0].write(within(t, 20*time.Second), "k", "before"); err != nil {
				t.Fatal(err)
			}
			if late {
				src.takes(5 * time.Second)
			}
			wrote := make(chan error, 1)
			go func() { wrote <- caches[0].write(t.Context(), "k", "after") }()
			c.Want(time.Second, "the beginning of a write", func() bool { return caches[1].writing() == 1 })
			<-time.After(10 * time.Millisecond) // it has all answers, and is on its way to the source
			c.Kill(0)
			src.takes(50 * time.Millisecond) // for others
			c.WantView(caches[1].group, 5*time.Second, "b", "c")
			c.Want(20*time.Second, "the end of the write", func() bool { return caches[1].writing()+caches[2].writing() == 0 })
			err := <-wrote
			if errors.Is(err, errOvertaken) != late || (src.rows["k"] == "before") != late {
				t.Errorf("late %v: the dead one's write: %v; the row is %q", late, err, src.rows["k"])
			}
			for _, other := range caches[1:] {
				wantRow(t, other, "k", src.rows["k"])
				before := src.reads
				wantRow(t, other, "k", src.rows["k"])
				if src.reads != before {
					t.Error("it is not kept")
				}
			}
		})
	}
}

// takes changes how far away the source is.
func (s *source) takes(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// writing is how many writes a member knows to be under way.
func (c *cache) writing() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.writes)
}

var lastLine = regexp.MustCompile(`^(\d{4,}) reads, (\d{4,}) of them from a copy; \d+ writes; 0 reads were old\n$`)

func TestDemonstration(t *testing.T) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		var nodes []*lockstep.Node
		for i := range 3 {
			nodes = append(nodes, c.Node(i))
		}
		var out strings.Builder
		if err := demonstrate(t.Context(), nodes, time.Second, &out); err != nil || !lastLine.MatchString(out.String()) {
			t.Errorf("%v: %s", err, out.String())
		}
	})
}
