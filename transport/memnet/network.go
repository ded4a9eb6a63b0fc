package memnet

// The network itself: who listens where, and how a datagram is carried from one to the other.

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/lockstep-go/lockstep/transport"
)

// Config says what the network does to datagrams. Its zero value is a perfect network without delay.
type Config struct {
	// Seed decides every draw.
	Seed int64
	// Delay is how long everything takes from one member to another.
	Delay time.Duration
	// Jitter is added to Delay for each datagram: from 0 up to this. It does not reorder.
	Jitter time.Duration
	// Loss, Duplicate and Reorder are the probabilities, 0 to 1, that a datagram is lost, arrives twice, or is held back so
	// that later ones overtake it. Streams know no such things.
	Loss, Duplicate, Reorder float64
	// MTU is the largest datagram in bytes: transport.MinMTU to transport.MaxDatagram. 0 means 1472.
	MTU int
	// Queue is how many datagrams a receiver holds that it has not read; more are dropped and counted. 0 means 4096.
	Queue int
}

const (
	defaultMTU   = 1472
	defaultQueue = 4096
	defaultPort  = 7946
	heldBack     = time.Millisecond // what a reordered datagram waits at least, beyond its delay
)

// A Network carries datagrams and streams between the transports made by its Listen. Any goroutine may use it; nothing blocks.
type Network struct {
	mu     sync.Mutex
	cfg    Config
	ports  map[netip.AddrPort]*port
	links  map[direction]*link
	sides  map[netip.AddrPort]int // of the partition; nil: none
	flight flight
	host   int           // the last synthetic address given out
	moved  chan struct{} // closed and made anew when a cut, a heal or a kill may concern who waits
}

// New makes a network without members. A Config out of its bounds panics: it is a mistake in a test.
func New(cfg Config) *Network {
	if cfg.MTU == 0 {
		cfg.MTU = defaultMTU
	}
	if cfg.Queue == 0 {
		cfg.Queue = defaultQueue
	}
	for _, p := range []float64{cfg.Loss, cfg.Duplicate, cfg.Reorder} {
		if !(p >= 0 && p <= 1) {
			panic(fmt.Sprintf("memnet: probability %v is not between 0 and 1", p))
		}
	}
	if cfg.MTU < transport.MinMTU || cfg.MTU > transport.MaxDatagram || cfg.Queue < 0 || cfg.Delay < 0 || cfg.Jitter < 0 {
		panic(fmt.Sprintf("memnet: bad config %+v", cfg))
	}
	return &Network{
		cfg:   cfg,
		ports: make(map[netip.AddrPort]*port),
		links: make(map[direction]*link),
		moved: make(chan struct{}),
	}
}

// Listen takes an address. "" and ":0" choose one like 10.0.0.1:7946; ":port" chooses the host; "host:0" the port. An address in
// use is an error that names it. After Close or Kill it may be taken again.
func (n *Network) Listen(addr string) (transport.Transport, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	at, err := n.choose(addr)
	if err != nil {
		return nil, fmt.Errorf("listen %s: %w", addr, err)
	}
	if n.ports[at] != nil {
		return nil, fmt.Errorf("listen %s: %w", at, syscall.EADDRINUSE)
	}
	p := newPort(n, at)
	n.ports[at] = p
	return p, nil
}

func (n *Network) choose(addr string) (netip.AddrPort, error) {
	if addr == "" {
		addr = ":0"
	}
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	at := uint16(number)
	if host == "" {
		if at == 0 {
			at = defaultPort
		}
		n.host++
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(n.host >> 8), byte(n.host)}), at), nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	ip = ip.Unmap()
	if at == 0 {
		for at = defaultPort; n.ports[netip.AddrPortFrom(ip, at)] != nil && at != 0; {
			at++
		}
		if at == 0 {
			return netip.AddrPort{}, syscall.EADDRINUSE
		}
	}
	return netip.AddrPortFrom(ip, at), nil
}

// send carries the batch of one port, and draws the fate of each datagram.
func (n *Network) send(p *port, batch []transport.Datagram) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p.gone {
		return net.ErrClosed
	}
	now := time.Now()
	for i := range batch {
		to, buf := batch[i].Addr, batch[i].Buf
		if !to.IsValid() || len(buf) == 0 || len(buf) > n.cfg.MTU {
			p.stats.SendErrors++
			continue
		}
		p.stats.Out++
		p.stats.BytesOut += uint64(len(buf))
		l := n.link(direction{p.addr, to})
		fate := l.draw(n.cfg)
		if fate.lost || n.isCut(l.direction) {
			continue
		}
		d := transport.Datagram{Addr: p.addr, Buf: append([]byte(nil), buf...)}
		wait := n.cfg.Delay + fate.jitter
		for range fate.copies {
			n.launch(l, d, now, wait, fate.held)
		}
	}
	return nil
}

// launch puts one datagram on its way: at once, or into flight. Datagrams of one link arrive in order unless held back.
func (n *Network) launch(l *link, d transport.Datagram, now time.Time, wait time.Duration, held bool) {
	due := now.Add(wait)
	if held {
		due = due.Add(max(heldBack, n.cfg.Delay+n.cfg.Jitter))
	} else if due.Before(l.last) {
		due = l.last
	} else {
		l.last = due
	}
	if !due.After(now) {
		n.arrive(l.direction, d)
		return
	}
	if n.flight.push(&journey{due: due, way: l.direction, d: d}) {
		n.flight.wake(due.Sub(now), n.land)
	}
}

// land delivers everything that is due. It runs on the timer's goroutine.
func (n *Network) land() {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	for {
		j, wait := n.flight.pop(now)
		if j == nil {
			if wait > 0 {
				n.flight.wake(wait, n.land)
			}
			return
		}
		n.arrive(j.way, j.d)
	}
}

// arrive hands a datagram to whoever listens there now, if nothing was cut meanwhile.
func (n *Network) arrive(way direction, d transport.Datagram) {
	if n.isCut(way) {
		return
	}
	to := n.ports[way.to]
	if to != nil {
		to.put(d, n.cfg.Queue)
		return
	}
	if from := n.ports[way.from]; from != nil && !n.isCut(direction{way.to, way.from}) {
		from.stats.Refused++
		from.refusals.Add(way.to)
	}
}
