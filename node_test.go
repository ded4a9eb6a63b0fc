package lockstep_test

// Whole nodes on the in-memory network: state transfer, merging, wrong keys, taken names, what Stats counts.

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
	"github.com/lockstep-go/lockstep/transport"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

type put struct{ Key, Value string }
type putNow struct{ Key, Value string }
type count struct{}

// store is a replicated map; the group's goroutine and the test share it.
type store struct {
	mu     sync.Mutex
	values map[string]string
	big    []byte // ballast of the state
	merged int
	lost   int
	hold   chan struct{} // if not nil, handlers of put wait for it
}

func (s *store) get(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[key]
}

func (s *store) open(g *lockstep.Group) {
	s.values = map[string]string{}
	lockstep.Handle(g, func(_ context.Context, _ lockstep.Message, p put) {
		s.mu.Lock()
		hold := s.hold
		s.mu.Unlock()
		if hold != nil {
			<-hold
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.values[p.Key] += p.Value
	})
	lockstep.HandleApply(g, func(_ context.Context, _ lockstep.Message, p putNow) (int, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.values[p.Key] += p.Value
		return len(s.values), nil
	})
	lockstep.HandleQuery(g, func(context.Context, lockstep.Message, count) (int, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.values), nil
	})
	g.OnLost(func(context.Context, lockstep.Lost) { s.mu.Lock(); s.lost++; s.mu.Unlock() })
	g.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			var b bytes.Buffer
			for k, v := range s.values {
				fmt.Fprintf(&b, "%s=%s\n", k, v)
			}
			b.WriteString("\n")
			b.Write(s.big)
			return &b, nil
		},
		Load: func(_ context.Context, r io.Reader) error {
			values, big, err := read(r)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.values, s.big = values, big
			return err
		},
		Merge: func(_ context.Context, _ lockstep.View, r io.Reader) error {
			values, _, err := read(r)
			s.mu.Lock()
			defer s.mu.Unlock()
			for k, v := range values {
				s.values[k] = max(s.values[k], v)
			}
			s.merged++
			return err
		},
	})
}

func read(r io.Reader) (map[string]string, []byte, error) {
	b, err := io.ReadAll(r)
	head, big, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		head, big = nil, bytes.TrimPrefix(b, []byte("\n"))
	}
	values := map[string]string{}
	for line := range strings.Lines(string(head)) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[k] = v
	}
	return values, big, err
}

// stores starts n members of group "g", one after the other unless the group has a size.
func stores(t *testing.T, n int, cfg lockstep.GroupConfig, opts ...locksteptest.Option) (*locksteptest.Cluster, []*store, []*lockstep.Group) {
	t.Helper()
	c := locksteptest.New(t, n, opts...)
	all := make([]*store, n)
	groups := c.Join("g", cfg, func(i int, g *lockstep.Group) {
		all[i] = &store{}
		all[i].open(g)
	})
	return c, all, groups
}

// TestLargeState: a state that does not fit the spool's memory reaches a joiner whole, and what is sent meanwhile follows it.
func TestLargeState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := locksteptest.New(t, 2)
		a, b := &store{}, &store{}
		ga := c.Node(0).Group("g", lockstep.GroupConfig{})
		a.open(ga)
		a.big = bytes.Repeat([]byte("0123456789abcdef"), 200_000)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		gb := c.Node(1).Group("g", lockstep.GroupConfig{})
		b.open(gb)
		joined := make(chan error, 2)
		go func() { joined <- ga.Join(ctx) }()
		go func() { joined <- gb.Join(ctx) }()
		for range 2 {
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
		}
		for i := range 100 {
			if err := ga.OrderedSend(ctx, put{fmt.Sprint(i), "x"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := gb.Leave(ctx); err != nil {
			t.Fatal(err)
		}
		go func() { joined <- gb.Join(ctx) }()
		for i := range 100 {
			if err := ga.OrderedSend(ctx, put{fmt.Sprint(i), "y"}); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-joined; err != nil {
			t.Fatal(err)
		}
		if err := gb.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := lockstep.Apply[int](ctx, gb, putNow{"end", "z"}); err != nil {
			t.Fatal(err)
		}
		if len(b.big) != len(a.big) || b.get("7") != "xy" || b.get("end") != "z" {
			t.Fatal(len(b.big), b.get("7"), b.get("end"))
		}
	})
}

// until waits, in virtual time, until something holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 30_000 {
		if holds() {
			return
		}
		<-time.After(time.Millisecond)
	}
	t.Fatal("never came:", what)
}

func TestMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s, g := stores(t, 3, lockstep.GroupConfig{Partition: lockstep.Partitionable})
		ctx := t.Context()
		c.Cut(0)
		until(t, "two sides", func() bool { return len(g[0].View().Members) == 1 && len(g[1].View().Members) == 2 })
		for i, key := range []string{"left", "right"} {
			if _, err := lockstep.Apply[int](ctx, g[i], putNow{key, "v"}); err != nil {
				t.Fatal(err)
			}
		}
		c.Heal()
		until(t, "one side", func() bool {
			return len(g[0].View().Members) == 3 && len(g[1].View().Members) == 3 && len(g[2].View().Members) == 3
		})
		if err := g[0].Flush(ctx); err != nil {
			t.Fatal(err)
		}
		for i := range g {
			if _, err := lockstep.Apply[int](ctx, g[i], putNow{"after", "x"}); err != nil {
				t.Fatal(err)
			}
			if s[i].get("left") != "v" || s[i].get("right") != "v" {
				t.Fatalf("%d: left %q right %q, merged %d", i, s[i].get("left"), s[i].get("right"), s[i].merged)
			}
		}
	})
}

func TestWrongKeyAndNobodyThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := memnet.New(memnet.Config{})
		listen := func(addr string) lockstep.Config {
			tr, err := net.Listen(addr)
			if err != nil {
				t.Fatal(err)
			}
			key, err := lockstep.GenerateKey()
			if err != nil {
				t.Fatal(err)
			}
			return lockstep.Config{Name: "n" + strings.Split(addr, ":")[0], Transport: tr, Key: key, Seeds: []string{"10.0.0.1:7946", "10.0.0.2:7946", "10.0.0.3:7946"}}
		}
		events := make(chan string, 1)
		ca, cb := listen("10.0.0.1:7946"), listen("10.0.0.2:7946")
		ca.Events = &lockstep.EventListener{JoinWaiting: func(group, why string) { events <- group + ": " + why }}
		for _, cfg := range []lockstep.Config{cb, ca} {
			n, err := lockstep.Start(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			if cfg.Name != ca.Name {
				continue
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			err = n.Group("quotes", lockstep.GroupConfig{Size: 3}).Join(ctx)
			if err == nil || !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			for _, part := range []string{"join quotes: context deadline exceeded: ", "10.0.0.2:7946: ", "packets under unknown key id " + cb.Key.ID(), "(wrong key?); ",
				"10.0.0.3:7946: connection refused; ", "have 1 of 3 needed to found"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v\nlacks %q", err, part)
				}
			}
			if e := <-events; !strings.Contains(e, "quotes: 10.0.0.2:7946: ") || !strings.Contains(e, "wrong key?") {
				t.Error(e)
			}
		}
	})
}

func TestNameIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := memnet.New(memnet.Config{Delay: time.Millisecond})
		key, err := lockstep.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		var nodes []*lockstep.Node
		for range 2 {
			tr, err := net.Listen("")
			if err != nil {
				t.Fatal(err)
			}
			cfg := lockstep.Config{Name: "same", Transport: tr, Key: key}
			for _, n := range nodes {
				cfg.Seeds = append(cfg.Seeds, n.Addr().String())
			}
			n, err := lockstep.Start(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			nodes = append(nodes, n)
			<-time.After(time.Second)
		}
		select {
		case <-nodes[1].Done():
		case <-time.After(20 * time.Second):
			t.Fatal("two nodes of one name live on")
		}
		if err := nodes[1].Err(); !errors.Is(err, lockstep.ErrNameTaken) || !strings.Contains(err.Error(), nodes[0].Addr().String()) {
			t.Fatal(err)
		}
		<-time.After(5 * time.Second)
		if err := nodes[0].Err(); err != nil {
			t.Fatal("the elder ended:", err)
		}
	})
}

