package locksteptest

// The cluster: its nodes, how they are started, killed and started again.

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// maxNodes is how many names and addresses there are.
const maxNodes = 26

// startTime bounds the start of one node, which waits for nobody.
const startTime = 10 * time.Second

// A Cluster is a number of nodes on one network in memory. It is driven from one goroutine, that of the test; Node, Network,
// Addr and Alive may be called from any. What it starts ends with Close, which New arranges.
type Cluster struct {
	fail     func(format string, args ...any) // does not return
	helper   func()
	print    func(line ...any)
	logger   *zap.Logger // nil: silent
	settings settings
	key      lockstep.Key
	net      *memnet.Network

	mu    sync.Mutex // guards what follows
	addrs []netip.AddrPort
	nodes []*lockstep.Node // by index, in their present or last life
	dead  []bool           // was killed and not started again

	closing sync.WaitGroup // of nodes that were killed
}

// New starts n nodes, 1 to 26, that end with the test. They are on no group yet, and it does not wait for them to find each
// other: Group.Join does. What goes wrong fails the test.
func New(t testing.TB, n int, opts ...Option) *Cluster {
	t.Helper()
	c := &Cluster{fail: func(format string, args ...any) { t.Helper(); t.Fatalf(format, args...) }, helper: t.Helper, print: t.Log}
	t.Cleanup(c.Close)
	c.open(n, opts)
	return c
}

// Run is New in a testing/synctest bubble: f runs there with n nodes, on virtual time, and with it ends the cluster. A test that
// waits for seconds of silence takes milliseconds.
func Run(t *testing.T, n int, f func(t *testing.T, c *Cluster), opts ...Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		// Behind Close, which waits for nobody without end: a stream into a cut network takes 5 s to end, and whoever is in a bubble must
		// have ended with it.
		t.Cleanup(func() { <-time.After(time.Minute) })
		f(t, New(t, n, opts...))
	})
}

// Open is New without a test, for Examples and programs: the caller must call Close, and what would fail a test panics.
func Open(n int, opts ...Option) *Cluster {
	c := &Cluster{
		fail:   func(format string, args ...any) { panic(fmt.Sprintf(format, args...)) },
		helper: func() {},
		print:  func(line ...any) { fmt.Fprintln(os.Stderr, line...) },
	}
	c.open(n, opts)
	return c
}

func (c *Cluster) open(n int, opts []Option) {
	c.helper()
	for _, opt := range opts {
		opt(&c.settings)
	}
	if n < 1 || n > maxNodes {
		c.fail("locksteptest: a cluster has 1 to %d nodes, not %d", maxNodes, n)
	}
	if c.settings.net.Delay == 0 {
		c.settings.net.Delay = defaultDelay
	}
	if c.settings.log {
		c.logger = newLogger(c.print)
	}
	c.net = memnet.New(c.settings.net)
	var err error
	if c.key, err = lockstep.GenerateKey(); err != nil {
		c.fail("locksteptest: %v", err)
	}
	for range n {
		c.room()
	}
	for i := range n {
		c.start(i)
	}
}

// room gives one more node its address, and returns its index.
func (c *Cluster) room() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := len(c.addrs)
	c.addrs = append(c.addrs, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 7946))
	c.nodes, c.dead = append(c.nodes, nil), append(c.dead, true)
	return i
}

// start starts node i at its address.
func (c *Cluster) start(i int) *lockstep.Node {
	c.helper()
	c.mu.Lock()
	addrs := slices.Clone(c.addrs)
	c.mu.Unlock()
	tr, err := c.net.Listen(addrs[i].String())
	if err != nil {
		c.fail("locksteptest: node %s: %v", c.Name(i), err)
	}
	cfg := lockstep.Config{Name: c.Name(i), Key: c.key, Transport: tr}
	for j, a := range addrs {
		if j != i {
			cfg.Seeds = append(cfg.Seeds, a.String())
		}
	}
	if c.logger != nil {
		cfg.Logger = c.logger.Named(cfg.Name)
	}
	if c.settings.config != nil {
		c.settings.config(i, &cfg)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	node, err := lockstep.Start(ctx, cfg)
	if err != nil {
		tr.Close()
		c.fail("locksteptest: node %s: %v", c.Name(i), err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nodes[i], c.dead[i] = node, false
	return node
}

// Len is how many nodes the cluster has, dead ones counted.
func (c *Cluster) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.addrs)
}

// Name is the name of node i: "a" for 0, "b" for 1, and so on.
func (c *Cluster) Name(i int) string {
	c.check(i)
	return string(rune('a' + i))
}

// Addr is the address of node i, the same in all its lives.
func (c *Cluster) Addr(i int) netip.AddrPort {
	c.check(i)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.addrs[i]
}

// Node is node i in its present life, or in its last if it was killed.
func (c *Cluster) Node(i int) *lockstep.Node {
	c.check(i)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nodes[i]
}

// Alive reports whether node i runs: it was not killed, not closed, and did not end by itself.
func (c *Cluster) Alive(i int) bool {
	c.check(i)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lives(i)
}

// lives is asked with the lock held.
func (c *Cluster) lives(i int) bool {
	if c.dead[i] || c.nodes[i] == nil {
		return false
	}
	select {
	case <-c.nodes[i].Done():
		return false
	default:
		return true
	}
}

// living are the indices of the nodes that run.
func (c *Cluster) living() (list []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.nodes {
		if c.lives(i) {
			list = append(list, i)
		}
	}
	return list
}

// Network is the network, for faults that the cluster has no verb for: loss, duplicates, and delays that change.
func (c *Cluster) Network() *memnet.Network { return c.net }

// Kill ends node i as kill -9 does, as far as the others can see: its sockets are gone at once, and nothing it does afterwards
// reaches anyone. In the same process its handlers cannot be stopped, so one that runs may still run to its end.
func (c *Cluster) Kill(i int) {
	c.helper()
	node := c.Node(i)
	c.net.Kill(c.Addr(i))
	c.mu.Lock()
	c.dead[i] = true
	c.mu.Unlock()
	c.closing.Go(func() { node.Close() })
}

// Restart starts node i again after Kill, or after its Close, with the same name and address. It is a new incarnation without
// groups and without state.
func (c *Cluster) Restart(i int) *lockstep.Node {
	c.helper()
	c.check(i)
	return c.start(i)
}

// Add starts one more node, which knows all others as seeds, and returns its index. Those that run already hear of it when it calls
// them; started again, they know it as a seed too.
func (c *Cluster) Add() int {
	c.helper()
	if n := c.Len(); n >= maxNodes {
		c.fail("locksteptest: there are %d nodes already, and no more names", n)
	}
	i := c.room()
	c.start(i)
	return i
}

// Close ends all nodes and returns when they have ended. New calls it at the end of the test.
func (c *Cluster) Close() {
	c.mu.Lock()
	nodes := slices.Clone(c.nodes)
	c.mu.Unlock()
	for _, n := range nodes {
		if n != nil {
			c.closing.Go(func() { n.Close() })
		}
	}
	c.closing.Wait()
}

func (c *Cluster) check(i int) {
	c.helper()
	if n := c.Len(); i < 0 || i >= n {
		c.fail("locksteptest: there is no node %d of %d", i, n)
	}
}
