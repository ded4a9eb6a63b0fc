package lockstep

// A Node: one started member, its goroutines, and what they share.

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/statexfer"
	"github.com/lockstep-go/lockstep/transport"
)

// A Node is one member of a cluster: it owns a socket, a place on the ring, and any number of groups. Its methods may be called
// from any goroutine.
//
// Inside, two goroutines take turns with all protocol state, one that reads packets and one that waits for commands and time; one
// welcomes streams; one looks for seeds; each group has one of its own while it has something to handle.
type Node struct {
	cfg  Config
	id   wire.MemberID
	self Member
	addr netip.AddrPort // what others dial
	end  *transport.Endpoint
	log  *zap.Logger

	in        *inbox
	batches   chan []core.Received // from the reader to the loop, when the core is busy
	spare     chan []core.Received // and back, emptied
	events    *eventQueue
	spools    *spools
	rate      *statexfer.Rate // of the states given; nil: no limit
	transfers transfers
	spillRoom spillRoom
	keeper    *keeper
	ring      ringMap
	seeds     seedState
	counts    counts
	started   time.Time
	callID    atomic.Uint64
	slabs     slabs

	ctx     context.Context // of everything but the loop; ends with it
	cancel  context.CancelFunc
	wg      sync.WaitGroup // all goroutines but upcalls
	upcalls sync.WaitGroup // goroutines that run the application's code

	closing  atomic.Bool
	stopOnce sync.Once
	stopping chan struct{} // closed: the loop says good-bye and ends
	ended    chan struct{} // closed: the loop has ended
	done     chan struct{} // closed: everything has ended
	close    sync.Once

	mu     sync.Mutex
	err    error
	groups map[string]*Group
	sorted []*Group // see allGroups
	byID   map[wire.GroupID]*Group
	joins  map[*tenure]*joinWatch

	doze doze // of housekeeping

	assembled transport.Slabs // memory of messages put together
}

// Start starts a member: it binds its address and begins to look for others. It does not wait for them, and seeds that cannot be
// reached are no error. ctx bounds Start only. Errors name the field of cfg or the address that is wrong.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	return start(ctx, cfg, func(c core.Config) machine { return core.New(c, time.Now()) })
}

// start is Start with the machine that the loop is to drive.
func start(ctx context.Context, cfg Config, drive func(core.Config) machine) (*Node, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	now := time.Now()
	incarnation, err := newIncarnation(now)
	if err != nil {
		return nil, err
	}
	keeper, incarnation, err := newKeeper(cfg, incarnation, now)
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg:      cfg,
		id:       wire.NewMemberID(cfg.Name, incarnation),
		self:     Member{Name: cfg.Name, Incarnation: incarnation},
		log:      cfg.Logger,
		in:       newInbox(),
		batches:  make(chan []core.Received, 64),
		spare:    make(chan []core.Received, 64),
		doze:     doze{roused: make(chan struct{}, 1)},
		rate:     statexfer.NewRate(int64(cfg.TransferRate)),
		keeper:   keeper,
		started:  time.Now(),
		stopping: make(chan struct{}),
		ended:    make(chan struct{}),
		done:     make(chan struct{}),
		groups:   map[string]*Group{},
		byID:     map[wire.GroupID]*Group{},
		joins:    map[*tenure]*joinWatch{},
		seeds:    seedState{dials: map[netip.AddrPort]string{}, hurry: make(chan struct{}, 1)},
	}
	n.spillRoom.dir, n.spillRoom.most = cfg.SpillDir, cfg.SpillBytes
	n.transfers.live = map[*transfer]bool{}
	if err := n.listen(ctx); err != nil {
		keeper.close()
		return nil, err
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.spools = newSpools(n.ctx, cfg.SpillDir, cfg.TransferRate, func(f func()) { n.wg.Go(func() { yielding(f) }) })
	n.events = newEventQueue(n, cfg.Events)
	l, err := newLoop(n, drive)
	if err != nil {
		n.end.Close()
		keeper.close()
		return nil, err
	}
	n.wg.Go(n.keep)
	n.wg.Go(l.read)
	n.wg.Go(n.welcome)
	n.wg.Go(n.seek)
	n.wg.Go(n.housekeeping)
	n.wg.Go(n.events.run)
	go func() {
		l.run()
		n.finish()
	}()
	return n, nil
}

// newIncarnation makes a number that is greater for a later start, and differs for two starts in one millisecond.
func newIncarnation(now time.Time) (uint64, error) {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, fmt.Errorf("lockstep: start: %w", err)
	}
	return uint64(now.UnixMilli())<<20 | uint64(binary.BigEndian.Uint32(b[:])&(1<<20-1)), nil
}

