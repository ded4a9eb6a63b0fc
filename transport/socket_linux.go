//go:build linux && !lockstep_portable

package transport

// The UDP socket's descriptor, which the runtime's poller does not know. There, each datagram that arrives alone would cost four more system
// calls and the wake-up of a goroutine, and each that leaves would wake a thread for nothing: a token's way through a member took
// twice as long. Instead a receive waits in its own system call, so Receive's goroutine keeps a thread, and Close shuts the socket
// down to get it back.

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// receivePatience is how long a receive waits in the kernel at a time. It then looks whether the socket was closed, should a kernel
	// not have woken it.
	receivePatience = time.Second
	// sendPatience is how long a send waits for room in the socket's buffer.
	sendPatience = 100 * time.Millisecond
)

// A socket is open from take to close. Its methods may be called from any goroutine.
type socket struct {
	fd   int
	open atomic.Bool
	use  sync.RWMutex // held for reading while the descriptor is used
}

// take makes the connection's descriptor the socket's own, and closes the connection.
func (s *socket) take(conn *net.UDPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	fd, failed := -1, error(nil)
	if err := raw.Control(func(old uintptr) { fd, failed = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) }); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	receive, send := unix.NsecToTimeval(int64(receivePatience)), unix.NsecToTimeval(int64(sendPatience))
	conn.Close() // out of the poller, which had made it non-blocking
	if err := errors.Join(
		unix.SetNonblock(fd, false),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &receive),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &send),
	); err != nil {
		unix.Close(fd)
		return err
	}
	s.fd = fd
	s.open.Store(true)
	return nil
}

// with calls f with the descriptor. The error is net.ErrClosed after close.
func (s *socket) with(f func(fd int)) error {
	s.use.RLock()
	defer s.use.RUnlock()
	if !s.open.Load() {
		return net.ErrClosed
	}
	f(s.fd)
	return nil
}

// close gets whoever waits in the kernel out of it, and closes the descriptor. The first call counts.
func (s *socket) close() {
	if !s.open.Swap(false) {
		return
	}
	// An unconnected socket cannot be shut down, says the kernel, and wakes who waits all the same.
	_ = unix.Shutdown(s.fd, unix.SHUT_RD)
	s.use.Lock()
	defer s.use.Unlock()
	unix.Close(s.fd)
}
