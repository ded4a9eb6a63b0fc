//go:build linux && !lockstep_portable

package transport

// UDP on Linux: up to 64 datagrams in one system call, each way. package net has no batches, and those of x/net allocate an
// address for every datagram, so the two calls are made here.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sendAttempts is how often one datagram is tried. The first send of a socket may meet EPERM, a full device ENOBUFS, and any
// send may be told of the fate of an earlier one (see errqueue_linux.go).
const sendAttempts = 3

// maxFailures is how often in a row a receive may fail before the socket is given up.
const maxFailures = 1000

// controlSize holds the one control message that is asked for: the count of datagrams the full queue dropped.
const controlSize = 32

// udpBatch is the Linux half of a UDP. tx belongs to Send's goroutine, rx to Receive's.
type udpBatch struct {
	raw syscall.RawConn
	v6  bool // the socket is an IPv6 one: IPv4 addresses are mapped on it
	tx  mmsg
	rx  mmsg
	// in is scratch of Receive's goroutine.
	control   [maxBatch][controlSize]byte
	lastDrops uint32
}

// mmsg is the argument and the result of one sendmmsg or recvmmsg. It lives on the heap for the socket's life, since the
// kernel is given pointers into it.
type mmsg struct {
	hdr   [maxBatch]unix.Mmsghdr
	iov   [maxBatch]unix.Iovec
	name  [maxBatch]unix.RawSockaddrInet6
	trap  uintptr // unix.SYS_SENDMMSG or unix.SYS_RECVMMSG
	from  int     // the first header to use
	upTo  int     // one past the last
	n     int     // how many the call did
	errno syscall.Errno
	call  func(fd uintptr) bool // do, bound once so that no call allocates
	zones zoneCache
}

func (b *udpBatch) open(u *UDP) error {
	raw, err := u.conn.SyscallConn()
	if err != nil {
		return err
	}
	b.raw, b.tx.trap, b.rx.trap = raw, unix.SYS_SENDMMSG, unix.SYS_RECVMMSG
	b.tx.call, b.rx.call = b.tx.do, b.rx.do
	var domain int
	control := raw.Control(func(fd uintptr) {
		domain, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
		// These two only make the counts richer; a kernel without them serves as well.
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
		wantErrors(int(fd), domain)
	})
	b.v6 = domain == unix.AF_INET6
	return errors.Join(control, err)
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

// do is the system call. It reports false when the socket was not ready, which makes the runtime's poller wait for it.
func (m *mmsg) do(fd uintptr) bool {
	for {
		n, _, errno := unix.Syscall6(m.trap, fd, uintptr(unsafe.Pointer(&m.hdr[m.from])), uintptr(m.upTo-m.from), unix.MSG_DONTWAIT, 0, 0)
		if errno == unix.EINTR {
			continue
		}
		m.n, m.errno = int(n), errno
		return errno != unix.EAGAIN
	}
}

func (b *udpBatch) send(u *UDP, batch []Datagram) error {
	for len(batch) > 0 {
		k := min(len(batch), maxBatch)
		err := b.sendSome(u, batch[:k])
		if err != nil {
			return err
		}
		batch = batch[k:]
	}
	return nil
}

func (b *udpBatch) sendSome(u *UDP, batch []Datagram) error {
	m := &b.tx
	count := 0
	for i := range batch {
		buf := batch[i].Buf
		size := m.setName(count, batch[i].Addr, b.v6)
		if size == 0 || len(buf) == 0 {
			u.stats.sendErrors.Add(1) // no address of this socket's family, or nothing to send
			continue
		}
		m.iov[count].Base = &buf[0]
		m.iov[count].SetLen(len(buf))
		h := &m.hdr[count].Hdr
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&m.name[count])), size
		h.Iov = &m.iov[count]
		h.SetIovlen(1)
		count++
	}
	defer clear(m.iov[:count]) // nothing of the batch is kept
	attempt := 0
	for m.from, m.upTo = 0, count; m.from < count; {
		if err := b.raw.Write(m.call); err != nil {
			return net.ErrClosed
		}
		if m.errno == 0 {
			for i := m.from; i < m.from+m.n; i++ {
				u.stats.out.Add(1)
				u.stats.bytesOut.Add(uint64(m.iov[i].Len))
			}
			if m.from += m.n; m.from < count {
				b.readErrors(u) // the call stopped early at an error and swallowed it
			}
			attempt = 0
			continue
		}
		b.readErrors(u)
		if attempt++; attempt == sendAttempts {
			u.stats.sendErrors.Add(1)
			m.from++
			attempt = 0
		}
	}
	return nil
}

