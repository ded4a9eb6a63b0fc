package lockstep_test

// Joiners that say what they have, and donors that send the rest; a state that is one value.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// A shelf holds numbered things. Its members say which they have.
type shelf struct {
	mu      sync.Mutex
	things  map[int]string
	told    []lockstep.Transfer
	loads   []string // "whole" or "delta", and what came
	frozen  func(frozenShelf) io.WriterTo
	haveAll []byte // instead of what is there
}

type thing struct {
	N    int
	Name string
}

// A frozenShelf does not change. Its delta has what the joiner's numbers lack.
type frozenShelf struct{ things map[int]string }

func (f frozenShelf) write(w io.Writer, without []int) (int64, error) {
	left := maps.Clone(f.things)
	for _, n := range without {
		delete(left, n)
	}
	b, err := json.Marshal(left)
	if err != nil {
		return 0, err
	}
	n, err := w.Write(b)
	return int64(n), err
}

func (f frozenShelf) WriteTo(w io.Writer) (int64, error) { return f.write(w, nil) }

func (f frozenShelf) WriteDelta(w io.Writer, have []byte) (int64, error) {
	var numbers []int
	if err := json.Unmarshal(have, &numbers); err != nil {
		return 0, err
	}
	return f.write(w, numbers)
}

// wholeShelf knows no delta; panicShelf fails at one; brokenShelf begins one.
type wholeShelf struct{ f frozenShelf }

func (w wholeShelf) WriteTo(to io.Writer) (int64, error) { return w.f.WriteTo(to) }

type panicShelf struct{ frozenShelf }

func (panicShelf) WriteDelta(io.Writer, []byte) (int64, error) { panic("oh no") }

type brokenShelf struct{ frozenShelf }

func (brokenShelf) WriteDelta(w io.Writer, _ []byte) (int64, error) {
	n, _ := w.Write([]byte("{"))
	return int64(n), errors.New("disk on fire")
}

func (s *shelf) open(g *lockstep.Group) {
	s.things = map[int]string{}
	lockstep.Handle(g, func(_ context.Context, _ lockstep.Message, x thing) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.things[x.N] = x.Name
	})
	load := func(r io.Reader, kind string) error {
		b, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if kind == "whole" {
			clear(s.things)
		}
		s.loads = append(s.loads, kind+" "+string(b))
		return json.Unmarshal(b, &s.things)
	}
	g.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			f := frozenShelf{maps.Clone(s.things)}
			if s.frozen != nil {
				return s.frozen(f), nil
			}
			return f, nil
		},
		Load:      func(_ context.Context, r io.Reader) error { return load(r, "whole") },
		LoadDelta: func(_ context.Context, r io.Reader) error { return load(r, "delta") },
		Have: func() []byte {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.haveAll != nil {
				return s.haveAll
			}
			if len(s.things) == 0 {
				return nil
			}
			b, _ := json.Marshal(slices.Sorted(maps.Keys(s.things)))
			return b
		},
	})
}

// shelves runs a donor and a member that was there, left, and comes again after the donor got one thing more.
func shelves(t *testing.T, frozen func(frozenShelf) io.WriterTo, have []byte, want []string, phases string) {
	t.Helper()
	var both [2]*shelf
	locksteptest.Run(t, 2, func(t *testing.T, c *locksteptest.Cluster) {
		var g [2]*lockstep.Group
		for i := range g {
			both[i] = &shelf{}
			g[i] = c.JoinNode(i, "g", lockstep.GroupConfig{}, func(_ int, g *lockstep.Group) { both[i].open(g) })
		}
		a, b := g[0], g[1]
		put := func(n int) {
			if err := a.OrderedSend(t.Context(), thing{n, fmt.Sprint("thing ", n)}); err != nil {
				t.Fatal(err)
			}
		}
		put(1)
		put(2)
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		put(3)
		hold := func(f func()) {
			for _, s := range both {
				s.mu.Lock()
				defer s.mu.Unlock()
			}
			f()
		}
		hold(func() { both[0].frozen, both[1].haveAll, both[1].loads, both[1].told = frozen, have, nil, nil })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		joined := make(chan error, 1)
		go func() { joined <- b.Join(ctx) }()
		if err := <-joined; err != nil {
			t.Fatal(err)
		}
		c.Want(time.Second, "nothing kept", func() bool { return c.Node(0).Stats().StatesKept == 0 })
		<-time.After(time.Second)
		hold(func() {
			if !slices.Equal(both[1].loads, want) {
				t.Errorf("loaded %q, want %q", both[1].loads, want)
			}
			if !maps.Equal(both[0].things, both[1].things) || len(both[1].things) != 3 {
				t.Errorf("ended with %v and %v", both[0].things, both[1].things)
			}
			got := ""
			for _, x := range both[1].told {
				if x.Delta {
					got += "delta "
				}
				got += x.Phase.String() + ";"
			}
			if got != phases {
				t.Errorf("told %q, want %q", got, phases)
			}
		})
	}, locksteptest.WithConfig(func(i int, cfg *lockstep.Config) {
		cfg.Events = &lockstep.EventListener{TransferProgress: func(x lockstep.Transfer) {
			if i == 1 {
				both[1].mu.Lock()
				defer both[1].mu.Unlock()
				both[1].told = append(both[1].told, x)
			}
		}}
	}))
}

