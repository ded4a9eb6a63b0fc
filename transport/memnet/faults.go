package memnet

// The verbs of a test: cut, heal, partition, lose, kill. Each takes effect before it returns, for datagrams in flight too.

import (
	"net/netip"
	"time"
)

// Cut stops everything between a and b, both ways. Datagrams are lost; the bytes of streams wait for Heal.
func (n *Network) Cut(a, b netip.AddrPort) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.link(direction{a, b}).cut = true
	n.link(direction{b, a}).cut = true
	n.announce()
}

// CutOneWay stops everything from one address to the other; the way back stays open.
func (n *Network) CutOneWay(from, to netip.AddrPort) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.link(direction{from, to}).cut = true
	n.announce()
}

// Partition divides the network: what is on different sides does not reach each other. All addresses that are named in no side
// form one more side together. A second call replaces the first; single cuts stay.
func (n *Network) Partition(sides ...[]netip.AddrPort) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sides = make(map[netip.AddrPort]int)
	for i, side := range sides {
		for _, a := range side {
			n.sides[a] = i + 1
		}
	}
	n.announce()
}

// Heal undoes every cut and the partition. Probabilities stay.
func (n *Network) Heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.links {
		l.cut = false
	}
	n.sides = nil
	n.announce()
}

// SetLoss sets the probability, 0 to 1, that a datagram is lost, on every link without one of its own.
func (n *Network) SetLoss(p float64) { n.set(func(c *Config) { c.Loss = p }) }

// SetDuplicate sets the probability, 0 to 1, that a datagram arrives twice.
func (n *Network) SetDuplicate(p float64) { n.set(func(c *Config) { c.Duplicate = p }) }

// SetReorder sets the probability, 0 to 1, that a datagram is held back.
func (n *Network) SetReorder(p float64) { n.set(func(c *Config) { c.Reorder = p }) }

// SetDelay sets the delay and the jitter of what is sent from now on.
func (n *Network) SetDelay(delay, jitter time.Duration) {
	n.set(func(c *Config) { c.Delay, c.Jitter = max(delay, 0), max(jitter, 0) })
}

func (n *Network) set(change func(*Config)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(&n.cfg)
}

// SetLinkLoss sets the probability of loss from one address to another alone; a negative one gives the link back to SetLoss.
func (n *Network) SetLinkLoss(from, to netip.AddrPort, p float64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := n.link(direction{from, to})
	l.loss, l.lossy = p, p >= 0
}

// Kill ends the member at the address as kill -9 does: its sockets are gone at once, what it had not read is lost, its peers'
// streams break as soon as the news can reach them, and datagrams to it are refused. The address may be taken again.
func (n *Network) Kill(addr netip.AddrPort) {
	n.mu.Lock()
	p := n.ports[addr]
	var streams []*stream
	if p != nil {
		p.shut()
		p.queue = nil
		for s := range p.streams {
			streams = append(streams, s)
		}
	}
	n.announce()
	n.mu.Unlock()
	for _, s := range streams {
		s.die()
	}
}

// isCut is asked with the lock held.
func (n *Network) isCut(way direction) bool {
	if l := n.links[way]; l != nil && l.cut {
		return true
	}
	return n.sides != nil && n.sides[way.from] != n.sides[way.to]
}

// watch reports whether the way is cut, and gives a channel that is closed when the answer may have changed.
func (n *Network) watch(way direction) (cut bool, changed <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.isCut(way), n.moved
}

// announce wakes all who watch. The lock is held.
func (n *Network) announce() {
	close(n.moved)
	n.moved = make(chan struct{})
}
