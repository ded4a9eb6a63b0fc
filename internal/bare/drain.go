//go:build linux

package main

// drain: whatever comes, as fast as it can be taken.

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// drain waits for the first datagram and counts from there to the last: until none comes any more, or the time is over.
func drain(o options) (r result, err error) {
	fd, err := openSocket(o.listen)
	if err != nil {
		return r, err
	}
	defer unix.Close(fd)
	b := newBatch(batchSize, roomEach)
	if o.gro {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_GRO, 1); err != nil {
			return r, err
		}
	}
	if err := setPatience(fd, beginning); err != nil {
		return r, err
	}
	bytes := 0
	var first, last time.Time
	for first.IsZero() || last.Sub(first) < o.runFor {
		k, err := b.call(unix.SYS_RECVMMSG, fd, unix.MSG_WAITFORONE)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if err != nil {
			return r, err
		}
		last = time.Now()
		if first.IsZero() {
			// What came with the first call waited for an unknown time: it does not count.
			first = last
			if err := setPatience(fd, over); err != nil {
				return r, err
			}
			continue
		}
		for i := range k {
			bytes += int(b.headers[i].n)
		}
	}
	return rate(bytes/o.size, o.size, last.Sub(first)), nil
}
