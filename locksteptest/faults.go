package locksteptest

// What a network does to those on it: cuts, of which each takes effect before it returns, for datagrams in flight too.

import "net/netip"

// Cut cuts the network in two: the nodes in i reach each other and nobody else, and so do all others. A second Cut or Split
// replaces the first.
func (c *Cluster) Cut(i ...int) {
	c.helper()
	c.Split(i)
}

// Split cuts the network into sides that do not reach each other; the nodes that are on no side are one more side together. A
// second Split or Cut replaces the first.
func (c *Cluster) Split(sides ...[]int) {
	c.helper()
	addrs := make([][]netip.AddrPort, len(sides))
	on := map[int]bool{}
	for k, side := range sides {
		for _, i := range side {
			if on[i] {
				c.fail("locksteptest: node %s is on two sides", c.Name(i))
			}
			on[i] = true
			addrs[k] = append(addrs[k], c.Addr(i))
		}
	}
	c.net.Partition(addrs...)
}

// CutLink stops everything between two nodes, both ways; each still reaches the others, as when a cable between two switches is
// half broken. It comes on top of Cut and Split.
func (c *Cluster) CutLink(i, j int) {
	c.helper()
	c.net.Cut(c.Addr(i), c.Addr(j))
}

// CutOneWay stops everything from one node to another; the way back stays open. It comes on top of Cut and Split.
func (c *Cluster) CutOneWay(from, to int) {
	c.helper()
	c.net.CutOneWay(c.Addr(from), c.Addr(to))
}

// Heal undoes every cut of every kind. The sides find each other at the next beacon.
func (c *Cluster) Heal() { c.net.Heal() }
