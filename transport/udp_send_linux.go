//go:build linux && !lockstep_portable

package transport

// The way out on Linux. Datagrams that follow each other in a batch, go to one address and are of one length travel as one run: one
// message of the system call, of which the kernel makes the datagrams. Nothing is copied on the way to the kernel.

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sendAttempts is how often one message is tried. The first send of a socket may meet EPERM, a full device ENOBUFS, and any
// send may be told of the fate of an earlier one (see errqueue_linux.go).
const sendAttempts = 3

// iovecs are the pieces of memory that all messages of one call point to. Datagrams that lie one after the other share one.
const iovecs = 1024

// udpOut is what Send's goroutine owns.
type udpOut struct {
	mmsg
	run     [maxBatch]run
	iov     [iovecs]unix.Iovec
	used    int // of iov
	control [maxBatch][segmentControl]byte

	// After a run was refused, its datagrams go out one by one. If one of them passes, the refusal was about the run.
	doubt                syscall.Errno
	doubtFrom, doubtUpTo int
}

// A run is the datagrams of one message: batch[first:first+count].
type run struct{ first, count, bytes int }

func (o *udpOut) init() {
	o.trap = unix.SYS_SENDMMSG
	o.call = o.do
}

func (b *udpBatch) send(u *UDP, batch []Datagram) error {
	o := &b.out
	o.doubt = 0
	for at := 0; at < len(batch); {
		next := o.prepare(u, batch, at, b.v6)
		again, err := b.flush(u)
		clear(o.iov[:o.used]) // nothing of the batch is kept
		if err != nil {
			return err
		}
		if at = next; again >= 0 {
			at = again
		}
	}
	runtime.KeepAlive(batch)
	return nil
}

// prepare makes messages of the datagrams from at on, as many as one call takes, and returns the first that is left.
func (o *udpOut) prepare(u *UDP, batch []Datagram, at int, v6 bool) int {
	o.from, o.upTo, o.used = 0, 0, 0
	segmenting := u.segmenting()
	for at < len(batch) && o.upTo < maxBatch && o.used < iovecs {
		d := &batch[at]
		i := o.upTo
		size := o.setName(i, d.Addr, v6)
		if size == 0 || len(d.Buf) == 0 {
			u.stats.sendErrors.Add(1) // no address of this socket's family, or nothing to send
			at++
			continue
		}
		r := run{first: at, count: 1}
		if doubted := o.doubt != 0 && at >= o.doubtFrom && at < o.doubtUpTo; segmenting && !doubted {
			r.count = min(runLength(batch[at:]), iovecs-o.used)
		}
		iov := o.used
		for j := range batch[at : at+r.count] {
			buf := batch[at+j].Buf
			r.bytes += len(buf)
			o.point(iov, buf)
		}
		h := &o.hdr[i].Hdr
		h.Name, h.Namelen = (*byte)(unsafe.Pointer(&o.name[i])), size
		h.Iov = &o.iov[iov]
		h.SetIovlen(o.used - iov)
		h.Control = nil
		h.SetControllen(0)
		if r.count > 1 {
			setSegment(&o.control[i], len(d.Buf))
			h.Control = &o.control[i][0]
			h.SetControllen(segmentControl)
		}
		o.run[i] = r
		o.upTo++
		at += r.count
	}
	return at
}

// point adds a buffer to the pieces of the message that begins at piece first: to the last piece if it lies right behind it.
func (o *udpOut) point(first int, buf []byte) {
	if o.used > first {
		last := &o.iov[o.used-1]
		if uintptr(unsafe.Pointer(last.Base))+uintptr(last.Len) == uintptr(unsafe.Pointer(&buf[0])) {
			last.SetLen(int(last.Len) + len(buf))
			return
		}
	}
	o.iov[o.used].Base = &buf[0]
	o.iov[o.used].SetLen(len(buf))
	o.used++
}

// flush sends what was prepared. If a run is refused, it returns where to begin again, else -1.
func (b *udpBatch) flush(u *UDP) (again int, err error) {
	o := &b.out
	attempt := 0
	for o.from < o.upTo {
		if err := b.socket.with(o.call); err != nil {
			return -1, err
		}
		u.stats.sendCalls.Add(1)
		if o.errno == 0 {
			o.sent(u)
			if o.from < o.upTo {
				b.readErrors(u) // the call stopped early at an error and swallowed it
			}
			attempt = 0
			continue
		}
		b.readErrors(u)
		attempt++
		r := o.run[o.from]
		if attempt > 1 && r.count > 1 && refusesOffload(o.errno) {
			o.doubt, o.doubtFrom, o.doubtUpTo = o.errno, r.first, r.first+r.count
			return r.first, nil
		}
		if attempt == sendAttempts {
			u.stats.sendErrors.Add(uint64(r.count))
			o.from++
			attempt = 0
		}
	}
	return -1, nil
}

// sent counts the messages that the last call took.
func (o *udpOut) sent(u *UDP) {
	var datagrams, bytes, segments uint64
	for i := o.from; i < o.from+o.n; i++ {
		r := &o.run[i]
		datagrams += uint64(r.count)
		bytes += uint64(r.bytes)
		if r.count > 1 {
			segments += uint64(r.count)
		}
		if o.doubt != 0 && r.first >= o.doubtFrom && r.first < o.doubtUpTo {
			u.offload.giveUp(&u.offload.segment, fmt.Sprintf("the kernel refused a run of datagrams and took them singly: %v", o.doubt))
			o.doubt = 0
		}
	}
	u.stats.out.Add(datagrams)
	u.stats.bytesOut.Add(bytes)
	u.stats.segmentsOut.Add(segments)
	o.from += o.n
}
