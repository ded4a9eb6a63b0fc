package lockstep_test

// State transfers and what may happen to them: the donor dies, the joiner dies, views come and members leave, and what came is no state.
// Each through the public API, in virtual time; what a joiner ends with is compared, message by message, with what the others have.

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

const (
	ballast   = 4 << 20 // bytes of the state besides its lines: more than a spool keeps in memory
	crossRate = 2 << 20 // bytes a second, so that a transfer takes about two seconds
)

// A line is what a ledger is told.
type line struct {
	N   int
	Pad []byte
}

// Annals remember every line in order. Its state is large, and its joiners can be stopped at any byte.
type annals struct {
	t *testing.T

	mu     sync.Mutex
	lines  []int
	whole  bool // founded, or loaded
	saves  int  // calls of Save
	loads  int  // calls of Load
	events []lockstep.Transfer

	reading func(ctx context.Context, load, percent int) // called during each Load, if not nil
	choose  func(able []lockstep.Member) []lockstep.Member
	filling byte  // of the ballast
	refuse  error // what Load returns in the end
	size    int   // of the ballast; 0: ballast
}

func (l *annals) open(g *lockstep.Group) {
	lockstep.Handle(g, func(_ context.Context, _ lockstep.Message, m line) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !l.whole {
			l.t.Errorf("%s is told of line %d and has no state", g.Node().Self().Name, m.N)
		}
		l.lines = append(l.lines, m.N)
	})
	g.OnState(lockstep.State{New: l.found, Save: l.save, Load: l.load, Choose: l.choose})
}

func (l *annals) found() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole = true
	return nil
}

// save freezes the lines, and writes them in front of the ballast.
func (l *annals) save(lockstep.View) (io.WriterTo, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.saves++
	size := l.size
	if size == 0 {
		size = ballast
	}
	var b bytes.Buffer
	binary.Write(&b, binary.BigEndian, uint64(len(l.lines)))
	for _, n := range l.lines {
		binary.Write(&b, binary.BigEndian, uint64(n))
	}
	b.Write(bytes.Repeat([]byte{l.filling}, size))
	return &b, nil
}

