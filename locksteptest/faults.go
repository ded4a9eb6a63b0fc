package locksteptest

// Cutting and healing.

import "net/netip"

// Cut cuts the network in two: the nodes in i reach each other and nobody else, and so do all others. A second Cut replaces the
// first. It takes effect before it returns, for datagrams in flight too.
func (c *Cluster) Cut(i ...int) {
	c.helper()
	var side []netip.AddrPort
	for _, i := range i {
		side = append(side, c.Addr(i))
	}
	c.net.Partition(side)
}

// Heal undoes every Cut. The sides find each other at the next beacon.
func (c *Cluster) Heal() { c.net.Heal() }
