package sim

// A cluster: its nodes, its groups, the time they share, and what is remembered of the run.

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// lan are the limits of lockstep's default preset.
var lan = core.Timing{
	TokenLoss: 900 * time.Millisecond, TokenRetransmit: 20 * time.Millisecond, Rest: 200 * time.Millisecond, Join: 30 * time.Millisecond,
	Consensus: 250 * time.Millisecond, CommitRetransmit: 25 * time.Millisecond, Probe: 200 * time.Millisecond,
	Silence: 900 * time.Millisecond, Beacon: 500 * time.Millisecond, DirectRetransmit: 50 * time.Millisecond,
}

// Options say what a cluster is made of. The zero value of a field is what its comment says.
type Options struct {
	Seed       uint64
	Nodes      int           // 0: three
	Groups     []GroupSpec   // none: one group "g" of all nodes, without a size
	Network    NetworkConfig // zero: no delay at all and nothing goes wrong
	Timing     core.Timing   // zero: the preset LAN
	MaxBody    int           // 0: 1344, what a datagram of 1400 bytes carries
	MaxMessage int           // 0: 1 MiB
	Seeds      int           // every process knows the first so many nodes; 0: all
	Trace      io.Writer     // nil: no readable trace
	Disk       DiskConfig    // zero: nothing outlives a process
	Near       Near          // where numbers begin; zero: at their beginning
	Generation int           // of the drawing of scenarios; 0: the newest
	Times      int           // as long as faults strike otherwise; 0: once

	// tamper, in the tests of the simulator itself, may change what a node received, as a fault of its memory would.
	tamper func(node int, p wire.Packet)

	// spoil, in the tests of the simulator itself, loses the upcalls for which it returns true.
	spoil func(core.Upcall) bool
}

// rejoinAfter is how long an application waits before it asks for membership again.
const rejoinAfter = 300 * time.Millisecond

// A Cluster is a simulated cluster. It is not safe for use by several goroutines at once.
type Cluster struct {
	opts    Options
	clock   clock
	rng     *rand.Rand // identities and transfers
	net     network
	nodes   []*node
	groups  []*group
	members map[wire.MemberID]evs.Member
	history *evs.History

	troubles  []evs.Violation
	stats     Stats
	coverage  Coverage
	traceHash uint64
	spin      []spinState
	onState   func(node int, s membership.State)
	answers   answers
	onDeliver func(node int, u *core.Upcall)
	onStable  func(node int, g *group) // an application may answer calls
	onSync    func(node int)           // its directory has become one with those of its ring
	highest   wire.Position            // that any application was told
	queues    []core.Queue             // as last looked at
	runs      []wire.MemberID          // all that ever began
	reports   reports
	joint     uint64        // how often groups were joined or left as one
	disturbed int           // faults at work
	calmSince time.Duration // when the last one ended
}

// Stats count what a run consisted of.
type Stats struct {
	Steps, Packets, Lost, Duplicated    int
	Unopened, Unsealed                  int // without the key of their ring
	Deliveries, Views, Directs, Queries int
	Together                            int // of the deliveries, those that came in one upcall with others
	Crashes, CrashesInRecovery          int
	Late                                int // packets that came once more, later
	Transfers, FailedTransfers, Refused int
	Resumed                             int // views that go on after a block or an attempt
	SidesResumed                        int // of these, by a member that was blocked
	Recut                               int // loads that began anew before they had ended
	QuickRestarts                       int // runs that began within a token's time of the end of the one before
	Merges, FailedMerges                int // of members of partitionable groups
	Resizes, Resized                    int // changes of a size that were asked for, and groups that ended with another one
	GroupsBlocked                       int // that rightly had no primary at the end
	Calls, Answered                     int // of registers and locks
	Forgotten                           int // groups whose calls were not judged: what had been acknowledged died with all who had it
	Reports, ReportsOfGone, ReportsTold int // and how often somebody was told of one
	ReportedLeft                        int // members that views say went because they were reported
	Joint                               int // groups joined and left as one, counted by the event
	Overrides, WrongOverrides           int // words that operators gave, and those of them that gave up living members
	Overridden, FoundingsMet            int // members that went on by a word, and those that met another founding
	IdleGroups                          int
	Struck                              [faultKinds]int
	StruckIn                            [membership.StateRecovery + 1]int // faults that waited for a member to come to a state
}

