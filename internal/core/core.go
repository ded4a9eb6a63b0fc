package core

// The machine itself: its configuration and the one entrance, Step.

import (
	"fmt"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/ordering"
)

// Timing holds the protocol's limits; see lockstep.Timing for what each means.
type Timing struct {
	TokenLoss        time.Duration
	TokenRetransmit  time.Duration
	Rest             time.Duration
	Join             time.Duration
	Consensus        time.Duration
	CommitRetransmit time.Duration
	Probe            time.Duration
	Silence          time.Duration
	Beacon           time.Duration
	DirectRetransmit time.Duration
}

// Config is what a Core is made of.
type Config struct {
	Self       wire.Info // the first address is what others dial
	Timing     Timing
	MaxBody    int      // largest packet body that one datagram carries, in bytes
	MaxMessage int      // largest message, in bytes
	Secret     [32]byte // random: nonces are drawn from it

	Begin  Mark // ring sequences and positions begin above it: what an earlier run stored
	Stored Mark // what is stored now, FirstMark or more; zero: nothing is ever stored, and no Effects.Persist asks for it
	// Numbers is where other numbers begin, at all members alike: zero, but for tests that want to see them end.
	Numbers Numbers

	Ahead Mark // how far beyond its use a mark is stored; zero fields: as membership.Config says

	// Room, if not nil, gives memory for messages that are put together from fragments, and what stands for it in Upcall.Memory and
	// Effects: no bytes, with room for so many. Nothing depends on it.
	Room func(size int) (room []byte, memory any)

	// Watch, if not nil, is shown what happens on the ring, for a checker. It must not call back.
	Watch func(*membership.Watched)
}

// Numbers begin above these: a ring's packets and tokens, and a cluster's views.
type Numbers struct{ Packets, Tokens, Views uint64 }

// Core is one member as a pure machine: the same events at the same times give the same effects. It is not safe for
// concurrent use; the node's loop owns it.
type Core struct {
	cfg Config
	now time.Time
	due time.Time // the deadline since the previous step, zero for none

	ring *membership.Machine
	dir  *membership.Directory
	eff  Effects
	gave Effects // what the last call of Effects returned: its slices are used again

	groups   map[wire.GroupID]*group // those this member is in, joins or leaves
	order    []*group                // the same, in the order in which they were first joined
	sending  groupSet                // those with messages without a number
	asking   groupSet                // those with calls that wait to become stable
	parting  groupSet                // those that wait for a moment to leave
	touched  []wire.GroupID          // of which the directory last said something
	control  []*outgoing             // membership events waiting for a number
	turn     int                     // whose turn it is in order
	seeds    Seeds
	seeded   bool
	syncSent bool                  // on this ring
	again    map[wire.GroupID]bool // groups in which this member's next message begins again (see ordering.Assembler)
	attempts uint64

	chains     chains
	reports    reports
	trans      []wire.MemberID // while a transitional configuration is delivered
	congested  congestion
	replay     replay
	direct     direct
	closed     bool
	viewsSpent bool // the last number of a view was given
	drained    bool // the effects of all steps so far were taken
	moved      bool // the directory changed since Invariant last looked at it

	Dropped uint64 // packets dropped after their seal was opened: replays and what the ring refused
}

// New returns a member that is alone on a ring of its own.
func New(cfg Config, now time.Time) *Core {
	c := &Core{cfg: cfg, now: now, groups: map[wire.GroupID]*group{}, again: map[wire.GroupID]bool{}}
	c.replay.windows = map[origin]*window{}
	c.direct.peers = map[wire.MemberID]*channel{}
	c.dir = membership.NewDirectory(membership.Member{ID: cfg.Self.ID, Name: cfg.Self.Name})
	// A packet must still fit when recovery puts it, whole, into another one.
	limits := ordering.DefaultLimits(cfg.MaxBody - wire.DataHeaderSize - wire.ChunkHeaderSize)
	limits.Packets, limits.Tokens = cfg.Numbers.Packets, cfg.Numbers.Tokens
	c.dir.BeginViews(cfg.Numbers.Views)
	c.ring = membership.NewMachine(membership.Config{
		Self: cfg.Self,
		Timing: membership.Timing{
			TokenLoss: cfg.Timing.TokenLoss, TokenRetransmit: cfg.Timing.TokenRetransmit, Rest: cfg.Timing.Rest, Join: cfg.Timing.Join,
			Consensus: cfg.Timing.Consensus, CommitRetransmit: cfg.Timing.CommitRetransmit, Probe: cfg.Timing.Probe,
			Silence: cfg.Timing.Silence, Beacon: cfg.Timing.Beacon,
		},
		Limits: limits, MaxMessage: cfg.MaxMessage, Secret: cfg.Secret, Begin: cfg.Begin, Stored: cfg.Stored, Ahead: cfg.Ahead, Watch: cfg.Watch,
	}, c, (*sink)(c), now)
	c.ring.Keep(func(g wire.GroupID) bool { return c.groups[g] != nil })
	c.ring.Room(cfg.Room)
	c.ring.Suffice(c.dir.Enough)
	c.ring.Start()
	c.due = c.deadline()
	return c
}

// pause is how late a step must be for the process to have been paused rather than busy.
const pause = 200 * time.Millisecond

