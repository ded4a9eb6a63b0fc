//go:build linux

package lab

// A host: a network namespace with one interface, and a thread that lives in it.

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// ErrNoHosts is what a Network cannot be laid without: Linux namespaces, TUN devices, and the right to make them.
var ErrNoHosts = errors.New("no test hosts: they need Linux, root and /dev/net/tun")

// device is the name of the interface inside each namespace.
const device = "lab0"

// A Host is a network namespace. Its processes are started by Start. Any goroutine may use it.
type Host struct {
	// Addr is the host's address on the network.
	Addr netip.Addr

	do   chan func() // what the host's thread does next; closed by close
	port *os.File    // of a Network's host, the other end of the interface: what the host sends is read here
}

// hostAddr is host i's address, from 0 on.
func hostAddr(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 99, 0, byte(i + 1)}) }

// newTunnelled makes a host whose interface is a TUN device.
func newTunnelled(addr netip.Addr) (*Host, error) {
	var port *os.File
	h, err := newHost(addr, func() (err error) {
		if err = enterNamespace(); err != nil {
			return err
		}
		if port, err = newTunnel(); err != nil {
			return err
		}
		if err = furnish(addr); err != nil {
			port.Close()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	h.port = port
	return h, nil
}

// newHost starts a host's thread, which enters its namespace.
func newHost(addr netip.Addr, enter func() error) (*Host, error) {
	h := &Host{Addr: addr, do: make(chan func())}
	made := make(chan error)
	go func() {
		// The thread is never given back: it ends with this goroutine, and the namespace, which nothing else holds, with it. It must
		// not end before, for the processes that it started are killed then.
		runtime.LockOSThread()
		err := enter()
		made <- err
		if err != nil {
			return
		}
		for f := range h.do {
			f()
		}
	}()
	if err := <-made; err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoHosts, err)
	}
	return h, nil
}

// newTunnel makes the interface of this thread's namespace and returns its other end.
func newTunnel() (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	ifr, err := unix.NewIfreq(device)
	if err == nil {
		ifr.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("a TUN device: %w", err)
	}
	return os.NewFile(uintptr(fd), "tun"), nil
}

// furnish takes the interfaces of this thread's namespace up.
func furnish(addr netip.Addr) error {
	for _, step := range []func() error{
		func() error { return raise("lo", true) },
		func() error { return setAddress(device, unix.SIOCSIFADDR, addr) },
		func() error {
			return setAddress(device, unix.SIOCSIFNETMASK, netip.AddrFrom4([4]byte{255, 255, 255, 0}))
		},
		func() error { return raise(device, true) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// within runs f on the host's thread.
func (h *Host) within(f func() error) error {
	done := make(chan error)
	h.do <- func() { done <- f() }
	return <-done
}

// start starts a command on the host.
func (h *Host) start(cmd *exec.Cmd) error { return h.within(cmd.Start) }

// Port takes the host's interface down or up again. While it is down, what its processes send fails at once.
func (h *Host) Port(up bool) error {
	return h.within(func() error { return raise(device, up) })
}

// close ends the host. Its processes are killed with the thread that started them.
func (h *Host) close() {
	close(h.do)
	if h.port != nil {
		_ = h.port.Close()
	}
}

// configure does one thing to an interface of this thread's namespace.
func configure(name string, request uint, prepare func(*unix.Ifreq) error) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	if err := prepare(ifr); err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, request, ifr); err != nil {
		return fmt.Errorf("interface %s: %w", name, err)
	}
	return nil
}

func setAddress(name string, request uint, a netip.Addr) error {
	return configure(name, request, func(ifr *unix.Ifreq) error { return ifr.SetInet4Addr(a.AsSlice()) })
}

func raise(name string, up bool) error {
	return configure(name, unix.SIOCSIFFLAGS, func(ifr *unix.Ifreq) error {
		var flags uint16
		if up {
			flags = unix.IFF_UP | unix.IFF_RUNNING
		}
		ifr.SetUint16(flags)
		return nil
	})
}
