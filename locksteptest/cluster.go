package locksteptest

// The cluster: its nodes, how they are started, killed and started again.

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// maxNodes is how many names and addresses there are.
const maxNodes = 26

// startTime bounds the start of one node, which waits for nobody.
const startTime = 10 * time.Second

// A Cluster is a number of nodes on one network in memory. It is driven from one goroutine, that of the test; Node, Network and
// Addr may be called from any. What it starts ends with Close, which New arranges.
type Cluster struct {
	fail     func(format string, args ...any) // does not return
	helper   func()
	settings settings
	key      lockstep.Key
	net      *memnet.Network
	addrs    []netip.AddrPort

	mu    sync.Mutex // guards nodes
	nodes []*lockstep.Node

	closing sync.WaitGroup // of nodes that were killed
}

// New starts n nodes, 1 to 26, that end with the test. They are on no group yet, and it does not wait for them to find each
// other: Group.Join does. What goes wrong fails the test.
func New(t testing.TB, n int, opts ...Option) *Cluster {
	t.Helper()
	c := &Cluster{fail: func(format string, args ...any) { t.Helper(); t.Fatalf(format, args...) }, helper: t.Helper}
	t.Cleanup(c.Close)
	c.open(n, opts)
	return c
}

// Open is New without a test, for Examples and programs: the caller must call Close, and what would fail a test panics.
func Open(n int, opts ...Option) *Cluster {
	c := &Cluster{fail: func(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }, helper: func() {}}
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
	c.net = memnet.New(c.settings.net)
	var err error
	if c.key, err = lockstep.GenerateKey(); err != nil {
		c.fail("locksteptest: %v", err)
	}
	for i := range n {
		c.addrs = append(c.addrs, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 7946))
	}
	c.nodes = make([]*lockstep.Node, n)
	for i := range n {
		c.start(i)
	}
}

// start starts node i at its address.
func (c *Cluster) start(i int) *lockstep.Node {
	c.helper()
	tr, err := c.net.Listen(c.addrs[i].String())
	if err != nil {
		c.fail("locksteptest: node %s: %v", c.Name(i), err)
	}
	cfg := lockstep.Config{Name: c.Name(i), Key: c.key, Transport: tr}
	for j, a := range c.addrs {
		if j != i {
			cfg.Seeds = append(cfg.Seeds, a.String())
		}
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
	c.nodes[i] = node
	return node
}

// Len is how many nodes the cluster has, dead ones counted.
func (c *Cluster) Len() int { return len(c.addrs) }

// Name is the name of node i: "a" for 0, "b" for 1, and so on.
func (c *Cluster) Name(i int) string {
	c.check(i)
	return string(rune('a' + i))
}

// Addr is the address of node i, the same in all its lives.
func (c *Cluster) Addr(i int) netip.AddrPort {
	c.check(i)
	return c.addrs[i]
}

// Node is node i in its present life, or in its last if it was killed.
func (c *Cluster) Node(i int) *lockstep.Node {
	c.check(i)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nodes[i]
}

// Network is the network, for faults that the cluster has no verb for: loss, delay, cuts in one direction.
func (c *Cluster) Network() *memnet.Network { return c.net }

// Kill ends node i as kill -9 does, as far as the others can see: its sockets are gone at once, and nothing it does afterwards
// reaches anyone. In the same process its handlers cannot be stopped, so one that runs may still run to its end.
func (c *Cluster) Kill(i int) {
	node := c.Node(i)
	c.net.Kill(c.addrs[i])
	c.closing.Go(func() { node.Close() })
}

// Restart starts node i again after Kill, or after its Close, with the same name and address. It is a new incarnation without
// groups and without state.
func (c *Cluster) Restart(i int) *lockstep.Node {
	c.helper()
	c.check(i)
	return c.start(i)
}

// Close ends all nodes and returns when they have ended. New calls it at the end of the test.
func (c *Cluster) Close() {
	c.mu.Lock()
	nodes := append([]*lockstep.Node(nil), c.nodes...)
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
	if i < 0 || i >= len(c.addrs) {
		c.fail("locksteptest: there is no node %d of %d", i, len(c.addrs))
	}
}
