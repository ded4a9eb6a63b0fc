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

	mu sync.Mutex // held while a Write's pieces leave
}

// Write is that of net.Conn.
func (s *stream) Write(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
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
