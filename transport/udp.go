package transport

// The Transport of real networks: one UDP socket and one TCP listener on one port.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

const (
	defaultBuffer = 4 << 20 // bytes of socket buffer asked for, each way
	bindAttempts  = 64      // ports tried until UDP and TCP are both free
	maxBatch      = 64      // messages in one system call
)

// UDPConfig says where to listen. Only Listen matters to most.
type UDPConfig struct {
	// Listen is "host:port". An empty host or "::" takes IPv4 and IPv6, "0.0.0.0" IPv4 only. A name is resolved to its first
	// address. Port 0 lets the system choose; empty means ":0".
	Listen string
	// MTU is the largest datagram sent, in bytes, IP and UDP headers not counted: MinMTU to MaxDatagram. 0 takes that of the
	// interfaces that route to Seeds (see SenseMTU).
	MTU int
	// Seeds are the addresses that the MTU is sensed towards.
	Seeds []netip.AddrPort
	// ReadBuffer and WriteBuffer are the wanted sizes of the socket's buffers in bytes; 0 means 4 MiB. Less than wanted is not
	// an error.
	ReadBuffer, WriteBuffer int
	// NoOffload has every datagram cross to the kernel and back by itself. False: the kernel cuts and joins runs of datagrams where it
	// can, until it fails.
	NoOffload bool
}

// UDP is the Transport of real networks. Make one with ListenUDP.
type UDP struct {
	conn     *net.UDPConn
	listener *net.TCPListener
	addr     netip.AddrPort
	mtu      int
	batch    udpBatch // the system calls; one half belongs to Send's goroutine, the other to Receive's
	close    sync.Once
	closeErr error
	refusals RefusalList
	offload  offloads
	stats    udpStats
}

// udpStats is TransportStats with fields that Send's, Receive's and the reader's goroutines may touch at once.
type udpStats struct {
	in, out, bytesIn, bytesOut                  atomic.Uint64
	sendErrors, kernelDrops, truncated, refused atomic.Uint64
	sendCalls, receiveCalls                     atomic.Uint64
	segmentsOut, segmentsIn                     atomic.Uint64
}

// ListenUDP binds UDP and TCP to one port. The context bounds the resolution of a name in Listen. An error names the address.
func ListenUDP(ctx context.Context, cfg UDPConfig) (*UDP, error) {
	if cfg.MTU != 0 && (cfg.MTU < MinMTU || cfg.MTU > MaxDatagram) {
		return nil, fmt.Errorf("transport: MTU %d is not between %d and %d", cfg.MTU, MinMTU, MaxDatagram)
	}
	if cfg.ReadBuffer < 0 || cfg.WriteBuffer < 0 {
		return nil, errors.New("transport: ReadBuffer and WriteBuffer must not be negative")
	}
	family, host, port, err := parseListen(ctx, cfg.Listen)
	if err != nil {
		return nil, err
	}
	conn, listener, err := bind(ctx, family, host, port)
	if err != nil {
		return nil, err
	}
	u := &UDP{conn: conn, listener: listener}
	u.addr = unmap(conn.LocalAddr().(*net.UDPAddr).AddrPort())
	if u.mtu = cfg.MTU; u.mtu == 0 {
		u.mtu = SenseMTU(u.addr, cfg.Seeds)
	}
	u.sizeBuffers(orDefault(cfg.ReadBuffer), orDefault(cfg.WriteBuffer))
	if err := u.batch.open(u, cfg.NoOffload); err != nil {
		u.Close()
		return nil, fmt.Errorf("listen %s: %w", u.addr, err)
	}
	return u, nil
}

