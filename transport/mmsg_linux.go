//go:build linux && !lockstep_portable

package transport

// One sendmmsg or recvmmsg: its arguments, its result, and the addresses in the kernel's form.

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsg is the argument and the result of one sendmmsg or recvmmsg. It lives on the heap for the socket's life, since the
// kernel is given pointers into it.
type mmsg struct {
	hdr   [maxBatch]unix.Mmsghdr
	name  [maxBatch]unix.RawSockaddrInet6
	trap  uintptr // unix.SYS_SENDMMSG or unix.SYS_RECVMMSG
	flags uintptr
	from  int // the first header to use
	upTo  int // one past the last
	n     int // how many the call did
	errno syscall.Errno
	call  func(fd int) // do, bound once so that no call allocates
	zones zoneCache
}

// do is the system call. It waits until the socket is ready for at least one message, for as long as the socket's patience lasts; then
// errno is EAGAIN.
func (m *mmsg) do(fd int) {
	for {
		n, _, errno := unix.Syscall6(m.trap, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr[m.from])), uintptr(m.upTo-m.from), m.flags, 0, 0)
		if errno == unix.EINTR {
			continue
		}
		m.n, m.errno = int(n), errno
		return
	}
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

// putCmsghdr writes a control message's header.
func putCmsghdr(control []byte, h *unix.Cmsghdr) {
	copy(control, unsafe.Slice((*byte)(unsafe.Pointer(h)), unix.SizeofCmsghdr))
}

// getCmsghdr reads one; control is at least as long.
func getCmsghdr(control []byte) (length int, level, kind int32) {
	var h unix.Cmsghdr
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&h)), unix.SizeofCmsghdr), control)
	if uint64(h.Len) > uint64(len(control)) {
		return len(control) + 1, 0, 0
	}
	return int(h.Len), h.Level, h.Type
}
