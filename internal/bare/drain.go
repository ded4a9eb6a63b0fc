//go:build linux

package main

// drain: whatever comes, as fast as it can be taken.

import (
	"time"

	"golang.org/x/sys/unix"
)

// drain counts from the first datagram to the last, or to the end of the time.
func drain(o options) (r result, err error) {
	fd, err := open(o.listen, 100*time.Millisecond)
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
	bytes := 0
	var first, last time.Time
	for end := time.Now().Add(o.runFor); time.Now().Before(end); {
		k, err := b.call(unix.SYS_RECVMMSG, fd, unix.MSG_WAITFORONE)
		if again(err) {
			continue
		}
		if err != nil {
			return r, err
		}
		last = time.Now()
		if first.IsZero() {
			first = last // what came with the first call waited for an unknown time: it does not count
			continue
		}
		for i := range k {
			bytes += int(b.headers[i].n)
		}
	}
	return rate(bytes/o.size, o.size, last.Sub(first)), nil
}
