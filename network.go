package lockstep

// What the kernel and the network turn out not to carry: an offload that was given up, paths that lose large datagrams. The transport
// copes with both; here they are told of.

import (
	"net/netip"
	"slices"

	"github.com/lockstep-go/lockstep/transport"
)

// networkSeen is what was told of already. It belongs to the housekeeping goroutine.
type networkSeen struct {
	offload string                 // TransportStats.OffloadWhy
	paths   map[netip.AddrPort]int // the narrow ones, and how narrow
}

func newNetworkSeen() networkSeen { return networkSeen{paths: map[netip.AddrPort]int{}} }

// checkNetwork gives the events for what has changed since the last look.
func (n *Node) checkNetwork(seen *networkSeen) {
	if why := n.end.Stats().Transport.OffloadWhy; why != seen.offload {
		seen.offload = why
		n.events.offloadGivenUp(why)
	}
	list := n.end.Paths()
	for _, p := range list {
		if !p.Searching && seen.paths[p.Addr] != p.MTU {
			seen.paths[p.Addr] = p.MTU
			n.events.pathChanged(p.Addr, p.MTU, n.end.MTU())
		}
	}
	for a := range seen.paths {
		if !slices.ContainsFunc(list, func(p transport.Path) bool { return p.Addr == a }) {
			delete(seen.paths, a)
			n.events.pathChanged(a, n.end.MTU(), n.end.MTU())
		}
	}
}