func (b *udpBatch) receive(u *UDP, batch []Datagram) (int, error) {
	m := &b.rx
	batch = batch[:min(len(batch), maxBatch)]
	failures := 0
	for {
		for i := range batch {
			buf := room(batch[i].Buf)
			batch[i].Buf = buf
			m.iov[i].Base = &buf[0]
			m.iov[i].SetLen(len(buf))
			h := &m.hdr[i].Hdr
			h.Name, h.Namelen = (*byte)(unsafe.Pointer(&m.name[i])), unix.SizeofSockaddrInet6
			h.Iov, h.Control = &m.iov[i], &b.control[i][0]
			h.SetIovlen(1)
			h.SetControllen(controlSize)
		}
		m.from, m.upTo = 0, len(batch)
		err := b.raw.Read(m.call)
		clear(m.iov[:len(batch)])
		if err != nil {
			return 0, net.ErrClosed
		}
		if m.errno != 0 {
			// The socket's error is of some datagram sent earlier, or the kernel lacks memory for a moment.
			b.readErrors(u)
			if failures++; failures == maxFailures {
				return 0, fmt.Errorf("receive on %s: %w", u.addr, m.errno)
			}
			continue
		}
		failures = 0
		if n := b.take(u, batch[:m.n]); n > 0 {
			return n, nil
		}
	}
}

// take turns what the kernel wrote into datagrams, the kept ones first.
func (b *udpBatch) take(u *UDP, batch []Datagram) int {
	m, kept := &b.rx, 0
	for i := range batch {
		b.countDrops(u, i)
		n := int(m.hdr[i].Len)
		if n > MaxDatagram {
			u.stats.truncated.Add(1)
			continue
		}
		u.stats.in.Add(1)
		u.stats.bytesIn.Add(uint64(n))
		batch[i].Addr = m.addr(i)
		batch[i].Buf = batch[i].Buf[:n]
		batch[kept], batch[i] = batch[i], batch[kept]
		kept++
	}
	return kept
}

// countDrops reads the kernel's running count of datagrams that found the queue full. It comes with a datagram once it is
// not zero, and wraps at 32 bits.
func (b *udpBatch) countDrops(u *UDP, i int) {
	if int(b.rx.hdr[i].Hdr.Controllen) < unix.CmsgLen(4) {
		return
	}
	c := (*unix.Cmsghdr)(unsafe.Pointer(&b.control[i][0]))
	if c.Level != unix.SOL_SOCKET || c.Type != unix.SO_RXQ_OVFL {
		return
	}
	now := binary.NativeEndian.Uint32(b.control[i][unix.CmsgLen(0):])
	u.stats.kernelDrops.Add(uint64(now - b.lastDrops))
	b.lastDrops = now
}

// setName writes the socket address of a and returns its length, 0 if the socket cannot reach that family.
func (m *mmsg) setName(i int, a netip.AddrPort, v6 bool) uint32 {
	ip := a.Addr()
	sa := &m.name[i]
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:], a.Port())
	switch {
	case !ip.IsValid():
		return 0
	case v6:
		sa.Family, sa.Flowinfo, sa.Addr, sa.Scope_id = unix.AF_INET6, 0, ip.As16(), 0
		if zone := ip.Zone(); zone != "" {
			sa.Scope_id = m.zones.index(zone)
		}
		return unix.SizeofSockaddrInet6
	case ip.Unmap().Is4():
		in4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		in4.Family, in4.Addr = unix.AF_INET, ip.Unmap().As4()
		return unix.SizeofSockaddrInet4
	}
	return 0
}

// addr is the source address the kernel wrote.
func (m *mmsg) addr(i int) netip.AddrPort {
	sa := &m.name[i]
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:])
	if sa.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(sa)).Addr), port)
	}
	ip := netip.AddrFrom16(sa.Addr).Unmap()
	if sa.Scope_id != 0 && ip.Is6() {
		ip = ip.WithZone(m.zones.name(sa.Scope_id))
	}
	return netip.AddrPortFrom(ip, port)
}
