//go:build !linux || lockstep_portable

package transport

// UDP through package net alone: one datagram a system call. It serves every system, and the whole suite passes on it.

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// What Windows says of a datagram too long for the buffer, and of an answer "refused".
const (
	windowsTooLong = syscall.Errno(10040)
	windowsReset   = syscall.Errno(10054)
)

// udpBatch needs no state here: package net does the system calls.
type udpBatch struct{ v6 bool }

func (b *udpBatch) open(u *UDP, noOffload bool) error {
	if noOffload {
		u.offload.segment.Store(uint32(OffloadDisabled))
		u.offload.coalesce.Store(uint32(OffloadDisabled))
	}
	b.v6 = u.addr.Addr().Is6()
	return nil
}

func (b *udpBatch) close(u *UDP) error { return u.conn.Close() }

func (u *UDP) sizeBuffers(read, write int) {
	// Less than wanted is no error; the kernel's limit is what it is.
	_ = u.conn.SetReadBuffer(read)
	_ = u.conn.SetWriteBuffer(write)
}

// distrustCoalescing implements offloader: nothing is ever joined here.
func (u *UDP) distrustCoalescing(string) {}

func (b *udpBatch) send(u *UDP, batch []Datagram) error {
	for i := range batch {
		to := batch[i].Addr
		if len(batch[i].Buf) == 0 {
			u.stats.sendErrors.Add(1)
			continue
		}
		if b.v6 && to.Addr().Is4() {
			to = netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port())
		}
		u.stats.sendCalls.Add(1)
		n, err := u.conn.WriteToUDPAddrPort(batch[i].Buf, to)
		if errors.Is(err, net.ErrClosed) {
			return net.ErrClosed
		}
		if err != nil {
			// A full buffer or a firewall that has not seen the flow yet: once more, then it is lost like any datagram.
			n, err = u.conn.WriteToUDPAddrPort(batch[i].Buf, to)
		}
		if err != nil {
			u.stats.sendErrors.Add(1)
			continue
		}
		u.stats.out.Add(1)
		u.stats.bytesOut.Add(uint64(n))
	}
	return nil
}

func (b *udpBatch) receive(u *UDP, batch []Datagram) (int, error) {
	for {
		batch[0].Buf = room(batch[0].Buf)
		u.stats.receiveCalls.Add(1)
		n, from, err := u.conn.ReadFromUDPAddrPort(batch[0].Buf)
		if errors.Is(err, net.ErrClosed) {
			return 0, net.ErrClosed
		}
		if err != nil {
			if !u.passing(err) {
				return 0, err
			}
			continue
		}
		if n > MaxDatagram {
			u.stats.truncated.Add(1)
			continue
		}
		u.stats.in.Add(1)
		u.stats.bytesIn.Add(uint64(n))
		batch[0].Buf, batch[0].Addr = batch[0].Buf[:n], unmap(from)
		return 1, nil
	}
}

// room gives a receive buffer that holds any datagram and one byte more, which tells a longer one.
func room(b []byte) []byte {
	if cap(b) <= MaxDatagram {
		return make([]byte, MaxDatagram+1)
	}
	return b[:MaxDatagram+1]
}

// passing counts an error of the read side that one datagram caused and that ends nothing.
func (u *UDP) passing(err error) bool {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	switch errno {
	case syscall.ECONNREFUSED, syscall.ECONNRESET, windowsReset:
		u.stats.refused.Add(1)
		return true
	case syscall.EMSGSIZE, windowsTooLong:
		u.stats.truncated.Add(1)
		return true
	}
	return false
}
