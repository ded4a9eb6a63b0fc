//go:build linux && !lockstep_portable

package transport

// Who refused: an answer "port unreachable" to a datagram sent earlier waits in the socket's error queue, with the address the
// datagram was for. A killed process on a living host is noticed by it within a round trip. Anyone can forge one, so it is a
// hint and no more.

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// wantErrors turns the queue on. With it, a send or receive also fails once with the error of an earlier datagram.
func wantErrors(fd, domain int) {
	_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_RECVERR, 1)
	if domain == unix.AF_INET6 {
		_ = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_RECVERR, 1)
	}
}

// readErrors empties the queue, up to a bound. Send's and Receive's goroutines may both be in it.
func (b *udpBatch) readErrors(u *UDP) {
	_ = b.socket.with(func(fd int) {
		var data [64]byte
		var control [256]byte
		for range maxRefusals {
			_, n, _, to, err := unix.Recvmsg(fd, data[:], control[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
			if err != nil {
				return
			}
			if !isRefusal(control[:n]) {
				continue
			}
			u.stats.refused.Add(1)
			if a, ok := fromSockaddr(to); ok {
				u.refusals.Add(a)
			}
		}
	})
}

func isRefusal(control []byte) bool {
	msgs, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return false
	}
	for _, m := range msgs {
		v4 := m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_RECVERR
		v6 := m.Header.Level == unix.SOL_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if (v4 || v6) && len(m.Data) >= 4 {
			return binary.NativeEndian.Uint32(m.Data) == uint32(unix.ECONNREFUSED)
		}
	}
	return false
}

func fromSockaddr(sa unix.Sockaddr) (netip.AddrPort, bool) {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), true
	case *unix.SockaddrInet6:
		return unmap(netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))), true
	}
	return netip.AddrPort{}, false
}
