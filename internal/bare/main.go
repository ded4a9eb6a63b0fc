//go:build linux

package main

// The command line.

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A result is what one process measured.
type result struct {
	// of pass
	N   int     `json:"n,omitempty"`
	P50 float64 `json:"p50_us,omitempty"`
	P99 float64 `json:"p99_us,omitempty"`
	// of flood and drain: datagrams or segments of the size
	PerSecond float64 `json:"per_s,omitempty"`
	Megabytes float64 `json:"mb_per_s,omitempty"`
}

// options are the command line.
type options struct {
	listen, next netip.AddrPort
	to           []netip.AddrPort
	first, gro   bool
	net          bool
	size         int
	segments     int
	runFor       time.Duration
	pause        time.Duration
}

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

func run(args []string, out, stderr io.Writer) error {
	if len(args) == 0 {
		return errors.New("say pass, flood, drain, seal or open")
	}
	modes := map[string]func(options) (result, error){"pass": pass, "flood": flood, "drain": drain, "seal": sealing, "open": opening}
	mode, ok := modes[args[0]]
	if !ok {
		return fmt.Errorf("%q is none of pass, flood, drain, seal and open", args[0])
	}
	o, err := parse(args[1:], stderr)
	if err != nil {
		return err
	}
	r, err := mode(o)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bare", flag.ContinueOnError)
	f.SetOutput(stderr)
	listen := f.String("listen", "0.0.0.0:0", "`HOST:PORT` of this process")
	next := f.String("next", "0.0.0.0:0", "`HOST:PORT` to which the datagram is passed")
	to := f.String("to", "0.0.0.0:0", "`HOST:PORT,...` of the receivers")
	f.BoolVar(&o.first, "first", false, "begin, and measure")
	f.BoolVar(&o.net, "net", false, "pass by package net instead of system calls")
	f.BoolVar(&o.gro, "gro", false, "have the kernel put segments together")
	f.IntVar(&o.size, "size", 100, "of a datagram, or of a segment, in `BYTES`")
	f.IntVar(&o.segments, "segments", 1, "how many segments go in one datagram to the kernel")
	f.DurationVar(&o.runFor, "for", 2*time.Second, "how long")
	f.DurationVar(&o.pause, "pause", 0, "silence before each round")
	if err = f.Parse(args); err != nil {
		return o, err
	}
	if o.size < 1 || o.segments < 1 || o.size*o.segments > segmentsMost || o.runFor <= 0 || o.pause < 0 {
		return o, fmt.Errorf("-size times -segments must be from 1 to %d, -for positive, -pause not negative", segmentsMost)
	}
	if o.listen, err = netip.ParseAddrPort(*listen); err != nil {
		return o, err
	}
	if o.next, err = netip.ParseAddrPort(*next); err != nil {
		return o, err
	}
	for s := range strings.SplitSeq(*to, ",") {
		a, err := netip.ParseAddrPort(s)
		if err != nil {
			return o, err
		}
		o.to = append(o.to, a)
	}
	return o, nil
}

// sockaddr is an IPv4 address as the kernel takes it.
func sockaddr(a netip.AddrPort) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
}

// bufferSize is what a socket's buffers are asked to be, in bytes.
const bufferSize = 8 << 20

// openSocket makes a socket that listens.
func openSocket(listen netip.AddrPort) (int, error) {
	if !listen.Addr().Is4() {
		return -1, fmt.Errorf("%v: only IPv4", listen)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	for _, step := range []func() error{
		func() error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, bufferSize) },
		func() error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, bufferSize) },
		func() error { return unix.Bind(fd, sockaddr(listen)) },
	} {
		if err := step(); err != nil {
			_ = unix.Close(fd)
			return -1, err
		}
	}
	return fd, nil
}

// setPatience has reads fail that wait longer.
func setPatience(fd int, d time.Duration) error {
	wait := unix.NsecToTimeval(d.Nanoseconds())
	return unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait)
}
