package transport

// What a node finds out about its own place in the network: how large a datagram may be, and which address others should dial.

import (
	"errors"
	"net"
	"net/netip"
)

const (
	headers4   = 28   // bytes of an IPv4 and a UDP header
	headers6   = 48   // bytes of an IPv6 and a UDP header
	senseMost  = 8900 // bytes: a jumbo frame's datagram; a loopback link of 65536 gives no more
	senseNever = 1452 // bytes: Ethernet under IPv6, where nothing can be found out
)

// SenseMTU is the largest datagram, in bytes, that the links towards the seeds carry in one piece: the smallest of the MTUs of
// the interfaces that route to them, less the IP and UDP headers, and at most 8900. Without seeds the interface of the listen
// address decides, or the smallest of all that are up. It sends nothing and does not block.
func SenseMTU(listen netip.AddrPort, seeds []netip.AddrPort) int {
	ifis := interfaces()
	best := 0
	take := func(ip netip.Addr) {
		if n := mtuOf(ifis, ip); n > 0 && (best == 0 || n < best) {
			best = n
		}
	}
	for _, seed := range seeds {
		if ip, ok := routeTo(seed); ok {
			take(ip)
		}
	}
	if own := listen.Addr(); best == 0 && own.IsValid() && !own.IsUnspecified() {
		take(own)
	}
	if best == 0 {
		for _, ifi := range ifis {
			for _, ip := range ifi.addrs {
				if !ip.IsLoopback() && sameFamily(listen.Addr(), ip) {
					take(ip)
				}
			}
		}
	}
	if best == 0 {
		return senseNever
	}
	return max(MinMTU, min(best, senseMost))
}

// Advertise is the address that others should dial: listen itself if it is specific; else the source address of the route to a
// seed; else the first address of an interface that is not loopback; else loopback. The port is listen's, which must not be
// zero. It sends nothing and does not block.
func Advertise(listen netip.AddrPort, seeds []netip.AddrPort) (netip.AddrPort, error) {
	if listen.Port() == 0 {
		return netip.AddrPort{}, errors.New("transport: advertise: the listen address has no port yet")
	}
	own := listen.Addr().Unmap()
	if own.IsValid() && !own.IsUnspecified() {
		return netip.AddrPortFrom(own, listen.Port()), nil
	}
	var loopback netip.Addr
	for _, seed := range seeds {
		ip, ok := routeTo(seed)
		switch {
		case !ok || !sameFamily(own, ip):
		case !ip.IsLoopback():
			return netip.AddrPortFrom(ip, listen.Port()), nil
		case !loopback.IsValid():
			loopback = ip
		}
	}
	if loopback.IsValid() {
		return netip.AddrPortFrom(loopback, listen.Port()), nil // the seeds are on this host, and so are the others
	}
	if ip := firstAddress(own); ip.IsValid() {
		return netip.AddrPortFrom(ip, listen.Port()), nil
	}
	if own.Is4() {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), listen.Port()), nil
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), listen.Port()), nil
}

// routeTo asks the kernel which source address it would use. A UDP "connection" sends nothing.
func routeTo(seed netip.AddrPort) (netip.Addr, bool) {
	if !seed.Addr().IsValid() || seed.Addr().IsUnspecified() {
		return netip.Addr{}, false
	}
	port := seed.Port()
	if port == 0 {
		port = 9 // any will do
	}
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(seed.Addr(), port)))
	if err != nil {
		return netip.Addr{}, false
	}
	defer conn.Close()
	local, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	ip := local.AddrPort().Addr().Unmap()
	return ip, ip.IsValid() && !ip.IsUnspecified()
}

// sameFamily reports whether a socket bound to listen reaches ip: an IPv4 one only IPv4, an IPv6 one that is not specific both.
func sameFamily(listen, ip netip.Addr) bool {
	return !listen.Is4() || ip.Is4()
}

// firstAddress prefers IPv4, then IPv6 of a scope wider than the link, on an interface that is up and not loopback.
func firstAddress(listen netip.Addr) netip.Addr {
	var six netip.Addr
	for _, ifi := range interfaces() {
		for _, ip := range ifi.addrs {
			switch {
			case ip.IsLoopback() || ip.IsLinkLocalUnicast() || !sameFamily(listen, ip):
			case ip.Is4():
				return ip
			case !six.IsValid():
				six = ip
			}
		}
	}
	return six
}

// place is one interface that is up.
type place struct {
	mtu   int
	addrs []netip.Addr
}

func interfaces() []place {
	list, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var out []place
	for _, ifi := range list {
		addrs, err := ifi.Addrs()
		if err != nil || ifi.Flags&net.FlagUp == 0 {
			continue
		}
		p := place{mtu: ifi.MTU}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(n.IP); ok {
					p.addrs = append(p.addrs, ip.Unmap())
				}
			}
		}
		out = append(out, p)
	}
	return out
}

// mtuOf is what the interface with this address leaves for a datagram, 0 if there is none.
func mtuOf(ifis []place, ip netip.Addr) int {
	headers := headers6
	if ip.Is4() {
		headers = headers4
	}
	loopback := 0
	for _, ifi := range ifis {
		for _, a := range ifi.addrs {
			if a == ip.WithZone("") {
				return ifi.mtu - headers
			}
			if a.IsLoopback() {
				loopback = ifi.mtu
			}
		}
	}
	if ip.IsLoopback() && loopback > headers {
		return loopback - headers // 127.0.0.2 is no interface's own address
	}
	return 0
}
