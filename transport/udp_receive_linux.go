//go:build linux && !lockstep_portable

package transport

// The way in on Linux. All slots of one slab are offered to the kernel in one call; what it joined is cut again here, without a copy.
// The slab is the socket's for its life: what Receive returns points into it until the next Receive.

import (
	"fmt"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxFailures is how often in a row a receive may fail before the socket is given up.
const maxFailures = 1000

// The next packet is waited for in the system call when so many have come, each so soon after the one before.
const (
	lively    = 4
	livelyGap = 10 * time.Millisecond
)

const (
	joinedSlots = 16      // slots of a socket on which the kernel joins datagrams
	joinedSize  = 1 << 16 // and their size: what no joined run exceeds
)

// udpIn is what Receive's goroutine owns.
type udpIn struct {
	mmsg
	slots   int
	size    int // of a slot
	slab    []byte
	iov     [maxBatch]unix.Iovec
	control [maxBatch][receiveControl]byte

	last time.Time // when a call last returned that received something
	row  int       // how many did since one was long after the one before

	got   int            // messages of the last call
	at    int            // the one being cut
	off   int            // how far it is cut
	step  int            // the length of its datagrams
	addr  netip.AddrPort // its source
	drops uint32         // the kernel's running count, as last seen
}

func (in *udpIn) init(coalesce bool) {
	in.trap = unix.SYS_RECVMMSG
	in.call = in.do
	in.slots, in.size = maxBatch, MaxDatagram+1 // one byte more tells a longer one
	if coalesce {
		in.slots, in.size = joinedSlots, joinedSize
	}
	in.slab = make([]byte, in.slots*in.size)
	for i := range in.slots {
		in.iov[i].Base = &in.slab[i*in.size]
		in.iov[i].SetLen(in.size)
		h := &in.hdr[i].Hdr
		h.Name, h.Iov, h.Control = (*byte)(unsafe.Pointer(&in.name[i])), &in.iov[i], &in.control[i][0]
		h.SetIovlen(1)
	}
	in.got, in.at = in.slots, in.slots // nothing is left to cut, and all headers are to be made ready
}

func (b *udpBatch) receive(u *UDP, batch []Datagram) (int, error) {
	in := &b.in
	failures := 0
	for {
		if n := in.take(u, batch); n > 0 {
			return n, nil
		}
		for i := range in.got { // the kernel wrote over these
			h := &in.hdr[i].Hdr
			h.Namelen = unix.SizeofSockaddrInet6
			h.SetControllen(receiveControl)
		}
		in.from, in.upTo, in.got, in.at, in.off = 0, in.slots, 0, 0, 0
		if in.flags = unix.MSG_WAITFORONE; in.row < lively {
			in.flags = unix.MSG_DONTWAIT
		}
		if err := b.socket.with(in.call); err != nil {
			return 0, err
		}
		if !b.socket.open.Load() {
			return 0, net.ErrClosed
		}
		if in.errno == unix.EAGAIN {
			b.socket.rest()
			in.got, in.at = in.slots, in.slots
			continue
		}
		u.stats.receiveCalls.Add(1)
		if in.errno != 0 {
			// The socket's error is of some datagram sent earlier, or the kernel lacks memory for a moment.
			b.readErrors(u)
			if failures++; failures == maxFailures {
				return 0, fmt.Errorf("receive on %s: %w", u.addr, in.errno)
			}
			in.got, in.at = in.slots, in.slots
			continue
		}
		failures = 0
		in.got = in.n
		if now := time.Now(); now.Sub(in.last) > livelyGap {
			in.last, in.row = now, 0
		} else {
			in.last, in.row = now, in.row+1
		}
	}
}

// take cuts what the kernel wrote into datagrams, until the batch is full or nothing is left.
func (in *udpIn) take(u *UDP, batch []Datagram) (kept int) {
	var bytes, joined, truncated uint64
	for kept < len(batch) && in.at < in.got {
		n := int(in.hdr[in.at].Len)
		if in.off == 0 {
			in.begin(u, n)
		}
		start := in.at*in.size + in.off
		k := min(in.step, n-in.off)
		if k > MaxDatagram {
			truncated++
		} else {
			d := &batch[kept]
			d.Addr, d.Buf, d.joined = in.addr, in.slab[start:start+k:start+k], in.step < n
			if kept++; d.joined {
				joined++
			}
			bytes += uint64(k)
		}
		if in.off += k; in.off >= n {
			in.at, in.off = in.at+1, 0
		}
	}
	u.stats.in.Add(uint64(kept))
	u.stats.bytesIn.Add(bytes)
	if joined > 0 {
		u.stats.segmentsIn.Add(joined)
	}
	if truncated > 0 {
		u.stats.truncated.Add(truncated)
	}
	return kept
}

// begin reads what came with the message. The kernel's count of datagrams that found the queue full comes once it is not zero, and
// wraps at 32 bits.
func (in *udpIn) begin(u *UDP, n int) {
	control := in.control[in.at][:min(receiveControl, int(in.hdr[in.at].Hdr.Controllen))]
	step, drops, counted := parseControl(control, n)
	in.step, in.addr = step, in.mmsg.addr(in.at)
	if counted {
		u.stats.kernelDrops.Add(uint64(drops - in.drops))
		in.drops = drops
	}
}
