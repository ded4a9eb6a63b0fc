package memnet

// A stream: two pipes between two members, each with a bound, which stall while the way is cut and break when an end is killed.

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// pipeSize is how many bytes a pipe holds that were written and not yet read.
const pipeSize = 256 << 10

// A session is what the two ends of a stream share. Its lock is never held while the network's is taken, nor while anyone waits.
type session struct {
	mu      sync.Mutex
	changed chan struct{} // closed and made anew at every change of a pipe or an end
}

// announce wakes all who wait on either end. The lock is held.
func (x *session) announce() {
	close(x.changed)
	x.changed = make(chan struct{})
}

// A pipe carries bytes one way. It is guarded by its session's lock.
type pipe struct {
	way     direction
	parts   []part
	size    int // bytes in parts
	ended   bool
	endDue  time.Time // when the end of the stream arrives
	broken  bool
	deadDue time.Time // when the news arrives that the writing end is dead
	unread  bool      // the reading end is closed: writing makes no sense
}

type part struct {
	data []byte
	due  time.Time
}

// A stream is one end. It implements net.Conn and has CloseWrite.
type stream struct {
	*session
	owner         *port
	local, remote netip.AddrPort
	in, out       *pipe
	closed        bool // by Close or by Kill of its owner
	reads, writes deadline
}

func newStreams(from, to *port, local netip.AddrPort) (near, far *stream) {
	x := &session{changed: make(chan struct{})}
	forth := &pipe{way: direction{from.addr, to.addr}}
	back := &pipe{way: direction{to.addr, from.addr}}
	near = &stream{session: x, owner: from, local: local, remote: to.addr, in: back, out: forth}
	far = &stream{session: x, owner: to, local: to.addr, remote: local, in: forth, out: back}
	return near, far
}

func (s *stream) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	return s.attempt("read", &s.reads, func(now time.Time, cut bool) (int, time.Duration, error) {
		return s.tryRead(b, now, cut)
	})
}

func (s *stream) Write(b []byte) (int, error) {
	written, delay := 0, s.owner.currentDelay()
	for {
		n, err := s.attempt("write", &s.writes, func(now time.Time, cut bool) (int, time.Duration, error) {
			return s.tryWrite(b[written:], now, delay, cut)
		})
		written += n
		if err != nil || written == len(b) {
			return written, err
		}
	}
}

// attempt calls try, under the session's lock, until it has done something, and waits between for whatever may matter. The
// argument cut says whether news from the other end is held up.
func (s *stream) attempt(op string, limit *deadline, try func(now time.Time, cut bool) (int, time.Duration, error)) (int, error) {
	for {
		now := time.Now()
		passed, left, moved := limit.look(now)
		if passed {
			return 0, s.fail(op, os.ErrDeadlineExceeded)
		}
		cut, healed := s.owner.net.watch(s.in.way)
		s.mu.Lock()
		n, wait, err := try(now, cut)
		changed := s.changed
		s.mu.Unlock()
		if err == io.EOF {
			return 0, io.EOF
		}
		if err != nil {
			return n, s.fail(op, err)
		}
		if n > 0 || wait < 0 {
			return n, nil
		}
		if left > 0 && (wait == 0 || left < wait) {
			wait = left
		}
		pause(wait, changed, healed, moved)
	}
}

// pause waits for a time (0: no bound) or for the first channel to close.
func pause(wait time.Duration, a, b, c <-chan struct{}) {
	var tick <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		tick = t.C
	}
	select {
	case <-a:
	case <-b:
	case <-c:
	case <-tick:
	}
}

