package lockstep_test

// When a cut heals: who was cut off comes back by itself, however often and however late; what it had accepted is accounted for; three
// sides become one in one view.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// TestComesBackForEver: short cuts and long ones, one after the other, of one member or of two; each time it comes back by itself, with
// what the others did meanwhile.
func TestComesBackForEver(t *testing.T) {
	locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
		all, g := tallies(c, lockstep.GroupConfig{Size: 5})
		for i := range 24 {
			off := []int{i % 5}
			if i%3 == 0 {
				off = append(off, (i+2)%5)
			}
			on := (i + 1) % 5
			c.Cut(off...)
			lasts := []time.Duration{10 * time.Millisecond, 300 * time.Millisecond, time.Second, 4 * time.Second, time.Minute}[i%5]
			<-time.After(lasts)
			if lasts > detection {
				c.WantBlocked(g[off[0]], time.Second)
			}
			c.Want(10*time.Second, "the others go on", func() bool {
				_, err := lockstep.Apply[int](t.Context(), g[on], entry{i})
				return err == nil
			})
			c.Heal()
			c.WantViews(g, 30*time.Second, "a", "b", "c", "d", "e")
			c.Want(10*time.Second, "one state", func() bool {
				return all[off[0]].text() == all[on].text() && all[on].has(i) && all[off[0]].text() == all[(on+1)%5].text()
			})
		}
		for i, g := range g {
			if err := g.Err(); err != nil {
				t.Errorf("%d ended: %v", i, err)
			}
		}
	})
}

// A sender makes numbered messages of every order and calls of every kind, and keeps what was said of each.
type sender struct {
	g        *lockstep.Group
	mu       sync.Mutex
	accepted []int
	answered []int // applies with a nil error
	refused  []int // of which it was said that they were not sent
	doubtful []int
	wrong    []string // what no error may be
	waiting  sync.WaitGroup
}

// send makes a few messages and calls, numbered from n.
func (s *sender) send(ctx context.Context, n int) {
	for k, order := range []lockstep.Order{lockstep.FIFO, lockstep.Causal, lockstep.Ordered, lockstep.Safe, lockstep.SafeQuorum} {
		s.note(n+k, s.g.SendIn(ctx, order, entry{n + k}), &s.accepted)
	}
	s.waiting.Go(func() {
		_, err := lockstep.Apply[int](ctx, s.g, entry{n + 5})
		s.note(n+5, err, &s.answered)
	})
	s.waiting.Go(func() {
		if _, err := lockstep.Query[string](ctx, s.g, lockstep.All, sumUp{}); err != nil {
			s.note(-1, err, nil)
		}
	})
	s.waiting.Go(func() {
		if err := s.g.Flush(ctx); err != nil {
			s.note(-1, err, nil)
		}
	})
}

func (s *sender) note(n int, err error, done *[]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := done
	switch {
	case err == nil:
	case errors.Is(err, context.DeadlineExceeded):
		s.wrong = append(s.wrong, fmt.Sprint(n, " waited for ever: ", err))
	case errors.Is(err, lockstep.ErrUncertain):
		to = &s.doubtful
	case errors.Is(err, lockstep.ErrNotPrimary):
		to = &s.refused
	default:
		s.wrong = append(s.wrong, fmt.Sprint(n, ": ", err))
	}
	if n >= 0 {
		*to = append(*to, n)
	}
}

// TestNothingAcceptedIsLostWithoutAWord: both sides send all the while the network is cut and heals. In the end, of each message and
// call it is known that it is in the state, or was told as lost or refused; and what was said of it is true.
func TestNothingAcceptedIsLostWithoutAWord(t *testing.T) {
	for _, cfg := range []lockstep.GroupConfig{{}, {Size: 5}, {Partition: lockstep.ReadOnly}, {Partition: lockstep.ReadOnly, Size: 5}, {Partition: lockstep.Partitionable}} {
		t.Run(fmt.Sprintf("%v, size %d", cfg.Partition, cfg.Size), func(t *testing.T) {
			locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) {
				all, g := tallies(c, cfg)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				senders := make([]*sender, len(g))
				for i := range g {
					senders[i] = &sender{g: g[i]}
				}
				n := 0
				burst := func() {
					for _, s := range senders {
						s.send(ctx, n)
						n += 10
					}
				}
				for round := range 3 {
					burst()
					<-time.After(time.Duration(round*7) * 100 * time.Microsecond)
					burst()
					c.Cut(round, 4)
					for range 20 { // until it is known, and beyond
						burst()
						<-time.After(100 * time.Millisecond)
					}
					c.Heal()
					burst()
					for _, g := range g {
						c.WantMembers(g, 30*time.Second, "a", "b", "c", "d", "e")
					}
					c.WantViews(g, 30*time.Second, "a", "b", "c", "d", "e")
				}
				for _, s := range senders {
					s.waiting.Wait()
				}
				ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				c.Want(20*time.Second, "an answer of all", func() bool {
					r, err := lockstep.Query[string](ctx, g[0], lockstep.All, sumUp{})
					return err == nil && len(r.Answers) == len(g)
				})
				synctest.Wait()
				account(t, all, senders)
			})
		})
	}
}

