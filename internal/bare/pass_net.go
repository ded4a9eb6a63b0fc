//go:build linux

package main

// pass with -net: the same by package net, as a Go program has it that knows no system calls.

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"time"
)

// A netPasser goes through the runtime's poller.
type netPasser struct {
	c    *net.UDPConn
	next netip.AddrPort
	wait time.Duration
}

func openNet(o options) (passer, error) {
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(o.listen))
	if err != nil {
		return nil, err
	}
	return &netPasser{c: c, next: o.next}, nil
}

func (s *netPasser) send(b []byte) error {
	_, err := s.c.WriteToUDPAddrPort(b, s.next)
	return err
}

func (s *netPasser) receive(b []byte) (n int, ok bool, err error) {
	if err := s.c.SetReadDeadline(time.Now().Add(s.wait)); err != nil {
		return 0, false, err
	}
	n, _, err = s.c.ReadFromUDPAddrPort(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, false, nil
	}
	return n, err == nil, err
}

func (s *netPasser) patience(d time.Duration) error {
	s.wait = d
	return nil
}

func (s *netPasser) close() { _ = s.c.Close() }
