//go:build linux

package main

// flood: the same bytes to all receivers, as fast as the kernel takes them.

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// flood counts what went to one receiver.
func flood(o options) (r result, err error) {
	fd, err := openSocket(o.listen)
	if err != nil {
		return r, err
	}
	defer unix.Close(fd)
	n := batchSize
	if o.segments > 1 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_SEGMENT, o.size); err != nil {
			return r, err
		}
		n = len(o.to)
	}
	b := newBatch(n, o.size*o.segments)
	for i := range n {
		b.address(i, o.to[i%len(o.to)])
	}
	sent := 0
	start := time.Now()
	for time.Since(start) < o.runFor {
		k, err := b.call(unix.SYS_SENDMMSG, fd, 0)
		switch {
		case errors.Is(err, unix.ECONNREFUSED), errors.Is(err, unix.EINTR): // a receiver is not there yet, or not any more
		case err != nil:
			return r, err
		}
		sent += k
	}
	return rate(sent*o.segments/len(o.to), o.size, time.Since(start)), nil
}

// rate is so many datagrams or segments in a time, to one receiver.
func rate(n, size int, took time.Duration) (r result) {
	if took > 0 {
		r.PerSecond = float64(n) / took.Seconds()
		r.Megabytes = r.PerSecond * float64(size) / 1e6
	}
	return r
}
