package main

// A fake of what locks are for: something outside the group that only one client at a time may touch. It protects itself against
// those who believe in a lock that has passed on, by remembering the greatest fence it has seen.

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A resource serves clients of all processes over TCP, a line for a line: "LOCK FENCE" is answered by "ok", or by "stale" where
// a greater fence was there before.
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
	lines := bufio.NewScanner(c)
	lines.Buffer(nil, 1024)
	for lines.Scan() {
		lock, text, _ := strings.Cut(lines.Text(), " ")
		fence, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return
		}
		answer := "stale\n"
		if r.use(lock, fence) {
			answer = "ok\n"
		}
		if _, err := c.Write([]byte(answer)); err != nil {
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

// A resourceClient is a process's way to the resource: a few connections, of which each use takes one.
type resourceClient struct {
	idle chan *resourceConn
}

type resourceConn struct {
	net.Conn
	r *bufio.Reader
}

const (
	resourceConns   = 4
	resourceTimeout = 10 * time.Second
)

func dialResource(addr string) (*resourceClient, error) {
	rc := &resourceClient{idle: make(chan *resourceConn, resourceConns)}
	for range resourceConns {
		c, err := net.DialTimeout("tcp", addr, resourceTimeout)
		if err != nil {
			rc.close()
			return nil, fmt.Errorf("resource: %w", err)
		}
		rc.idle <- &resourceConn{c, bufio.NewReader(c)}
	}
	return rc, nil
}

// use touches the resource and reports whether it took the fence. It waits for a connection and for the answer.
func (rc *resourceClient) use(lock string, fence uint64) (ok bool, err error) {
	c := <-rc.idle
	defer func() { rc.idle <- c }()
	if err := c.SetDeadline(time.Now().Add(resourceTimeout)); err != nil {
		return false, fmt.Errorf("resource: %w", err)
	}
	if _, err := fmt.Fprintf(c, "%s %d\n", lock, fence); err != nil {
		return false, fmt.Errorf("resource: %w", err)
	}
	answer, err := c.r.ReadString('\n')
	switch {
	case err != nil:
		return false, fmt.Errorf("resource: %w", err)
	case answer == "ok\n":
		return true, nil
	case answer == "stale\n":
		return false, nil
	}
	return false, errors.New("resource: it answered " + strconv.Quote(answer))
}

// close ends the connections that nobody uses; call it when all users are done.
func (rc *resourceClient) close() {
	for {
		select {
		case c := <-rc.idle:
			c.Close()
		default:
			return
		}
	}
}