// Faults is how many faults did harm.
func (v Stats) Faults() (n int) {
	for _, k := range v.Struck {
		n += k
	}
	return n
}

// NewCluster builds the cluster; no node runs yet.
func NewCluster(opts Options) *Cluster {
	if opts.Nodes == 0 {
		opts.Nodes = 3
	}
	if opts.Timing == (core.Timing{}) {
		opts.Timing = lan
	}
	if opts.MaxBody == 0 {
		opts.MaxBody = 1344
	}
	if opts.MaxMessage == 0 {
		opts.MaxMessage = 1 << 20
	}
	if len(opts.Groups) == 0 {
		all := GroupSpec{Name: "g"}
		for i := range opts.Nodes {
			all.Nodes = append(all.Nodes, i)
		}
		opts.Groups = []GroupSpec{all}
	}
	c := &Cluster{opts: opts, rng: rand.New(rand.NewPCG(opts.Seed, 1)),
		members: map[wire.MemberID]evs.Member{}, history: &evs.History{}, spin: make([]spinState, opts.Nodes)}
	c.net = network{c: c, cfg: opts.Network, rng: rand.New(rand.NewPCG(opts.Seed, 2))}
	c.clock.arrive = c.net.arrive
	for i := range opts.Nodes {
		n := &node{c: c, index: i, name: string(rune('a' + i)), addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 7946)}
		c.nodes = append(c.nodes, n)
		c.net.paths = append(c.net.paths, make([]path, opts.Nodes))
	}
	for _, s := range opts.Groups {
		c.tracef("group %s of nodes %v, size %d, policy %d", s.Name, s.Nodes, s.Size, s.Policy)
		if s.Policy == wire.PolicyPartitionable {
			c.history.Partitionable = append(c.history.Partitionable, s.Name)
		}
		if s.Size > 0 {
			c.history.Sized = append(c.history.Sized, s.Name)
		}
		if s.Idle {
			c.history.Stateless = append(c.history.Stateless, s.Name)
		}
		c.groups = append(c.groups, &group{GroupSpec: s, calls: map[evs.UID]*call{}, id: wire.NewGroupID(s.Name), config: wire.GroupConfig{Size: uint16(s.Size), Partition: s.Policy, Stateless: s.Idle, Spares: s.Spares}})
	}
	return c
}

// host is the node at an address: the last byte is its place.
func (c *Cluster) host(a netip.AddrPort) *node {
	if !a.Addr().Is4() {
		return nil
	}
	b := a.Addr().As4()
	if i := int(b[3]) - 1; i >= 0 && i < len(c.nodes) && c.nodes[i].addr == a {
		return c.nodes[i]
	}
	return nil
}

// Now is the virtual time since the start of the run.
func (c *Cluster) Now() time.Duration { return c.clock.now }

// History is what the applications saw so far.
func (c *Cluster) History() *evs.History { return c.history }

// maxTroubles bounds what is remembered of what went wrong.
const maxTroubles = 30

// trouble remembers something that went wrong and that no history shows.
func (c *Cluster) trouble(p evs.Property, group string, m evs.Member, format string, args ...any) {
	text := fmt.Sprintf("at %.3fs: ", c.clock.now.Seconds()) + fmt.Sprintf(format, args...)
	c.tracef("TROUBLE %s: %s %s: %s", p, group, m, text)
	if len(c.troubles) < maxTroubles {
		c.troubles = append(c.troubles, evs.Violation{Property: p, Group: group, Member: m, Text: text})
	}
}

// Violations judges the run so far.
func (c *Cluster) Violations() []evs.Violation {
	v := evs.Judge(c.history)
	c.stats.Forgotten = len(v.Forgotten)
	c.judgeReports()
	return slices.Concat(c.troubles, v.Violations, c.judgeCalls(v.Forgotten))
}
