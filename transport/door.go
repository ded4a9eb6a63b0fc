package transport

// The door: incoming streams prove who they are before anyone else hears of them, a bounded number at a time.

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	guestsMost    = 64 // streams between Accept and AcceptStream
	guestsOneHost = 32 // of them, from one IP address
	acceptPause   = 20 * time.Millisecond
)

// accepted is a stream that proved who it is.
type accepted struct {
	conn net.Conn
	kind byte
	peer wire.MemberID
}

type door struct {
	identity *identity // nil in insecure mode
	ready    chan accepted

	mu     sync.Mutex
	guests int
	hosts  map[netip.Addr]int
}

func (d *door) init(e *Endpoint) (err error) {
	d.ready = make(chan accepted)
	d.hosts = make(map[netip.Addr]int)
	if !e.cluster.insecure() {
		d.identity, err = newIdentity(e.cluster, e.self)
	}
	return err
}

// welcome accepts streams until the Transport is closed. It is the Endpoint's one long-lived goroutine.
func (e *Endpoint) welcome() {
	for {
		raw, err := e.transport.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Too many open files, say: the next may do. A pause keeps this from spinning.
			if !e.wait(acceptPause) {
				return
			}
			continue
		}
		host := hostOf(raw)
		if !e.door.enter(host) {
			e.counts.streamsRefused.Add(1)
			raw.Close()
			continue
		}
		e.wg.Go(func() {
			defer e.door.leave(host)
			e.receiveGuest(raw)
		})
	}
}

// receiveGuest runs one handshake and hands the stream to AcceptStream, within one limit for both.
func (e *Endpoint) receiveGuest(raw net.Conn) {
	ctx, cancel := context.WithTimeout(e.ctx, handshakeLimit)
	defer cancel()
	a, err := e.meet(ctx, raw)
	if err != nil {
		e.counts.handshakesFailed.Add(1)
		raw.Close()
		return
	}
	select {
	case e.door.ready <- a:
	case <-ctx.Done():
		a.conn.Close()
	}
}

func (d *door) enter(host netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.guests >= guestsMost || d.hosts[host] >= guestsOneHost {
		return false
	}
	d.guests++
	d.hosts[host]++
	return true
}

func (d *door) leave(host netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.guests--
	if d.hosts[host]--; d.hosts[host] == 0 {
		delete(d.hosts, host)
	}
}

// wait reports whether the time passed before the Endpoint was closed.
func (e *Endpoint) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-e.ctx.Done():
		return false
	}
}

func hostOf(conn net.Conn) netip.Addr {
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
