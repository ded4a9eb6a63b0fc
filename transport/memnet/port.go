package memnet

// A member's place on the network: its queue of datagrams and of streams not yet accepted.

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/lockstep-go/lockstep/transport"
)

// backlog is how many streams wait to be accepted; more are refused.
const backlog = 64

// port implements transport.Transport and transport.Refuser. All its fields below addr are guarded by the network's lock.
type port struct {
	net      *Network
	addr     netip.AddrPort
	ready    chan struct{} // holds a token while the queue may hold datagrams
	backlog  chan *stream
	closed   chan struct{}
	refusals transport.RefusalList

	gone    bool
	queue   []transport.Datagram
	stats   transport.TransportStats
	streams map[*stream]struct{} // ends of living streams that belong to this port
	dialled int                  // streams dialled, for their local port numbers
}

func newPort(n *Network, addr netip.AddrPort) *port {
	return &port{
		net: n, addr: addr,
		ready:   make(chan struct{}, 1),
		backlog: make(chan *stream, backlog),
		closed:  make(chan struct{}),
		streams: make(map[*stream]struct{}),
	}
}

// put queues a datagram, or drops and counts it. The lock is held.
func (p *port) put(d transport.Datagram, bound int) {
	if len(p.queue) >= bound {
		p.stats.KernelDrops++
		return
	}
	p.queue = append(p.queue, d)
	select {
	case p.ready <- struct{}{}:
	default:
	}
}

func (p *port) Addr() netip.AddrPort { return p.addr }

func (p *port) MTU() int { return p.net.cfg.MTU } // never changes

func (p *port) Send(batch []transport.Datagram) error { return p.net.send(p, batch) }

func (p *port) Receive(batch []transport.Datagram) (int, error) {
	if len(batch) == 0 {
		return 0, nil
	}
	for {
		n, gone := p.take(batch)
		if gone {
			return 0, net.ErrClosed
		}
		if n > 0 {
			return n, nil
		}
		select {
		case <-p.ready:
		case <-p.closed:
		}
	}
}

func (p *port) take(batch []transport.Datagram) (n int, gone bool) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	if p.gone {
		return 0, true
	}
	for n < len(batch) && n < len(p.queue) {
		d := p.queue[n]
		batch[n].Addr, batch[n].Buf = d.Addr, append(batch[n].Buf[:0], d.Buf...)
		p.stats.In++
		p.stats.BytesIn += uint64(len(d.Buf))
		n++
	}
	rest := copy(p.queue, p.queue[n:])
	clear(p.queue[rest:])
	p.queue = p.queue[:rest]
	return n, false
}

// Dial takes a round trip, and blocks while the way is cut until it is healed or the context ends.
func (p *port) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	for _, way := range []direction{{p.addr, to}, {to, p.addr}} {
		if err := p.travel(ctx, way); err != nil {
			return nil, dialError(to, err)
		}
	}
	n := p.net
	n.mu.Lock()
	defer n.mu.Unlock()
	peer := n.ports[to]
	if p.gone {
		return nil, dialError(to, net.ErrClosed)
	}
	if peer == nil || len(peer.backlog) == cap(peer.backlog) {
		return nil, dialError(to, syscall.ECONNREFUSED)
	}
	p.dialled++
	local := netip.AddrPortFrom(p.addr.Addr(), uint16(32768+p.dialled%28000))
	near, far := newStreams(p, peer, local)
	p.streams[near] = struct{}{}
	peer.streams[far] = struct{}{}
	peer.backlog <- far // there is room: only Dial fills it, under the lock
	return near, nil
}

// travel waits the network's delay, and as long as the way is cut.
func (p *port) travel(ctx context.Context, way direction) error {
	if delay := p.currentDelay(); delay > 0 {
		t := time.NewTimer(delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-p.closed:
			return net.ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		cut, changed := p.net.watch(way)
		if !cut {
			return nil
		}
		select {
		case <-changed:
		case <-p.closed:
			return net.ErrClosed
		case <-ctx.Done():
		}
	}
}

func dialError(to netip.AddrPort, err error) error {
	return &net.OpError{Op: "dial", Net: "memnet", Addr: net.TCPAddrFromAddrPort(to), Err: err}
}

func (p *port) Accept() (net.Conn, error) {
	select {
	case <-p.closed:
		return nil, net.ErrClosed
	default:
	}
	select {
	case s := <-p.backlog:
		return s, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *port) Close() error {
	p.net.mu.Lock()
	p.shut()
	p.net.announce()
	p.net.mu.Unlock()
	for {
		select {
		case s := <-p.backlog: // nobody will accept it
			s.die()
		default:
			return nil
		}
	}
}

// shut frees the address. Streams are not touched. The lock is held.
func (p *port) shut() {
	if p.gone {
		return
	}
	p.gone = true
	close(p.closed)
	if p.net.ports[p.addr] == p {
		delete(p.net.ports, p.addr)
	}
}

func (p *port) Stats() transport.TransportStats {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	return p.stats
}

func (p *port) Refusals(dst []netip.AddrPort) []netip.AddrPort { return p.refusals.Take(dst) }

// forget drops a closed stream.
func (p *port) forget(s *stream) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	delete(p.streams, s)
}

// currentDelay is what everything takes that is sent now.
func (p *port) currentDelay() time.Duration {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	return p.net.cfg.Delay
}