func (l *annals) load(ctx context.Context, r io.Reader) error {
	l.mu.Lock()
	l.loads++
	load, reading, size := l.loads, l.reading, l.size
	l.mu.Unlock()
	if size == 0 {
		size = ballast
	}
	if reading == nil {
		reading = func(context.Context, int, int) {}
	}
	var all bytes.Buffer
	for chunk := make([]byte, 16<<10); ; {
		reading(ctx, load, min(all.Len()*100/size, 100))
		n, err := r.Read(chunk)
		all.Write(chunk[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	lines := make([]int, binary.BigEndian.Uint64(all.Next(8)))
	for i := range lines {
		lines[i] = int(binary.BigEndian.Uint64(all.Next(8)))
	}
	if all.Len() != size {
		return fmt.Errorf("%d bytes of ballast", all.Len())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuse != nil {
		return l.refuse
	}
	l.lines, l.whole = lines, true
	return nil
}

func (l *annals) have() []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// told are the transfers that this member's listener was told of, those in between left out: "from a began", "to d done".
func (l *annals) told() (list []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if e.Phase == lockstep.TransferGoesOn {
			continue
		}
		way := "from"
		if e.Giving {
			way = "to"
		}
		list = append(list, fmt.Sprintf("%s %s %v", way, e.Peer.Name, e.Phase))
	}
	return list
}

// A crossing is a cluster of all in one group, to which more come.
type crossing struct {
	*locksteptest.Cluster
	t      *testing.T
	config lockstep.GroupConfig
	all    []*annals
	groups []*lockstep.Group
	next   int                // line
	giveUp context.CancelFunc // the join begun last
	pad    []byte             // of each line
}

// cross runs n members that have the state; rate is that of all transfers. room is for how many come later.
func cross(t *testing.T, n, room, rate int, f func(t *testing.T, c *crossing), opts ...locksteptest.Option) {
	t.Helper()
	crossWith(t, lockstep.GroupConfig{}, ballast, n, room, rate, f, opts...)
}

// crossWith does so with a group's configuration, and a ballast of so many bytes.
func crossWith(t *testing.T, config lockstep.GroupConfig, size, n, room, rate int, f func(t *testing.T, c *crossing), opts ...locksteptest.Option) {
	t.Helper()
	all := make([]*annals, n+room)
	for i := range all {
		all[i] = &annals{size: size}
	}
	opts = append(opts, locksteptest.WithConfig(func(i int, cfg *lockstep.Config) {
		cfg.TransferRate = rate
		l := all[i]
		cfg.Events = &lockstep.EventListener{TransferProgress: func(x lockstep.Transfer) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.events = append(l.events, x)
		}}
	}))
	locksteptest.Run(t, 1, func(t *testing.T, k *locksteptest.Cluster) {
		t.Helper()
		c := &crossing{Cluster: k, t: t, config: config, all: all}
		for _, l := range all {
			l.t = t
		}
		c.groups = k.Join("g", config, func(_ int, g *lockstep.Group) { all[0].open(g) })
		for range n - 1 {
			if err := <-c.join(k.Add()); err != nil {
				t.Fatal(err)
			}
		}
		for _, l := range all {
			l.mu.Lock()
			l.events, l.loads, l.saves = nil, 0, 0
			l.mu.Unlock()
		}
		f(t, c)
	}, opts...)
}

// join has node i begin to join.
func (c *crossing) join(i int) <-chan error {
	g := c.Node(i).Group("g", c.config)
	c.all[i].open(g)
	c.groups = append(c.groups, g)
	return c.rejoin(g)
}

func (c *crossing) rejoin(g *lockstep.Group) <-chan error {
	joined := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	c.giveUp = cancel
	go func() {
		defer cancel()
		joined <- g.Join(ctx)
	}()
	return joined
}

// write has a member send lines.
func (c *crossing) write(g *lockstep.Group, lines int) {
	c.t.Helper()
	for range lines {
		if err := g.OrderedSend(c.t.Context(), line{c.next, c.pad}); err != nil {
			c.t.Fatal(err)
		}
		c.next++
	}
}

// same waits until the members have the same lines, all that were written.
func (c *crossing) same(members ...int) {
	c.t.Helper()
	for _, i := range members {
		l := c.all[i]
		c.Want(10*time.Second, fmt.Sprintf("all %d lines at %s", c.next, c.Name(i)), func() bool { return len(l.have()) >= c.next })
		for at, n := range l.have() {
			if n != at {
				c.t.Fatalf("%s has line %d in place %d", c.Name(i), n, at)
			}
		}
		if n := len(l.have()); n != c.next {
			c.t.Fatalf("%s has %d lines of %d", c.Name(i), n, c.next)
		}
	}
}

// idle waits until nothing of a transfer is left at a member.
func (c *crossing) idle(i int) {
	c.t.Helper()
	c.Want(10*time.Second, "nothing kept and no transfer at "+c.Name(i), func() bool {
		s, err := c.Node(i).Status(c.t.Context())
		return err == nil && s.Stats.StatesKept == 0 && len(s.Transfers) == 0
	})
}

// halt is given to a member's reading: its nth load stops at a percentage until it is let go.
type halt struct{ reached, release chan struct{} }

func (c *crossing) halt(i, load, percent int) halt {
	h := halt{make(chan struct{}), make(chan struct{})}
	var once sync.Once
	c.all[i].reading = func(ctx context.Context, n, at int) {
		if n == load && at >= percent {
			once.Do(func() {
				close(h.reached)
				select {
				case <-h.release:
				case <-ctx.Done():
				}
			})
		}
	}
	return h
}

func (c *crossing) want(what string, got, want []string) {
	c.t.Helper()
	if !slices.Equal(got, want) {
		c.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// Row 51: whenever the donor dies, another gives its state from a new cut, and nothing of the first one's remains.
func TestDonorDiesOnTheWay(t *testing.T) {
	for _, percent := range []int{0, 50, 99} {
		t.Run(fmt.Sprint(percent), func(t *testing.T) {
			cross(t, 3, 1, crossRate, func(t *testing.T, c *crossing) {
				c.write(c.groups[1], 10)
				d := c.Add()
				h := c.halt(d, 1, percent)
				joined := c.join(d)
				<-h.reached
				c.write(c.groups[1], 10)
				c.Kill(0)
				close(h.release)
				c.WantView(c.groups[1], 10*time.Second, "b", "c", "d")
				c.write(c.groups[1], 10)
				if err := <-joined; err != nil {
					t.Fatal(err)
				}
				c.write(c.groups[d], 10)
				c.same(1, 2, d)
				c.idle(1)
				c.want("d was told", c.all[d].told(), []string{"from a began", "from a failed", "from b began", "from b done"})
				c.want("b was told", c.all[1].told(), []string{"to d began", "to d done"})
				if l := c.all[d]; l.loads != 2 {
					t.Errorf("loaded %d times", l.loads)
				}
			})
		})
	}
}

// Row 52: what was saved for a joiner goes when it does, and the group does not notice more than its going.
func TestJoinerDiesOnTheWay(t *testing.T) {
	cross(t, 3, 1, crossRate, func(t *testing.T, c *crossing) {
		c.write(c.groups[0], 10)
		d := c.Add()
		h := c.halt(d, 1, 50)
		c.join(d)
		<-h.reached
		if s := c.Node(0).Stats(); s.StatesKept != 1 || s.StateBytesKept < ballast {
			t.Errorf("%d states of %d bytes are kept", s.StatesKept, s.StateBytesKept)
		}
		c.Kill(d)
		c.WantView(c.groups[0], 10*time.Second, "a", "b", "c")
		c.write(c.groups[0], 10)
		c.same(0, 1, 2)
		c.idle(0)
		c.want("a was told", c.all[0].told(), []string{"to d began", "to d failed"})
		close(h.release)
	})
}

// Row 53: a view that comes meanwhile leaves the transfer alone; a joiner that is cut off half-way begins again from a new cut.
func TestViewsDuringATransfer(t *testing.T) {
	t.Run("another joins", func(t *testing.T) {
		cross(t, 3, 2, crossRate, func(t *testing.T, c *crossing) {
			d, e := c.Add(), c.Add()
			h := c.halt(d, 1, 50)
			first := c.join(d)
			<-h.reached
			c.write(c.groups[0], 10)
			second := c.join(e)
			c.WantView(c.groups[0], 10*time.Second, "a", "b", "c", "d", "e")
			c.write(c.groups[0], 10)
			close(h.release)
			for _, joined := range []<-chan error{first, second} {
				if err := <-joined; err != nil {
					t.Fatal(err)
				}
			}
			c.same(0, 1, 2, d, e)
			if l := c.all[d]; l.loads != 1 {
				t.Errorf("loaded %d times", l.loads)
			}
		})
	})
	t.Run("the joiner is cut off", func(t *testing.T) {
		cross(t, 3, 1, crossRate, func(t *testing.T, c *crossing) {
			c.write(c.groups[0], 10)
			d := c.Add()
			h := c.halt(d, 1, 50)
			joined := c.join(d)
			<-h.reached
			c.Cut(d)
			c.WantView(c.groups[0], 10*time.Second, "a", "b", "c")
			c.write(c.groups[0], 10)
			close(h.release)
			<-time.After(5 * time.Second)
			c.Heal()
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
			c.write(c.groups[d], 10)
			c.same(0, 1, 2, d)
			c.idle(0)
			if l := c.all[d]; l.loads < 2 {
				t.Errorf("loaded %d times: what came before the cut was used", l.loads)
			}
		})
	})
	t.Run("donor and joiner are cut off together", func(t *testing.T) {
		cross(t, 3, 1, crossRate, func(t *testing.T, c *crossing) {
			c.write(c.groups[0], 10)
			d := c.Add()
			h := c.halt(d, 1, 50)
			joined := c.join(d)
			<-h.reached
			c.Cut(0, d)
			c.WantView(c.groups[1], 10*time.Second, "b", "c")
			c.write(c.groups[1], 10)
			close(h.release)
			<-time.After(5 * time.Second)
			c.Heal()
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
			c.WantView(c.groups[1], 20*time.Second, "a", "b", "c", "d")
			c.same(0, 1, 2, d)
		})
	})
}

// Row 54: whoever leaves half-way leaves cleanly, at both ends.
func TestLeaveDuringATransfer(t *testing.T) {
	t.Run("donor", func(t *testing.T) {
		cross(t, 3, 1, crossRate, func(t *testing.T, c *crossing) {
			d := c.Add()
			h := c.halt(d, 1, 50)
			joined := c.join(d)
			<-h.reached
			if err := c.groups[0].Leave(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.write(c.groups[1], 10)
			close(h.release)
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
			c.same(1, 2, d)
			c.idle(0)
			c.idle(1)
		})
	})
	t.Run("joiner", func(t *testing.T) {
		cross(t, 3, 1, crossRate, func(t *testing.T, c *crossing) {
			d := c.Add()
			h := c.halt(d, 1, 50)
			joined := c.join(d)
			<-h.reached
			c.giveUp() // that is how a join is left that has no outcome yet
			if err := <-joined; !errors.Is(err, context.Canceled) {
				t.Error("join:", err)
			}
			c.WantView(c.groups[0], 10*time.Second, "a", "b", "c")
			close(h.release)
			c.write(c.groups[0], 10)
			c.same(0, 1, 2)
			c.idle(0)
			if err := <-c.rejoin(c.groups[d]); err != nil {
				t.Fatal(err)
			}
			c.same(0, 1, 2, d)
		})
	})
}

// Row 56: a joiner that cannot take what came says so loudly, and nobody else notices. What was changed on the way is found by package
// statexfer before Load's success counts.
func TestAJoinerThatRefusesItsState(t *testing.T) {
	cross(t, 2, 1, 0, func(t *testing.T, c *crossing) {
		d := c.Add()
		c.all[d].refuse = errors.New("version 7 is not known here")
		err := <-c.join(d)
		if !errors.Is(err, lockstep.ErrLoad) || !strings.Contains(err.Error(), "version 7") {
			t.Errorf("join: %v", err)
		}
		v := c.WantView(c.groups[0], 10*time.Second, "a", "b")
		if len(v.Left) != 1 || v.Left[0].Reason != lockstep.Left {
			t.Errorf("a sees %v", v.Left)
		}
		c.write(c.groups[0], 10)
		c.same(0, 1)
		c.idle(0)
		c.want("d was told", c.all[d].told(), []string{"from a began", "from a failed"})
	})
}

// Row 57: two join at once, and their donor dies.
func TestTwoJoinersAndTheirDonorDies(t *testing.T) {
	cross(t, 3, 2, crossRate, func(t *testing.T, c *crossing) {
		c.write(c.groups[1], 10)
		d, e := c.Add(), c.Add()
		h := c.halt(d, 1, 50)
		first, second := c.join(d), c.join(e)
		<-h.reached
		c.Kill(0)
		close(h.release)
		c.WantView(c.groups[1], 10*time.Second, "b", "c", "d", "e")
		c.write(c.groups[1], 10)
		for _, joined := range []<-chan error{first, second} {
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
		}
		c.write(c.groups[d], 10)
		c.same(1, 2, d, e)
		c.idle(1)
	})
}
