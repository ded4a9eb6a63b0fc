package transport

// The Endpoint: a Transport on which every packet is sealed by its sender and opened before anyone parses it.

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// KeySize is the length of a cluster key in bytes.
const KeySize = 32

const (
	tagSize     = 16   // bytes of an AEAD's tag
	maxLabel    = 255  // bytes of a cluster label
	retiredMost = 32   // removed rings whose counters are remembered
	ringsMost   = 1024 // rings installed at once; a node has two or three
)

// EndpointConfig says what an Endpoint seals with and over which Transport.
type EndpointConfig struct {
	// Transport carries the packets. The Endpoint owns it from NewEndpoint's success on: Close closes it.
	Transport Transport
	// Key is the cluster key, KeySize bytes. It is copied.
	Key []byte
	// Insecure, instead of a Key, sends everything in clear, with a checksum against accidents and nothing against people.
	Insecure bool
	// Label names the cluster, in at most 255 bytes. Members of another label do not understand each other, whatever their keys.
	Label string
	// Self is this process's member id. No two endpoints of one key may have the same: their packets would share keys and nonces.
	Self wire.MemberID
	// Counter is where the counters of every context begin: zero, but for tests that want to see them end.
	Counter uint64
}

// An Endpoint seals and opens packets, and opens streams to members whose identity is proved. Send is for one goroutine, Receive
// for one, and everything else for any.
type Endpoint struct {
	transport Transport
	keyID     uint32
	self      wire.MemberID
	cluster   cluster
	first     uint64      // EndpointConfig.Counter
	spent     atomic.Bool // a context has no counter left

	mu      sync.Mutex                       // held to change contexts and retired
	context atomic.Pointer[map[uint64]*seal] // by context; 0 is always there. Never changed, only replaced
	retired []*seal                          // removed rings, the oldest first: their counters must not begin again

	out    sender
	paths  paths
	in     receiver
	drops  dropTable
	counts endpointCounts

	door   door
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // the door's goroutines
	close  sync.Once
	closed error
}

// endpointCounts is EndpointStats in the making.
type endpointCounts struct {
	sealed, padding, partsOut, tooLarge, noRing, sendFailures atomic.Uint64
	opened, partsIn, reassembled, partsDropped                atomic.Uint64
	streamsRefused, handshakesFailed                          atomic.Uint64
}

// EndpointStats counts what an Endpoint did since its start.
type EndpointStats struct {
	Transport        TransportStats
	Sealed           uint64 // datagrams sealed; each counts once whatever the number of receivers
	Padding          uint64 // bytes added to packets, that they be of one length
	PartsOut         uint64 // of them, parts of packets too large for one datagram
	TooLarge         uint64 // packets given to Send that not even MaxParts parts hold, dropped
	NoRing           uint64 // packets given to Send for a ring that is not installed, dropped
	SendFailures     uint64 // batches the Transport refused
	Opened           uint64 // datagrams whose tag verified
	PartsIn          uint64 // of them, parts
	Reassembled      uint64 // packets put together from parts
	PartsDropped     uint64 // parts that were malformed, or given up for newer ones
	Dropped          uint64 // datagrams dropped because they did not open; Drops says from whom and why
	StreamsRefused   uint64 // incoming streams closed at once, because too many were in their handshake
	HandshakesFailed uint64 // incoming streams that did not prove who they are in time
}