// tryRead takes what has arrived, or says how long the next thing takes (0: unknown). The lock is held.
func (s *stream) tryRead(b []byte, now time.Time, cut bool) (n int, wait time.Duration, err error) {
	p := s.in
	switch {
	case s.closed:
		return 0, 0, net.ErrClosed
	case cut:
		return 0, 0, nil
	case p.broken && !p.deadDue.After(now):
		return 0, 0, syscall.ECONNRESET // what was on its way is lost with it
	}
	for n < len(b) && len(p.parts) > 0 && !p.parts[0].due.After(now) {
		k := copy(b[n:], p.parts[0].data)
		n += k
		p.size -= k
		if p.parts[0].data = p.parts[0].data[k:]; len(p.parts[0].data) == 0 {
			p.parts[0] = part{}
			p.parts = p.parts[1:]
		}
	}
	switch {
	case n > 0:
		s.announce() // there is room again
		return n, 0, nil
	case p.broken:
		return 0, p.deadDue.Sub(now), nil
	case len(p.parts) > 0:
		return 0, p.parts[0].due.Sub(now), nil
	case p.ended && !p.endDue.After(now):
		return 0, 0, io.EOF
	case p.ended:
		return 0, p.endDue.Sub(now), nil
	}
	return 0, 0, nil
}

// tryWrite puts in what there is room for. A wait below 0 means that there is nothing more to do. The lock is held.
func (s *stream) tryWrite(b []byte, now time.Time, delay time.Duration, cut bool) (n int, wait time.Duration, err error) {
	p := s.out
	switch {
	case s.closed:
		return 0, 0, net.ErrClosed
	case p.ended:
		return 0, 0, syscall.EPIPE
	case !cut && s.in.broken && !s.in.deadDue.After(now):
		return 0, 0, syscall.ECONNRESET
	case !cut && p.unread && !s.in.endDue.After(now):
		return 0, 0, syscall.EPIPE
	case len(b) == 0:
		return 0, -1, nil
	}
	n = min(len(b), pipeSize-p.size)
	if n == 0 {
		if s.in.broken {
			wait = s.in.deadDue.Sub(now)
		} else if p.unread {
			wait = s.in.endDue.Sub(now)
		}
		return 0, max(wait, 0), nil
	}
	due := now.Add(delay)
	if k := len(p.parts); k > 0 && p.parts[k-1].due.After(due) {
		due = p.parts[k-1].due
	}
	p.parts = append(p.parts, part{append([]byte(nil), b[:n]...), due})
	p.size += n
	s.announce()
	return n, 0, nil
}

// Close ends both directions. What was written still arrives.
func (s *stream) Close() error {
	delay := s.owner.currentDelay()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return s.fail("close", net.ErrClosed)
	}
	s.closed = true
	s.end(time.Now().Add(delay))
	s.in.unread, s.in.parts, s.in.size = true, nil, 0
	s.announce()
	s.mu.Unlock()
	s.owner.forget(s)
	return nil
}

// CloseWrite tells the reader at the other end that nothing more comes.
func (s *stream) CloseWrite() error {
	delay := s.owner.currentDelay()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.fail("close", net.ErrClosed)
	}
	s.end(time.Now().Add(delay))
	s.announce()
	return nil
}

func (s *stream) end(due time.Time) {
	if !s.out.ended {
		s.out.ended, s.out.endDue = true, due
	}
}

// die breaks the stream as the death of this end's process does.
func (s *stream) die() {
	delay := s.owner.currentDelay()
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		s.out.broken, s.out.deadDue = true, time.Now().Add(delay)
		s.in.parts, s.in.size = nil, 0
		s.announce()
	}
	s.mu.Unlock()
	s.owner.forget(s)
}

func (s *stream) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: "memnet", Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: err}
}

func (s *stream) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(s.local) }
func (s *stream) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(s.remote) }

func (s *stream) SetDeadline(t time.Time) error {
	s.reads.set(t)
	s.writes.set(t)
	return nil
}

func (s *stream) SetReadDeadline(t time.Time) error {
	s.reads.set(t)
	return nil
}

func (s *stream) SetWriteDeadline(t time.Time) error {
	s.writes.set(t)
	return nil
}
