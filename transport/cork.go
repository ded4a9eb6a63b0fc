package transport

// The cork: what TLS writes of one Write leaves together. TLS cuts it into records of 16 KiB at most and would hand the kernel each by
// itself, which wakes the reader for each.

import (
	"crypto/tls"
	"net"
	"sync"
)

// corkMost is how many bytes of a Write leave together at most.
const corkMost = 128 << 10

// A corked connection keeps what is written to it while on is set.
type corked struct {
	net.Conn

	mu   sync.Mutex // of what follows, and of writes
	on   bool
	held []byte
	err  error // of a write after which bytes are missing
}

func (c *corked) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.err != nil:
		return 0, c.err
	case c.on:
		c.held = append(c.held, p...)
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// cork has writes kept, or what was kept written.
func (c *corked) cork(on bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.on = on; !on && len(c.held) > 0 && c.err == nil {
		_, c.err = c.Conn.Write(c.held)
		c.held = c.held[:0]
	}
	return c.err
}

// A stream is a secure connection over a corked one.
type stream struct {
	*tls.Conn
	raw *corked

	one sync.Mutex // held while a Write's pieces leave

	mu      sync.Mutex // of what follows
	writing int        // calls of Write
	closed  bool
}

// Write is that of net.Conn.
func (s *stream) Write(p []byte) (n int, err error) {
	if !s.begin() {
		return 0, net.ErrClosed
	}
	defer s.end()
	s.one.Lock()
	defer s.one.Unlock()
	for {
		piece := p[n:min(len(p), n+corkMost)]
		_ = s.raw.cork(true) // what is wrong with it the write says
		k, err := s.Conn.Write(piece)
		if flushed := s.raw.cork(false); err == nil {
			err = flushed
		}
		if err != nil {
			return n, err
		}
		if n += k; n == len(p) {
			return n, nil
		}
	}
}

// Close is that of net.Conn. It says goodbye to the peer unless a Write is in progress: that one may wait for a peer that reads
// nothing, has the connection below to itself, and ends with an error. It is what tls.Conn does, which knows of its own part of a Write
// only, and not of the cork's.
func (s *stream) Close() error {
	s.mu.Lock()
	closed, writing := s.closed, s.writing > 0
	s.closed = true
	s.mu.Unlock()
	switch {
	case closed:
		return net.ErrClosed
	case writing:
		return s.raw.Conn.Close()
	}
	return s.Conn.Close()
}

func (s *stream) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.writing++
	return true
}

func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing--
}
