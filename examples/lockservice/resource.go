package main

// A fake of what locks are for: something outside the group that only one client at a time may touch. It protects itself against
// those who believe in a lock that has passed on, by remembering the greatest fence it has seen.

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
)

// A resource serves clients of all processes over TCP, a line for a line: "LOCK FENCE" is answered by "ok", or by "stale" where
// a greater fence was there before. Answers come in the order of the questions, and nobody has to wait for one before the next question.
type resource struct {
	listener net.Listener
	conns    sync.WaitGroup

	mu      sync.Mutex
	open    map[net.Conn]struct{}
	closed  bool
	seen    map[string]uint64
	taken   int
	refused int
}

// newResource starts a resource on a free port of the loopback; close ends it.
func newResource() (*resource, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("resource: %w", err)
	}
	r := &resource{listener: l, open: map[net.Conn]struct{}{}, seen: map[string]uint64{}}
	r.conns.Go(r.serve)
	return r, nil
}

func (r *resource) addr() string { return r.listener.Addr().String() }

func (r *resource) serve() {
	for {
		c, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		if r.closed {
			r.mu.Unlock()
			c.Close()
			return
		}
		r.open[c] = struct{}{}
		r.mu.Unlock()
		r.conns.Go(func() { r.talk(c) })
	}
}

func (r *resource) talk(c net.Conn) {
	defer c.Close()
	lines, answers := bufio.NewReader(c), bufio.NewWriter(c)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return
		}
		lock, text, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
		fence, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return
		}
		answer := "stale\n"
		if r.use(lock, fence) {
			answer = "ok\n"
		}
		answers.WriteString(answer) // an error stays until Flush
		if lines.Buffered() == 0 && answers.Flush() != nil {
			return
		}
	}
}

// use is one touch under a fence. It is false if a greater fence was used before: the holder's lock has passed on.
func (r *resource) use(lock string, fence uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if fence < r.seen[lock] {
		r.refused++
		return false
	}
	r.seen[lock] = fence
	r.taken++
	return true
}

// counts says how often the resource was used, and how often it refused.
func (r *resource) counts() (taken, refused int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken, r.refused
}

func (r *resource) close() {
	r.listener.Close()
	r.mu.Lock()
	r.closed = true
	for c := range r.open {
		c.Close()
	}
	r.mu.Unlock()
	r.conns.Wait()
}
