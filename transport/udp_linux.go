//go:build linux && !lockstep_portable

package transport

// UDP on Linux: a visit's datagrams to all members in one system call, and all that has arrived in another. package net has no
// batches, and those of x/net allocate an address for every datagram, so the two calls are made here.
//
// udp_send_linux.go has the way out, udp_receive_linux.go the way in, offload_linux.go what makes both fast.

import (
	"errors"

	"golang.org/x/sys/unix"
)

// udpBatch is the Linux half of a UDP.
type udpBatch struct {
	socket socket
	v6     bool // the socket is an IPv6 one: IPv4 addresses are mapped on it
	out    udpOut
	in     udpIn
}

func (b *udpBatch) open(u *UDP, noOffload bool) error {
	if err := b.socket.take(u.conn); err != nil {
		return err
	}
	var domain int
	var err error
	control := b.socket.with(func(fd int) {
		domain, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
		// These only make the counts richer; a kernel without them serves as well.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
		wantErrors(fd, domain)
		neverFragment(fd, domain)
		u.openOffload(fd, noOffload)
	})
	b.v6 = domain == unix.AF_INET6
	b.out.init()
	b.in.init(u.offload.on(&u.offload.coalesce))
	return errors.Join(control, err)
}

// close closes the socket, whoever waits in it.
func (b *udpBatch) close(u *UDP) error {
	b.socket.close()
	_ = u.conn.Close() // it is closed already, but where open failed
	return nil
}

func (u *UDP) sizeBuffers(read, write int) {
	raw, err := u.conn.SyscallConn()
	if err != nil {
		return
	}
	// Less than wanted is no error: without CAP_NET_ADMIN the kernel's limits hold.
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, read)
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, read)
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF, write)
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, write)
	})
}

// neverFragment has datagrams go out whole or not at all, whatever somebody said of the path: how large they may be is found out by
// probes that are sealed (see path.go), and fragments would be lost one by one.
func neverFragment(fd, domain int) {
	_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)
	if domain == unix.AF_INET6 {
		_ = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_PROBE)
	}
}