// NewEndpoint makes an Endpoint and starts to welcome streams. The errors name the field that is wrong.
func NewEndpoint(cfg EndpointConfig) (*Endpoint, error) {
	switch {
	case cfg.Transport == nil:
		return nil, errors.New("transport: EndpointConfig.Transport is missing")
	case cfg.Insecure && len(cfg.Key) != 0:
		return nil, errors.New("transport: EndpointConfig.Key and Insecure exclude each other")
	case !cfg.Insecure && len(cfg.Key) != KeySize:
		return nil, fmt.Errorf("transport: EndpointConfig.Key has %d bytes, not %d", len(cfg.Key), KeySize)
	case len(cfg.Label) > maxLabel:
		return nil, fmt.Errorf("transport: EndpointConfig.Label has %d bytes, more than %d", len(cfg.Label), maxLabel)
	case cfg.Self.IsZero():
		return nil, errors.New("transport: EndpointConfig.Self is missing")
	case cfg.Transport.MTU() < MinMTU || cfg.Transport.MTU() > MaxDatagram:
		return nil, fmt.Errorf("transport: the transport's MTU %d is not between %d and %d", cfg.Transport.MTU(), MinMTU, MaxDatagram)
	}
	e := &Endpoint{transport: cfg.Transport, self: cfg.Self, cluster: newCluster(cfg.Key, cfg.Label), first: cfg.Counter}
	e.keyID = e.cluster.keyID()
	base, err := e.cluster.newSeal(0, [32]byte{}, e.self, e.first)
	if err != nil {
		return nil, err
	}
	e.context.Store(&map[uint64]*seal{0: base})
	e.out.init(e)
	e.paths.init(cfg.Transport.MTU())
	e.in.init(e)
	if err := e.door.init(e); err != nil {
		return nil, err
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.wg.Go(e.welcome)
	return e, nil
}

// KeyID names the cluster key in clear headers; 0 in insecure mode.
func (e *Endpoint) KeyID() uint32 { return e.keyID }

// Addr is the Transport's bound address.
func (e *Endpoint) Addr() netip.AddrPort { return e.transport.Addr() }

// MTU is the Transport's: the largest datagram that goes out.
func (e *Endpoint) MTU() int { return e.transport.MTU() }

// MaxBody is how many bytes of body one datagram holds; a longer one travels in parts.
func (e *Endpoint) MaxBody() int { return e.MTU() - overhead }

// InstallRing makes the keys of a ring, so that its packets can be sent and received from now on. The context is the ring's; 0
// and anything past 1024 rings is ignored. The salt comes from the nonces of all its members. Installing the same again changes
// nothing, and a ring that was removed lately goes on with its counter, so that no nonce is used twice. It does not block, whatever
// Send and Receive do.
func (e *Endpoint) InstallRing(context uint64, salt [32]byte) {
	if context == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	old := *e.context.Load()
	now := old[context]
	if now != nil && now.salt == salt || now == nil && len(old) > ringsMost {
		return
	}
	s := e.unretire(context, salt)
	if s == nil {
		var err error
		if s, err = e.cluster.newSeal(context, salt, e.self, e.first); err != nil {
			return // cannot be: NewEndpoint derived a key the same way
		}
	}
	if now != nil {
		e.retire(now)
	}
	e.replace(old, context, s)
}

// RemoveRing forgets a ring's keys; packets under them are dropped from now on. It does not block. Context 0 stays.
func (e *Endpoint) RemoveRing(context uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := *e.context.Load()
	s := old[context]
	if context == 0 || s == nil {
		return
	}
	e.retire(s)
	e.replace(old, context, nil)
}

// replace publishes a copy of the contexts with one of them changed, or gone if s is nil.
func (e *Endpoint) replace(old map[uint64]*seal, context uint64, s *seal) {
	fresh := make(map[uint64]*seal, len(old)+1)
	for c, o := range old {
		fresh[c] = o
	}
	if fresh[context] = s; s == nil {
		delete(fresh, context)
	}
	e.context.Store(&fresh)
}

func (e *Endpoint) retire(s *seal) {
	if len(e.retired) == retiredMost {
		e.retired = append(e.retired[:0], e.retired[1:]...)
	}
	e.retired = append(e.retired, s)
}

func (e *Endpoint) unretire(context uint64, salt [32]byte) *seal {
	for i, s := range e.retired {
		if s.context == context && s.salt == salt {
			e.retired = append(e.retired[:i], e.retired[i+1:]...)
			return s
		}
	}
	return nil
}

// Spent reports whether the counters of some context are used up, so that nothing can be sent in it any more. It does not block.
func (e *Endpoint) Spent() bool { return e.spent.Load() }

// Drops says from which addresses datagrams came that did not open, and why: at most 64 entries, those changed last, the most
// recent first. It does not block.
func (e *Endpoint) Drops() []Drop { return e.drops.list() }

// Refusals appends to dst the addresses that refused datagrams since the last call, if the Transport learns of them (see
// Refuser). It does not block.
func (e *Endpoint) Refusals(dst []netip.AddrPort) []netip.AddrPort {
	if r, ok := e.transport.(Refuser); ok {
		return r.Refusals(dst)
	}
	return dst
}

// Stats is a snapshot of the counts. It does not block.
func (e *Endpoint) Stats() EndpointStats {
	c := &e.counts
	return EndpointStats{
		Transport: e.transport.Stats(),
		Sealed:    c.sealed.Load(), Padding: c.padding.Load(), PartsOut: c.partsOut.Load(), TooLarge: c.tooLarge.Load(), NoRing: c.noRing.Load(),
		SendFailures: c.sendFailures.Load(), Opened: c.opened.Load(), PartsIn: c.partsIn.Load(), Reassembled: c.reassembled.Load(),
		PartsDropped: c.partsDropped.Load(), Dropped: e.drops.sum(),
		StreamsRefused: c.streamsRefused.Load(), HandshakesFailed: c.handshakesFailed.Load(),
	}
}

// Close closes the Transport, ends handshakes, and waits for their goroutines, which takes no longer than a system call.
// Streams that DialStream and AcceptStream returned go on. It may be called more than once.
func (e *Endpoint) Close() error {
	e.close.Do(func() {
		e.cancel()
		e.closed = e.transport.Close()
		e.wg.Wait()
	})
	return e.closed
}
