//go:build linux

package lab

// Hosts on the kernel's own switch: nothing of this program is between them, so that speed can be measured.

import (
	"fmt"
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// mtuLeast and mtuMost are between which a Bridge's MTU must be.
const (
	mtuLeast = 576
	mtuMost  = 65535
)

// A Bridge is so many hosts, each with a cable to one switch, which is the kernel's. Close it.
type Bridge struct {
	Hosts []*Host
	hub   *Host
}

// LayBridge makes hosts 10.99.0.1 and on, whose interfaces have the MTU. ErrNoHosts says that there can be none here.
func LayBridge(hosts, mtu int) (*Bridge, error) {
	if hosts < 1 || hosts > hostsMost || mtu < mtuLeast || mtu > mtuMost {
		return nil, fmt.Errorf("a switch of %d hosts and MTU %d: it may have 1 to %d, and %d to %d", hosts, mtu, hostsMost, mtuLeast, mtuMost)
	}
	hub, err := newHost(hostAddr(-1), func() error {
		if err := enterNamespace(); err != nil {
			return err
		}
		return newBridge("switch")
	})
	if err != nil {
		return nil, err
	}
	b := &Bridge{hub: hub}
	for i := range hosts {
		if err := b.plug(i, mtu); err != nil {
			b.Close()
			return nil, err
		}
	}
	return b, nil
}

// plug makes host i and its cable.
func (b *Bridge) plug(i, mtu int) error {
	var namespace *os.File
	h, err := newHost(hostAddr(i), func() (err error) {
		if err := enterNamespace(); err != nil {
			return err
		}
		namespace, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		return err
	}
	b.Hosts = append(b.Hosts, h)
	defer namespace.Close()
	err = b.hub.within(func() error {
		hub, err := net.InterfaceByName("switch")
		if err != nil {
			return err
		}
		return newCable("port"+strconv.Itoa(i+1), hub.Index, mtu, int(namespace.Fd()))
	})
	if err == nil {
		err = h.within(func() error { return furnish(h.Addr) })
	}
	if err != nil {
		return fmt.Errorf("%w: host %d: %w", ErrNoHosts, i+1, err)
	}
	return nil
}

// Close takes the hosts and the switch away. The processes on the hosts have ended, or end now.
func (b *Bridge) Close() {
	for _, h := range b.Hosts {
		h.close()
	}
	b.hub.close()
}

// enterNamespace takes this thread into a network namespace of its own.
func enterNamespace() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("a new network namespace: %w", err)
	}
	return nil
}
