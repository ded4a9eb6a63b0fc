package lockstep_test

// Starting from nothing: processes in any order, some of them late; and again after all have died, or all but one. One of them, and
// only one, makes the state.

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// A site is a number of hosts on which one program may be started, each a member of group "g".
type site struct {
	t     *testing.T
	net   *memnet.Network
	key   lockstep.Key
	seeds []string
	cfg   lockstep.GroupConfig
	hosts []host
	made  atomic.Int32 // how often the state was made from nothing

	mu    sync.Mutex
	over  bool // what is shown counts no more
	dying sync.WaitGroup
	views map[lockstep.ViewID]string // every primary view that was shown, and its members
}

// A host runs the program, or does not.
type host struct {
	addr  netip.AddrPort
	node  *lockstep.Node
	group *lockstep.Group
	tally *tally
}

func newSite(t *testing.T, n, seeds int, cfg lockstep.GroupConfig) *site {
	s := &site{t: t, net: memnet.New(memnet.Config{Delay: 100 * time.Microsecond}), cfg: cfg, hosts: make([]host, n), views: map[lockstep.ViewID]string{}}
	var err error
	if s.key, err = lockstep.GenerateKey(); err != nil {
		t.Fatal(err)
	}
	for i := range s.hosts {
		s.hosts[i].addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 7946)
		if i < seeds {
			s.seeds = append(s.seeds, s.hosts[i].addr.String())
		}
	}
	t.Cleanup(func() {
		s.mu.Lock()
		s.over = true
		s.mu.Unlock()
		for _, h := range s.hosts {
			if h.node != nil {
				s.dying.Go(func() { h.node.Close() })
			}
		}
		s.dying.Wait()
	})
	return s
}

// run is the program on host i: it starts, joins, and reports how that went.
func (s *site) run(i int, joined chan<- error) {
	h := &s.hosts[i]
	tr, err := s.net.Listen(h.addr.String())
	if err != nil {
		joined <- err
		return
	}
	node, err := lockstep.Start(s.t.Context(), lockstep.Config{Name: fmt.Sprintf("n%02d", i), Key: s.key, Transport: tr, Seeds: s.seeds})
	if err != nil {
		tr.Close()
		joined <- err
		return
	}
	h.node, h.group, h.tally = node, node.Group("g", s.cfg), &tally{}
	h.tally.open(h.group)
	h.tally.onNew = func() { s.made.Add(1) }
	h.tally.onView = s.shown
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	joined <- h.group.Join(ctx)
}

// shown is told every view of every host: a primary view is the same wherever it is shown, and no other has its number.
func (s *site) shown(v lockstep.View) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || !v.Primary || v.Rank < 0 {
		return
	}
	text := fmt.Sprint(v.Members)
	for id, members := range s.views {
		if id == v.ID && members != text || id != v.ID && id.Num == v.ID.Num {
			s.t.Errorf("two primaries: view %v of %v, view %v of %v", id, members, v.ID, text)
		}
	}
	s.views[v.ID] = text
}

// forget leaves out what has been shown so far: where all have died, views are numbered anew.
func (s *site) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.views)
}

// together waits for so many joins, and until all hosts have one view of all.
func (s *site) together(joined <-chan error, joins int) {
	s.t.Helper()
	for range joins {
		if err := <-joined; err != nil {
			s.t.Fatal(err)
		}
	}
	until(s.t, "one view of all", func() bool {
		for _, h := range s.hosts {
			if v := h.group.View(); v.ID != s.hosts[0].group.View().ID || !v.Primary || len(v.Members) != len(s.hosts) {
				return false
			}
		}
		return true
	})
}

// kill ends what runs on host i, as kill -9 does.
func (s *site) kill(i int) {
	h := &s.hosts[i]
	s.net.Kill(h.addr)
	node := h.node // another begins on the host while this one closes
	s.dying.Go(func() { node.Close() })
}

// begin runs the program on the hosts, each a moment after the one before: at once, or so late that the others have long begun to wait.
func (s *site) begin(order []int, draw *rand.Rand) <-chan error {
	joined := make(chan error, len(order))
	go func() {
		for k, i := range order {
			go s.run(i, joined)
			if k == len(order)-1 {
				return
			}
			<-time.After([]time.Duration{0, 2 * time.Millisecond, 40 * time.Millisecond, 700 * time.Millisecond}[draw.IntN(4)])
		}
	}()
	return joined
}

// add enters n at host i and wants it to be the last of what is there.
func (s *site) add(i, n int, want string) {
	s.t.Helper()
	if _, err := lockstep.Apply[int](s.t.Context(), s.hosts[i].group, entry{n}); err != nil {
		s.t.Fatal(err)
	}
	if got := s.hosts[i].tally.text(); got != want {
		s.t.Fatalf("host %d has %q, want %q", i, got, want)
	}
}

// TestColdStartInAnyOrder: processes are started in some order, some at once and some late. The state is made once, and never are there
// two primaries. All die and are started again: it is made once more. All but one die: it is not made again, and nothing is forgotten.
func TestColdStartInAnyOrder(t *testing.T) {
	const hosts, runs = 5, 2
	for _, size := range []int{0, 3, hosts} {
		for run := range runs {
			t.Run(fmt.Sprintf("size %d, run %d", size, run), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					draw := rand.New(rand.NewPCG(uint64(run), uint64(size)))
					s := newSite(t, hosts, hosts, lockstep.GroupConfig{Size: size})
					made := func(want int32) {
						t.Helper()
						if n := s.made.Load(); n != want {
							t.Fatalf("the state was made %d times, want %d", n, want)
						}
					}
					s.together(s.begin(draw.Perm(hosts), draw), hosts)
					made(1)
					s.add(draw.IntN(hosts), 1, "1")

					s.forget()
					for i := range s.hosts {
						s.kill(i)
					}
					<-time.After(time.Duration(draw.IntN(3000)) * time.Millisecond)
					s.together(s.begin(draw.Perm(hosts), draw), hosts)
					made(2)
					s.add(draw.IntN(hosts), 2, "2")

					survivor := draw.IntN(hosts)
					var dead []int
					for _, i := range draw.Perm(hosts) {
						if i != survivor {
							s.kill(i)
							dead = append(dead, i)
						}
					}
					<-time.After(time.Duration(draw.IntN(3000)) * time.Millisecond)
					s.together(s.begin(dead, draw), hosts-1)
					made(2)
					s.add(draw.IntN(hosts), 3, "2 3")
				})
			})
		}
	}
}
