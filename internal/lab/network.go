//go:build linux

package lab

// The network between hosts: a switch in this program.

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

const (
	// hostsMost is how many hosts a network may have.
	hostsMost = 32
	// flyingMost is how many packets may be on their way at once; more are lost, as by a full switch.
	flyingMost = 1 << 14
	// packetMost is the largest packet that is read from a host.
	packetMost = 1 << 16
	// unreadable is when a host that cannot be read is tried again.
	unreadable = time.Millisecond
)

// A Link is one direction between two hosts. The zero Link carries everything at once.
type Link struct {
	Cut       bool          // nothing passes
	Loss      float64       // this part of the packets is lost
	Twice     float64       // this part comes twice
	Delay     time.Duration // every packet takes so long
	Jitter    time.Duration // and up to so much more, so packets overtake each other
	NoStreams bool          // TCP does not pass
	NoLarge   int           // UDP of more bytes than this, with its headers, does not pass; 0: any may
}

// A Network is so many hosts with a link from each to each. Close it. Any goroutine may use it.
type Network struct {
	Hosts []*Host

	mu     sync.Mutex
	links  [][]Link // from, to
	random *rand.Rand
	flying int
	counts Counts
	closed bool
	done   sync.WaitGroup
}

// Counts is what became of the packets between hosts.
type Counts struct{ Carried, Lost, Twice, Late int }

// Lay makes a network of hosts, 10.99.0.1 and on. Its links draw from the seed. ErrNoHosts says that there can be none here.
func Lay(hosts int, seed uint64) (*Network, error) {
	if hosts < 1 || hosts > hostsMost {
		return nil, fmt.Errorf("a network of %d hosts: it may have 1 to %d", hosts, hostsMost)
	}
	n := &Network{random: rand.New(rand.NewPCG(seed, 0x6e6574))}
	for i := range hosts {
		h, err := newTunnelled(hostAddr(i))
		if err != nil {
			n.Close()
			return nil, err
		}
		n.Hosts = append(n.Hosts, h)
		n.links = append(n.links, make([]Link, hosts))
	}
	for i := range n.Hosts {
		n.done.Go(func() { n.carry(i) })
	}
	return n, nil
}

// Close takes the network away. The processes on its hosts have ended, or end now.
func (n *Network) Close() {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return
	}
	n.closed = true
	n.mu.Unlock()
	for _, h := range n.Hosts {
		h.close()
	}
	n.done.Wait()
}

// SetLink says how one direction is from now on.
func (n *Network) SetLink(from, to int, l Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links[from][to] = l
}

// SetAll says how every direction is from now on: the zero Link heals the network.
func (n *Network) SetAll(l Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, row := range n.links {
		for i := range row {
			row[i] = l
		}
	}
}

// Cable cuts a host off from all others, or connects it again.
func (n *Network) Cable(host int, in bool) {
	for i := range n.Hosts {
		if i != host {
			n.SetLink(host, i, Link{Cut: !in})
			n.SetLink(i, host, Link{Cut: !in})
		}
	}
}

// Counts is what became of the packets so far.
func (n *Network) Counts() Counts {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counts
}

// carry takes what a host sends to where it belongs, until the host is closed.
func (n *Network) carry(from int) {
	b := make([]byte, packetMost)
	for {
		k, err := n.Hosts[from].port.Read(b)
		if err != nil {
			if errors.Is(err, os.ErrClosed) {
				return
			}
			time.Sleep(unreadable) // an interface that is down has nothing to say
			continue
		}
		p, ok := parsePacket(b[:k])
		to := p.to(len(n.Hosts))
		if !ok || to < 0 || to == from {
			continue
		}
		n.send(from, to, p)
	}
}

// send puts a packet on its link, as often and as late as the link says.
func (n *Network) send(from, to int, p packet) {
	var at [2]time.Duration
	n.mu.Lock()
	l := n.links[from][to]
	copies := l.copies(p, n.random)
	if copies == 0 {
		n.counts.Lost++
	}
	if copies == 2 {
		n.counts.Twice++
	}
	for i := range copies {
		at[i] = l.takes(n.random)
		if at[i] > 0 {
			if n.flying >= flyingMost {
				n.counts.Lost++
				copies = i
				break
			}
			n.flying++
			n.counts.Late++
		}
		n.counts.Carried++
	}
	n.mu.Unlock()
	port := n.Hosts[to].port
	var late []byte
	for _, d := range at[:copies] {
		if d == 0 {
			_, _ = port.Write(p) // an interface that is down takes nothing: lost
			continue
		}
		if late == nil {
			late = append(late, p...)
		}
		time.AfterFunc(d, func() {
			_, _ = port.Write(late)
			n.mu.Lock()
			n.flying--
			n.mu.Unlock()
		})
	}
}
