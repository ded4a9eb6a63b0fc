//go:build linux

package main

// pass: one datagram goes round, from each process to the next.

import (
	"errors"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// passSize is the datagram's size, in bytes: about that of a token.
	passSize = 100
	// lost is after how long a round is taken for lost and begun again.
	lost = 200 * time.Millisecond
)

// pass hands on what comes until the time is over. The first begins each round and measures it.
func pass(o options) (r result, err error) {
	patience := o.runFor + time.Second
	if o.first {
		patience = lost
	}
	fd, err := open(o.listen, patience)
	if err != nil {
		return r, err
	}
	defer unix.Close(fd)
	next := sockaddr(o.next)
	b := make([]byte, passSize)
	if !o.first {
		return r, handOn(fd, next, b, time.Now().Add(patience))
	}
	var rounds []time.Duration
	for end := time.Now().Add(o.runFor); time.Now().Before(end); {
		time.Sleep(o.pause)
		at := time.Now()
		if err := unix.Sendto(fd, b, 0, next); err != nil && !errors.Is(err, unix.ECONNREFUSED) {
			return r, err
		}
		switch _, _, err := unix.Recvfrom(fd, b, 0); {
		case err == nil:
			rounds = append(rounds, time.Since(at))
		case !again(err):
			return r, err
		}
	}
	return passed(rounds), nil
}

// handOn sends each datagram on, until the deadline or until none came for as long as the socket waits.
func handOn(fd int, next unix.Sockaddr, b []byte, deadline time.Time) error {
	for time.Now().Before(deadline) {
		n, _, err := unix.Recvfrom(fd, b, 0)
		if again(err) {
			continue
		}
		if err == nil {
			err = unix.Sendto(fd, b[:n], 0, next)
		}
		if err != nil && !errors.Is(err, unix.ECONNREFUSED) {
			return err
		}
	}
	return nil
}

// again reports whether a read just had nothing to read, was interrupted, or was told that the receiver has not begun or has ended.
func again(err error) bool {
	return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) || errors.Is(err, unix.ECONNREFUSED)
}

// passed is what the rounds took.
func passed(rounds []time.Duration) result {
	r := result{N: len(rounds)}
	if r.N == 0 {
		return r
	}
	slices.Sort(rounds)
	at := func(percent int) float64 {
		return float64(rounds[max(0, (r.N*percent+99)/100-1)]) / float64(time.Microsecond)
	}
	r.P50, r.P99 = at(50), at(99)
	return r
}