const (
	everything = `{"1":"thing 1","2":"thing 2","3":"thing 3"}`
	thirdThing = `{"3":"thing 3"}`
)

func TestAJoinerIsSentWhatItLacks(t *testing.T) {
	shelves(t, nil, nil, []string{"delta " + thirdThing}, "began;delta done;")
}

func TestAJoinerIsSentEverything(t *testing.T) {
	whole := []string{"whole " + everything}
	t.Run("the donor has no delta", func(t *testing.T) {
		shelves(t, func(f frozenShelf) io.WriterTo { return wholeShelf{f} }, nil, whole, "began;done;")
	})
	t.Run("the donor does not understand", func(t *testing.T) {
		shelves(t, nil, []byte("what is this"), whole, "began;done;")
	})
	t.Run("the donor panics", func(t *testing.T) {
		shelves(t, func(f frozenShelf) io.WriterTo { return panicShelf{f} }, nil, whole, "began;done;")
	})
	t.Run("the joiner says too much", func(t *testing.T) {
		shelves(t, nil, bytes.Repeat([]byte("1"), 64<<10+1), whole, "began;done;")
	})
	t.Run("the joiner says nothing", func(t *testing.T) {
		shelves(t, nil, []byte{}, whole, "began;done;")
	})
}

// A delta that breaks off fails, and is asked for again from another cut.
func TestADeltaThatBreaksOff(t *testing.T) {
	failed := 0
	once := func(f frozenShelf) io.WriterTo {
		if failed++; failed == 1 {
			return brokenShelf{f}
		}
		return f
	}
	shelves(t, once, nil, []string{"delta " + thirdThing}, "began;delta failed;began;delta done;")
}

func TestHaveAndLoadDeltaComeTogether(t *testing.T) {
	locksteptest.Run(t, 1, func(t *testing.T, c *locksteptest.Cluster) {
		defer func() {
			if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "LoadDelta") {
				t.Errorf("panicked with %v", r)
			}
		}()
		s := lockstep.StateOf(c.Node(0).Group("g", lockstep.GroupConfig{}), func() int { return 0 }, func(int) {})
		s.Have = func() []byte { return nil }
		c.Node(0).Group("g", lockstep.GroupConfig{}).OnState(s)
	})
}

// A state that is one value goes through the codec; what the codec would lose is refused at once.
func TestStateOf(t *testing.T) {
	locksteptest.Run(t, 2, func(t *testing.T, c *locksteptest.Cluster) {
		var mu sync.Mutex
		var values [2]map[string][]thing
		open := func(i int, g *lockstep.Group) {
			values[i] = map[string][]thing{}
			lockstep.Handle(g, func(_ context.Context, _ lockstep.Message, x thing) {
				mu.Lock()
				defer mu.Unlock()
				values[i][x.Name] = append(values[i][x.Name], x)
			})
			g.OnState(lockstep.StateOf(g, func() map[string][]thing { return values[i] }, func(v map[string][]thing) {
				mu.Lock()
				defer mu.Unlock()
				values[i] = v
			}))
		}
		a := c.JoinNode(0, "g", lockstep.GroupConfig{}, open)
		for n := range 100 {
			if err := a.OrderedSend(t.Context(), thing{n, fmt.Sprint(n % 3)}); err != nil {
				t.Fatal(err)
			}
		}
		b := c.JoinNode(1, "g", lockstep.GroupConfig{}, open)
		if err := a.OrderedSend(t.Context(), thing{100, "last"}); err != nil {
			t.Fatal(err)
		}
		for _, g := range []*lockstep.Group{a, b} {
			if err := g.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if len(values[1]) != 4 || fmt.Sprint(values[0]) != fmt.Sprint(values[1]) {
			t.Errorf("%v and %v", values[0], values[1])
		}
		defer func() {
			if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "StateOf[chan int] in group g") {
				t.Errorf("panicked with %v", r)
			}
		}()
		lockstep.StateOf(a, func() chan int { return nil }, func(chan int) {})
	})
}
