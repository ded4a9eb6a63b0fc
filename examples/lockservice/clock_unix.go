//go:build unix

package main

// The clock that all processes of one host share.

import "golang.org/x/sys/unix"

// monotonic is CLOCK_MONOTONIC in nanoseconds: times taken in two processes of this host may be compared.
func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0 // cannot happen: the clock exists on every system this file is built for
	}
	return ts.Nano()
}