// account compares what was said of each message with the state that all have in the end.
func account(t *testing.T, all []*tally, senders []*sender) {
	t.Helper()
	state := strings.Fields(all[0].text())
	there := map[string]int{}
	for _, n := range state {
		there[n]++
	}
	for n, times := range there {
		if times != 1 {
			t.Errorf("%s is in the state %d times", n, times)
		}
	}
	var doubtful, lost, certain int
	for i, s := range senders {
		if got := all[i].text(); got != strings.Join(state, " ") {
			t.Errorf("%d has another state", i)
		}
		if len(s.wrong) > 0 {
			t.Errorf("%d met with %v", i, s.wrong)
		}
		told := map[int]int{}
		for _, l := range all[i].losses() {
			n := l.Value.(entry).N
			told[n]++
			lost++
			if !l.Uncertain {
				certain++
				if there[strconv.Itoa(n)] > 0 {
					t.Errorf("%d: %d was told as lost for certain, and is there", i, n)
				}
			}
		}
		for _, n := range s.accepted {
			if is := there[strconv.Itoa(n)]; told[n] > 1 || is+told[n] == 0 {
				t.Errorf("%d: %d was accepted; it is there %d times and was told as lost %d times", i, n, is, told[n])
			}
		}
		for _, n := range s.answered {
			if there[strconv.Itoa(n)] != 1 {
				t.Errorf("%d: apply %d was answered, and is not there", i, n)
			}
		}
		for _, n := range s.refused {
			if there[strconv.Itoa(n)] != 0 {
				t.Errorf("%d: %d was refused, and is there", i, n)
			}
		}
		doubtful += len(s.doubtful)
	}
	t.Logf("%d in the state, %d told as lost of which %d for certain, %d calls in doubt", len(state), lost, certain, doubtful)
}

// TestThreeSidesBecomeOne: three sides meet, and each member is shown one view of all. In a partitionable group it has merged the two
// other sides' states before, in the order of their views; in a primary group, which had none, all go on with what they had.
func TestThreeSidesBecomeOne(t *testing.T) {
	for seed := range int64(2) {
		for _, cfg := range []lockstep.GroupConfig{{Partition: lockstep.Partitionable}, {Size: 6}, {}} {
			t.Run(fmt.Sprintf("%v, size %d, network %d", cfg.Partition, cfg.Size, seed), func(t *testing.T) {
				locksteptest.Run(t, 6, func(t *testing.T, c *locksteptest.Cluster) { threeSides(t, c, cfg) },
					locksteptest.WithNetwork(memnet.Config{Seed: seed, Jitter: 200 * time.Microsecond}))
			})
		}
	}
}

func threeSides(t *testing.T, c *locksteptest.Cluster, cfg lockstep.GroupConfig) {
	all, g := tallies(c, cfg)
	apply := func(i, n int) error {
		_, err := lockstep.Apply[int](t.Context(), g[i], entry{n})
		return err
	}
	if err := apply(0, 1); err != nil {
		t.Fatal(err)
	}
	c.Want(5*time.Second, "it everywhere", func() bool {
		return !slices.ContainsFunc(all, func(a *tally) bool { return a.text() != "1" })
	})
	c.Split([]int{0, 1}, []int{2, 3}, []int{4, 5})
	apart := cfg.Partition == lockstep.Partitionable
	for i := range g {
		if apart {
			c.WantMembers(g[i], 10*time.Second, c.Name(i&^1), c.Name(i|1))
		} else {
			c.WantBlocked(g[i], 10*time.Second)
		}
	}
	want := "1"
	if apart {
		want = "1 10 12 14"
		for i := 0; i < 6; i += 2 {
			if err := apply(i, 10+i); err != nil {
				t.Fatal(err)
			}
		}
	}
	<-time.After(2 * time.Second)
	sides := map[lockstep.ViewID]bool{}
	for i, a := range all {
		a.told()
		sides[g[i].View().ID] = true
	}
	c.Heal()
	v := c.WantViews(g, 20*time.Second, "a", "b", "c", "d", "e", "f")
	<-time.After(2 * time.Second)
	for i, a := range all {
		views, _ := a.told()
		if len(views) != 1 || views[0].ID != v.ID {
			t.Errorf("%d was shown %v", i, views)
			continue
		}
		if a.text() != want {
			t.Errorf("%d has %q, want %q", i, a.text(), want)
		}
		if !apart {
			continue
		}
		a.mu.Lock()
		merged := a.merged
		a.mu.Unlock()
		if len(merged) != 2 || len(sides) != 3 || !sides[merged[0]] || !sides[merged[1]] || merged[0] == merged[1] || merged[0].Compare(merged[1]) > 0 {
			t.Errorf("%d merged %v of %v", i, merged, sides)
		}
		if len(views[0].Joined) != 4 || len(views[0].With) != 2 {
			t.Errorf("%d: joined %v, with %v", i, views[0].Joined, views[0].With)
		}
	}
}