// listen binds the address and finds out what others should dial.
func (n *Node) listen(ctx context.Context) error {
	cfg := &n.cfg
	// A short look at the seeds: their addresses say which interface counts. Names that do not answer yet may do so later.
	look, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	seeds, _ := transport.Resolve(look, cfg.Seeds, cfg.Resolve)
	cancel()
	tr := cfg.Transport
	if tr == nil {
		udp, err := transport.ListenUDP(ctx, transport.UDPConfig{Listen: cfg.Listen, MTU: cfg.MTU, Seeds: seeds, NoOffload: cfg.OffloadDisabled})
		if err != nil {
			return fmt.Errorf("lockstep: start: %w", err)
		}
		tr = udp
	}
	addr, err := n.advertise(ctx, tr.Addr(), seeds)
	if err == nil {
		n.addr = addr
		n.end, err = transport.NewEndpoint(transport.EndpointConfig{
			Transport: tr, Key: cfg.Key.bytes(), Insecure: cfg.InsecureNoKey, Label: cfg.Cluster, Self: n.id,
		})
	}
	if err != nil {
		if cfg.Transport == nil {
			tr.Close()
		}
		return fmt.Errorf("lockstep: start: %w", err)
	}
	return nil
}

// advertise is what others should dial: what the configuration says, else what the routes say.
func (n *Node) advertise(ctx context.Context, listen netip.AddrPort, seeds []netip.AddrPort) (netip.AddrPort, error) {
	text := n.cfg.Advertise
	if text == "" {
		return transport.Advertise(listen, seeds)
	}
	if a, err := netip.ParseAddrPort(text); err == nil {
		return a, nil
	}
	host, port := text, fmt.Sprint(listen.Port())
	if h, p, err := net.SplitHostPort(text); err == nil {
		host, port = h, p
	}
	addrs, problems := transport.Resolve(ctx, []string{net.JoinHostPort(host, port)}, n.cfg.Resolve)
	if len(addrs) == 0 {
		why := errors.New("no address")
		for _, p := range problems {
			why = p
		}
		return netip.AddrPort{}, fmt.Errorf("Config.Advertise: %w", why)
	}
	return addrs[0], nil
}

// Self is this member: its name and the incarnation drawn at Start.
func (n *Node) Self() Member { return n.self }

// Addr is what others should dial, for datagrams and streams alike; with port 0 in Config.Listen it has the port chosen.
func (n *Node) Addr() netip.AddrPort { return n.addr }

// Done is closed when the node has ended: by Close, or because its name is taken or its socket failed.
func (n *Node) Done() <-chan struct{} { return n.done }

// Err is nil while the node lives, ErrClosed after Close, and otherwise why it ended.
func (n *Node) Err() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.err
}

// Group is the group of that name. While it lives, the same name gives the same Group; cfg counts if it is not joined. It
// never blocks; what is wrong with name or cfg is Join's error.
func (n *Node) Group(name string, cfg GroupConfig) *Group {
	cfg = cfg.withDefaults(n.cfg)
	n.mu.Lock()
	defer n.mu.Unlock()
	g := n.groups[name]
	if g == nil {
		g = newGroup(n, name, cfg)
		n.groups[name] = g
		n.byID[g.id] = g
		return g
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cur == nil {
		g.cfg = cfg
	}
	return g
}

// Groups are the names of all groups that members of the ring are in or wait for, whether this node is or not, sorted. It returns
// nil after Close.
func (n *Node) Groups() []string {
	names, _ := ask(context.Background(), n, func(l *loop) []string { return slices.Clone(l.core.Groups()) })
	return names
}

// Members are the members of any group, by age, as this member's directory has them. ErrNoGroup if there is no such group on
// this side of a partition; ErrClosed; the context's error.
func (n *Node) Members(ctx context.Context, group string) ([]Member, error) {
	type found struct {
		members []membership.Member
		ok      bool
	}
	f, err := ask(ctx, n, func(l *loop) found {
		members, _, ok := l.core.Members(wire.NewGroupID(group))
		return found{members, ok}
	})
	switch {
	case err != nil:
		return nil, &Error{Op: "members", Group: group, Err: err}
	case !f.ok:
		return nil, &Error{Op: "members", Group: group, Err: ErrNoGroup}
	}
	return membersOf(f.members), nil
}

// ask runs f on the loop and returns its result, or the context's error, whatever the loop is doing.
func ask[T any](ctx context.Context, n *Node, f func(l *loop) T) (T, error) {
	var zero T
	if err := ctx.Err(); err != nil {
		return zero, err
	}
	answer := make(chan T, 1)
	if !n.in.run(func(l *loop) { answer <- f(l) }) {
		return zero, ErrClosed
	}
	select {
	case v := <-answer:
		return v, nil
	case <-ctx.Done():
		return zero, ctx.Err()
	case <-n.ended:
		return zero, ErrClosed
	}
}

func (n *Node) groupByID(id wire.GroupID) *Group {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.byID[id]
}

// allGroups is a snapshot, sorted by name so that whoever walks it does so in one order. It is shared: do not change it.
func (n *Node) allGroups() []*Group {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.sorted) != len(n.groups) { // groups are never taken out
		n.sorted = slices.SortedFunc(maps.Values(n.groups), func(a, b *Group) int { return strings.Compare(a.name, b.name) })
	}
	return n.sorted
}

func (n *Node) isClosing() bool { return n.closing.Load() }

// whyClosed is why a closing node closes: ErrClosed if it was asked to.
func (n *Node) whyClosed() error {
	if err := n.Err(); err != nil {
		return err
	}
	return ErrClosed
}

func (n *Node) member() membership.Member { return membership.Member{ID: n.id, Name: n.cfg.Name} }
