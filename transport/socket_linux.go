//go:build linux && !lockstep_portable

package transport

// The UDP socket's descriptor, which the runtime's poller does not know. There, each datagram that arrives alone would cost four more system
// calls and the wake-up of a goroutine, and each that leaves would wake a thread for nothing: a token's way through a member took
// twice as long. Instead a receive waits in its own system call, and Close shuts the socket down to get it back.
//
// Only while packets follow each other: a goroutine that stays in a system call keeps the runtime's watcher busy. When nothing has come for
// some time, Receive waits in the poller after all, through an epoll of its own, which is armed for one event and so costs
// nothing at other times.

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// receivePatience is how long a receive waits in the kernel. The runtime's watcher takes notice after 10 ms.
	receivePatience = 3 * time.Millisecond
	// sendPatience is how long a send waits for room in the socket's buffer.
	sendPatience = 100 * time.Millisecond
)

// A socket is open from take to close. Its methods may be called from any goroutine.
type socket struct {
	fd   int
	open atomic.Bool
	use  sync.RWMutex // held for reading while the descriptor is used

	epoll *os.File // knows the descriptor, and the poller knows it
	raw   syscall.RawConn
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
	if err := s.watch(fd); err != nil {
		unix.Close(fd)
		return err
	}
	s.fd = fd
	s.open.Store(true)
	return nil
}

// watch makes the epoll that rest uses.
func (s *socket) watch(fd int) error {
	e, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	err = errors.Join(unix.EpollCtl(e, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLONESHOT}), unix.SetNonblock(e, true))
	s.epoll = os.NewFile(uintptr(e), "epoll")
	if err == nil {
		s.raw, err = s.epoll.SyscallConn()
	}
	if err != nil {
		s.epoll.Close()
	}
	return err
}

// rest returns when there is something to receive, or after close. It is for Receive's goroutine.
func (s *socket) rest() {
	armed := false
	var event [1]unix.EpollEvent
	_ = s.raw.Read(func(e uintptr) bool {
		if !armed {
			armed = true
			if unix.EpollCtl(int(e), unix.EPOLL_CTL_MOD, s.fd, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLONESHOT}) != nil {
				return true
			}
		}
		n, err := unix.EpollWait(int(e), event[:], 0)
		return n != 0 || err != nil && !errors.Is(err, unix.EINTR) || !s.open.Load()
	})
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
	s.epoll.Close()
	s.use.Lock()
	defer s.use.Unlock()
	unix.Close(s.fd)
}