// Step takes one event at the given time; nil only lets time pass. Effects are to be drained after it.
func (c *Core) Step(now time.Time, ev Event) {
	if late := now.Sub(c.due); late > pause && !c.due.IsZero() {
		// Nobody is to blame for what did not arrive while this process did not run.
		c.ring.Paused(late)
		c.direct.paused(late)
	}
	if c.drained {
		c.drained = false
		c.ring.Recycle()
	}
	c.now = now
	c.ring.Input(now)
	switch ev := ev.(type) {
	case nil:
	case *Received:
		c.receive(ev)
	case Hint:
		c.ring.Hint(ev.Member)
	case Seeds:
		first := !c.seeded
		c.seeds, c.seeded = ev, true
		c.ring.SetSeeds(ev.Addrs)
		c.dir.SetSeeds(ev.Addrs, ev.Unresolved > 0)
		if first {
			c.reconcile() // joins have waited for this
		}
	case JoinGroup:
		c.joinGroup(ev)
	case LeaveGroup:
		c.leaveGroup(ev)
	case JoinGroups:
		c.joinGroups(ev)
	case LeaveGroups:
		c.leaveGroups(ev)
	case TerminateGroup:
		c.terminateGroup(ev.Group)
	case Override:
		c.override(ev)
	case Resize:
		c.resize(ev)
	case *Submit:
		c.submit(ev)
	case SendDirect:
		c.sendDirect(ev)
	case Loaded:
		c.loaded(ev)
	case LoadFailed:
		c.loadFailed(ev)
	case Congested:
		c.congested.set(ev)
	case Report:
		c.report(ev)
	case Persisted:
		c.ring.Persisted(ev.Mark)
	case Settled:
		c.ring.Settled()
	case Close:
		c.close()
	}
	if !c.closed {
		c.ring.Tick()
		c.tickDirect()
		c.stable()
		c.part()
		c.expel()
		c.heed()
		if c.Backlog() > 0 {
			c.ring.Kick()
		}
		if t := c.ring.Taken(); t != nil {
			c.up(Upcall{Kind: UpNode, Sender: membership.Member{ID: t.By, Name: c.cfg.Self.Name}, Text: t.Addr.String()})
			c.close()
		}
		c.exhaust(c.ring.Exhausted())
		if c.viewsSpent {
			c.exhaust("view numbers")
		}
	}
	c.eff.Freed = c.ring.Freed(c.eff.Freed)
	c.due = c.deadline()
}

// exhaust ends a member that has no number left of a kind that never begins again.
func (c *Core) exhaust(what string) {
	if what != "" && !c.closed {
		c.up(Upcall{Kind: UpExhausted, Text: what})
		c.close()
	}
}

func (c *Core) receive(ev *Received) {
	if !c.replay.fresh(ev.Header) {
		c.Dropped++
		return
	}
	switch p := ev.Packet.(type) {
	case *wire.Direct:
		c.receiveDirect(ev.Header.Sealer, p)
	case *wire.DirectAck:
		c.receiveAck(ev.Header.Sealer, p)
	default:
		c.ring.Receive(ev.From, ev.Header, p)
	}
}

// Deadline is when Step wants to be called next, if nothing happens before. Zero: never. Only a Step changes it.
func (c *Core) Deadline() time.Time { return c.due }

// Expects reports whether the token is on its way here, so that a Submit changes nothing before it comes.
func (c *Core) Expects() bool { return !c.closed && c.ring.Expects() }

// Stays reports whether the token waits here for what the handlers of the last upcalls send. It goes on at the event Settled, or a
// millisecond later.
func (c *Core) Stays() bool { return !c.closed && c.ring.Stays() }

func (c *Core) deadline() time.Time {
	if c.closed {
		return time.Time{}
	}
	d := c.ring.Deadline()
	if r := c.direct.deadline(); d.IsZero() || !r.IsZero() && r.Before(d) {
		d = r
	}
	return d
}

// Effects returns what is to be done since the last call; there may be several Steps between two calls. It stays valid until the
// next Step.
func (c *Core) Effects() *Effects {
	c.drained = true
	c.gave, c.eff = c.eff, c.gave
	c.eff.empty()
	return &c.gave
}

func (c *Core) close() {
	if !c.closed {
		c.ring.Leave()
		c.closed = true
	}
}

func (c *Core) up(u Upcall) { c.eff.Upcalls = append(c.eff.Upcalls, u) }

// invariant reports what must not be, and why the packet or event that led to it was dropped.
func (c *Core) invariant(format string, args ...any) {
	c.eff.Notices = append(c.eff.Notices, Notice{Kind: membership.NoticeInvariant, Ring: c.ring.Ring(), Text: fmt.Sprintf(format, args...)})
}

// sink is what the ring half of membership writes to; a type of its own so that Core's method set stays small.
type sink Core

func (s *sink) Send(x membership.Send) { s.eff.Sends = append(s.eff.Sends, x) }

func (s *sink) Key(k membership.RingKey) {
	s.eff.Keys = append(s.eff.Keys, k)
	if k.Remove {
		s.replay.forget(k.Context)
	}
}

func (s *sink) Notice(n membership.Notice) {
	if n.Kind == membership.NoticeDrop {
		s.Dropped++
	}
	s.eff.Notices = append(s.eff.Notices, n)
}

func (s *sink) Persist(k membership.Mark) { s.eff.Persist = k }

func (s *sink) Deliver(d membership.Delivery) { (*Core)(s).deliver(d) }
