//go:build linux

package main

// pass: one datagram goes round, from each process to the next.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// passSize is the datagram's size, in bytes: about that of a token.
	passSize = 100
	// lost is after how long a round is taken for lost and begun again.
	lost = 200 * time.Millisecond
	// beginning is how long all processes may take to be there.
	beginning = 10 * time.Second
	// over is after how long without a datagram those that hand on take it that the first has ended.
	over = 500 * time.Millisecond
)

var errNobody = errors.New("no datagram came round")

// pass hands on what comes until nothing does any more. The first begins each round and measures it.
func pass(o options) (r result, err error) {
	begin := open
	if o.net {
		begin = openNet
	} else {
		runtime.LockOSThread() // one thread does all: no scheduler between two system calls
	}
	s, err := begin(o)
	if err != nil {
		return r, err
	}
	defer s.close()
	if !o.first {
		return r, handOn(s)
	}
	return rounds(s, o)
}

// A passer is a socket that sends to the next and waits for a while for what comes.
type passer interface {
	// send sends the bytes to the next process.
	send(b []byte) error
	// receive waits for a datagram, no longer than patience said; false: none came.
	receive(b []byte) (n int, ok bool, err error)
	// patience says how long receive waits from now on.
	patience(d time.Duration) error
	close()
}

// handOn sends each datagram on.
func handOn(s passer) error {
	b := make([]byte, passSize)
	if err := s.patience(beginning); err != nil {
		return err
	}
	for first := true; ; first = false {
		n, ok, err := s.receive(b)
		if err != nil || !ok {
			return err
		}
		if first {
			if err := s.patience(over); err != nil {
				return err
			}
		}
		if err := s.send(b[:n]); err != nil {
			return err
		}
	}
}

// rounds begins each round and measures it, from when the first one came back.
func rounds(s passer, o options) (r result, err error) {
	if err := s.patience(lost); err != nil {
		return r, err
	}
	out, back := make([]byte, passSize), make([]byte, passSize)
	number := uint64(0)
	round := func() (time.Duration, bool, error) {
		number++
		binary.BigEndian.PutUint64(out, number)
		at := time.Now()
		if err := s.send(out); err != nil {
			return 0, false, err
		}
		_, ok, err := matching(s, out, back)
		return time.Since(at), ok, err
	}
	for deadline, there := time.Now().Add(beginning), false; !there; {
		if _, there, err = round(); err != nil {
			return r, err
		}
		if !there && time.Now().After(deadline) {
			return r, errNobody
		}
	}
	var all []time.Duration
	for end := time.Now().Add(o.runFor); time.Now().Before(end); {
		time.Sleep(o.pause)
		took, ok, err := round()
		if err != nil {
			return r, err
		}
		if ok {
			all = append(all, took)
		}
	}
	return passed(all), nil
}

// matching receives the datagram that was sent. One that was taken for lost and comes late belongs to another round.
func matching(s passer, sent, b []byte) (n int, ok bool, err error) {
	for {
		n, ok, err = s.receive(b)
		if !ok || err != nil || bytes.Equal(b[:n], sent) {
			return n, ok, err
		}
	}
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

// A callPasser makes the system calls itself.
type callPasser struct {
	fd   int
	next unix.Sockaddr
}

func open(o options) (passer, error) {
	fd, err := openSocket(o.listen)
	return callPasser{fd, sockaddr(o.next)}, err
}

func (s callPasser) send(b []byte) error { return unix.Sendto(s.fd, b, 0, s.next) }

func (s callPasser) receive(b []byte) (n int, ok bool, err error) {
	for {
		n, _, err = unix.Recvfrom(s.fd, b, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return 0, false, nil
		}
		return n, err == nil, err
	}
}

func (s callPasser) patience(d time.Duration) error { return setPatience(s.fd, d) }

func (s callPasser) close() { _ = unix.Close(s.fd) }