func orDefault(n int) int {
	if n == 0 {
		return defaultBuffer
	}
	return n
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// parseListen returns the suffix for "udp" and "tcp" that picks the address family, and a numeric host.
func parseListen(ctx context.Context, listen string) (family, host string, port int, err error) {
	if listen == "" {
		listen = ":0"
	}
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return "", "", 0, fmt.Errorf("listen %s: want HOST:PORT: %w", listen, err)
	}
	p, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", "", 0, fmt.Errorf("listen %s: port %q is not a number up to 65535", listen, text)
	}
	if host == "" {
		return "", "", int(p), nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil || len(found) == 0 {
			return "", "", 0, fmt.Errorf("listen %s: %w", listen, err)
		}
		ip = found[0]
	}
	ip = ip.Unmap()
	switch {
	case ip.Is4():
		return "4", ip.String(), int(p), nil
	case ip.IsUnspecified():
		return "", "", int(p), nil
	}
	return "6", ip.String(), int(p), nil
}

// bind takes a UDP and a TCP socket on one port, trying other ports while the choice is the system's.
func bind(ctx context.Context, family, host string, port int) (*net.UDPConn, *net.TCPListener, error) {
	var lc net.ListenConfig
	var last error
	for range bindAttempts {
		at := net.JoinHostPort(host, strconv.Itoa(port))
		packet, err := lc.ListenPacket(ctx, "udp"+family, at)
		if err != nil {
			return nil, nil, listenError(at, "UDP", err)
		}
		conn := packet.(*net.UDPConn)
		chosen := conn.LocalAddr().(*net.UDPAddr).Port
		at = net.JoinHostPort(host, strconv.Itoa(chosen))
		listener, err := lc.Listen(ctx, "tcp"+family, at)
		if err == nil {
			return conn, listener.(*net.TCPListener), nil
		}
		conn.Close()
		last = listenError(at, "TCP", err)
		if port != 0 {
			break
		}
	}
	return nil, nil, last
}

// listenError keeps the address and the cause of net's error, which says the address twice and hides the cause behind it.
func listenError(at, proto string, err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return fmt.Errorf("listen %s: %w (%s)", at, errno, proto)
	}
	return fmt.Errorf("listen %s: %w", at, err)
}

// Addr implements Transport.
func (u *UDP) Addr() netip.AddrPort { return u.addr }

// MTU implements Transport.
func (u *UDP) MTU() int { return u.mtu }

// Send implements Transport.
func (u *UDP) Send(batch []Datagram) error { return u.batch.send(u, batch) }

// Receive implements Transport.
func (u *UDP) Receive(batch []Datagram) (int, error) {
	if len(batch) == 0 {
		return 0, nil
	}
	return u.batch.receive(u, batch)
}

// Dial implements Transport: a TCP connection, from the listening address if that is a specific one.
func (u *UDP) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	if ip := u.addr.Addr(); !ip.IsUnspecified() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0))
	}
	return d.DialContext(ctx, "tcp", to.String())
}

// Accept implements Transport.
func (u *UDP) Accept() (net.Conn, error) {
	conn, err := u.listener.Accept()
	if errors.Is(err, net.ErrClosed) {
		return nil, net.ErrClosed
	}
	return conn, err
}

// Close implements Transport.
func (u *UDP) Close() error {
	u.close.Do(func() { u.closeErr = errors.Join(u.batch.close(u), u.listener.Close()) })
	return u.closeErr
}

// Stats implements Transport.
func (u *UDP) Stats() TransportStats {
	s := &u.stats
	return TransportStats{
		In: s.in.Load(), Out: s.out.Load(), BytesIn: s.bytesIn.Load(), BytesOut: s.bytesOut.Load(),
		SendErrors: s.sendErrors.Load(), KernelDrops: s.kernelDrops.Load(), Truncated: s.truncated.Load(), Refused: s.refused.Load(),
		SendCalls: s.sendCalls.Load(), ReceiveCalls: s.receiveCalls.Load(), SegmentsOut: s.segmentsOut.Load(), SegmentsIn: s.segmentsIn.Load(),
		Segmenting: OffloadState(u.offload.segment.Load()), Coalescing: OffloadState(u.offload.coalesce.Load()), OffloadWhy: u.offload.reason(),
	}
}

// Refusals implements Refuser. Only Linux tells an unconnected socket who refused; elsewhere the list stays empty.
func (u *UDP) Refusals(dst []netip.AddrPort) []netip.AddrPort { return u.refusals.Take(dst) }
