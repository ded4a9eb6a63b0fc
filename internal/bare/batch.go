//go:build linux

package main

// Many datagrams in one system call.

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// batchSize is how many datagrams go in one system call.
	batchSize = 64
	// segmentsMost is the most bytes that the kernel takes at once to cut into segments.
	segmentsMost = 65507
	// roomEach is for one datagram that is received, put together or not.
	roomEach = 1 << 16
)

// A header is the kernel's struct mmsghdr.
type header struct {
	msg unix.Msghdr
	n   uint32
	_   [4]byte
}

// A batch is the argument of sendmmsg and recvmmsg. Everything in it lies on the heap and stays where it is.
type batch struct {
	headers []header
	vectors []unix.Iovec
	names   []unix.RawSockaddrInet4
	data    [][]byte
}

func newBatch(n, room int) *batch {
	b := &batch{
		headers: make([]header, n), vectors: make([]unix.Iovec, n), names: make([]unix.RawSockaddrInet4, n),
		data: make([][]byte, n),
	}
	for i := range b.headers {
		b.data[i] = make([]byte, room)
		b.vectors[i].Base = &b.data[i][0]
		b.vectors[i].SetLen(room)
		b.headers[i].msg.Iov = &b.vectors[i]
		b.headers[i].msg.SetIovlen(1)
	}
	return b
}

// address sets where datagram i goes.
func (b *batch) address(i int, a netip.AddrPort) {
	b.names[i] = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: a.Addr().As4()}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&b.names[i].Port))[:], a.Port())
	b.headers[i].msg.Name = (*byte)(unsafe.Pointer(&b.names[i]))
	b.headers[i].msg.Namelen = unix.SizeofSockaddrInet4
}

// call makes one of the two system calls and returns how many datagrams went or came.
func (b *batch) call(trap uintptr, fd, flags int) (int, error) {
	n, _, errno := unix.Syscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(&b.headers[0])), uintptr(len(b.headers)), uintptr(flags), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