// TestStatsCount: every field becomes more than zero once there is a reason.
func TestStatsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan struct{})
		free := sync.OnceFunc(func() { close(slow) })
		dir := t.TempDir()
		var key lockstep.Key
		noisy := memnet.Config{Seed: 1, Loss: 0.05, Duplicate: 0.05, Reorder: 0.05, Delay: time.Millisecond}
		c, all, g := stores(t, 3, lockstep.GroupConfig{}, locksteptest.WithNetwork(noisy),
			locksteptest.WithConfig(func(i int, cfg *lockstep.Config) {
				key = cfg.Key
				if i == 0 {
					cfg.StateDir = dir
				}
				cfg.Timing.TokenLoss = 500 * time.Millisecond
				cfg.Events = &lockstep.EventListener{StateChanged: func(string) { <-slow }, ViewInstalled: func(string, lockstep.View) {}}
			}))
		t.Cleanup(free)
		ctx := t.Context()
		seen := map[string]bool{}
		look := func() {
			for i := range c.Len() {
				v := reflect.ValueOf(c.Node(i).Stats())
				for f := range v.NumField() {
					if !v.Field(f).IsZero() {
						seen[v.Type().Field(f).Name] = true
					}
				}
			}
		}
		burst := func() {
			for i := range 200 {
				if err := g[i%3].OrderedSend(ctx, put{"k", "v"}); err != nil {
					t.Fatal(err)
				}
			}
			look()
		}
		for range 20 {
			burst()
		}
		// A handler that does not return.
		hold := make(chan struct{})
		all[1].mu.Lock()
		all[1].hold = hold
		all[1].mu.Unlock()
		burst()
		<-time.After(100 * time.Millisecond)
		look()
		close(hold)
		// Something is lost with the primary.
		c.Cut(2)
		g[2].Send(ctx, put{})
		c.WantBlocked(g[2], 10*time.Second)
		c.Heal()
		c.WantView(g[2], 20*time.Second, "a", "b", "c")
		burst()
		// Nobody hears anybody: the token is lost.
		c.Network().SetLoss(1)
		<-time.After(3 * time.Second)
		c.Network().SetLoss(0)
		strangers(t, c, key)
		// A listener that does not return.
		h := c.Node(0).Group("h", lockstep.GroupConfig{Stateless: true})
		for range 150 {
			if err := h.Join(ctx); err != nil {
				t.Fatal(err)
			}
			if err := h.Leave(ctx); err != nil {
				t.Fatal(err)
			}
		}
		look()
		for f := range reflect.TypeFor[lockstep.Stats]().Fields() {
			if !seen[f.Name] && !ofTheKernel[f.Name] && !ofTheSpill[f.Name] {
				t.Errorf("%s stayed zero", f.Name)
			}
		}
	})
}

// ofTheSpill are the gauges that need a directory and a long load; TestWhatAJoinerMissedWaitsOnDisk has them.
var ofTheSpill = map[string]bool{"SpilledMessages": true, "SpilledBytes": true}

// ofTheKernel are the counts that a network in memory leaves at zero; TestStatsOfTheKernel has them.
var ofTheKernel = map[string]bool{"SendCalls": true, "ReceiveCalls": true, "SegmentsOut": true, "SegmentsIn": true, "OffloadWhy": true,
	"PaddingBytes": true, "SendErrors": true, "KernelDrops": true}

// reckless is a real socket that says of itself what it is told to.
type reckless struct {
	*transport.UDP
	stats transport.TransportStats
}

func (r *reckless) Stats() transport.TransportStats { return r.stats }

// TestStatsOfTheKernel has what a socket counts shown, and an offload that was given up told of, once.
func TestStatsOfTheKernel(t *testing.T) {
	udp, err := transport.ListenUDP(t.Context(), transport.UDPConfig{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	r := &reckless{UDP: udp, stats: transport.TransportStats{SendCalls: 1, ReceiveCalls: 2, SegmentsOut: 3, SegmentsIn: 4, SendErrors: 5, KernelDrops: 6,
		Segmenting: transport.OffloadGivenUp, Coalescing: transport.OffloadOn, OffloadWhy: "it failed"}}
	told := make(chan string, 8)
	n, err := lockstep.Start(t.Context(), lockstep.Config{Name: "a", InsecureNoKey: true, Transport: r,
		Events: &lockstep.EventListener{OffloadGivenUp: func(why string) { told <- why }}})
	if err != nil {
		t.Fatal(err)
	}
	if why := <-told; why != "it failed" {
		t.Errorf("told that %q", why)
	}
	s := n.Stats()
	got := fmt.Sprintf("%d %d %d %d %d %d, %s, %s, %s", s.SendCalls, s.ReceiveCalls, s.SegmentsOut, s.SegmentsIn, s.SendErrors, s.KernelDrops,
		s.OffloadSend, s.OffloadReceive, s.OffloadWhy)
	if want := "1 2 3 4 5 6, given up, on, it failed"; got != want {
		t.Errorf("stats: %s; want %s", got, want)
	}
	n.Close()
	if len(told) != 0 {
		t.Errorf("told again that %q", <-told)
	}
}

// strangers sends the first node what does not open, and what opens and is no packet.
func strangers(t *testing.T, c *locksteptest.Cluster, key lockstep.Key) {
	t.Helper()
	for i, cfg := range []transport.EndpointConfig{{Insecure: true, Self: [16]byte{1}}, {Key: keyBytes(t, key), Label: "lockstep", Self: [16]byte{2}}} {
		tr, err := c.Network().Listen(fmt.Sprintf("10.9.9.%d:1", i+1))
		if err != nil {
			t.Fatal(err)
		}
		cfg.Transport = tr
		end, err := transport.NewEndpoint(cfg)
		if err != nil {
			t.Fatal(err)
		}
		end.Send([]transport.Outgoing{{To: []netip.AddrPort{c.Addr(0)}, Body: []byte{0xff, 0xff}}})
		<-time.After(100 * time.Millisecond)
		end.Close()
	}
}

// keyBytes takes the long way round: a Key shows itself only to a file.
func keyBytes(t *testing.T, key lockstep.Key) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := key.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
