package lockstep

// One membership of a group, from Join to its end: what the loop, the group's goroutine and callers share about it.

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// A phase is how far a membership is.
type phase uint8

const (
	phaseJoining phase = iota // asked for; no view was handed to the application yet
	phaseMember               // sends are accepted
	phaseLeaving              // given up; deliveries may go on until the core lets go
)

// A tenure is one membership. Every field but ctx, the atomics and the channels is guarded by the group's mutex. The loop writes what the
// protocol says; the group's goroutine, of which there is at most one, takes from queue.
type tenure struct {
	g      *Group
	n      *Node
	ctx    context.Context // marks upcalls; ends with the membership
	cancel context.CancelFunc
	done   chan struct{} // the group's, while this is its membership
	joined chan struct{} // closed when the first view was handed to the application
	gone   chan struct{} // made by whoever waits, and closed when the core has let go: a new Join may begin

	phase   phase
	ended   bool // g.done is closed; nothing but losses is handed to the application any more
	letGo   bool // the core has let go; gone is closed when the group's goroutine is done too
	blocked bool // no primary: nothing is accepted

	seen     *membership.View       // the last view that the loop saw; nil before the first
	loading  map[wire.MemberID]bool // nil for nobody
	agreed   *agreedTable
	position wire.Position // the highest that the loop saw
	stable   wire.Position

	pending  pending
	budget   budget
	directs  map[uint64]directed // SendTo messages on their way, by tag; nil before the first
	direct   uint64              // the last of these tags
	calls    map[uint64]*call    // nil before the first
	unstable []*call             // delivered and not stable, by position
	lost     int                 // messages lost since the last Flush

	queue     upcallQueue
	spill     *spill // what of it is on disk; nil before the first load
	running   bool   // the group's goroutine lives, or another is lent to it
	slow      int    // so many times from now on no goroutine is lent
	doubt     int    // so many times when it next takes long; whoever is lent reads and changes it
	holding   bool   // a load is going on: only UpLoad itself is handed out until UpLoaded names this member
	loadDue   bool   // the UpLoad stands at the head of the queue
	congested bool
	load      context.Context // of the load that is due or going on
	cancelLd  context.CancelFunc
	givers    givers // who can give its state
	failures  int    // loads in a row that failed at the donor

	claim   atomic.Uint64 // see claim.go
	started uint64        // the upper part of claim when the upcall was handed over; the goroutine's own while it runs

	turns    atomic.Uint64                // see busy.go
	kind     atomic.Uint32                // of the upcall that runs
	handling atomic.Pointer[handlerEntry] // whose handler runs, while one does
	stall    stall                        // checkHandlers' own
}

func newTenure(g *Group) *tenure {
	t := &tenure{
		g:      g,
		n:      g.node,
		done:   g.done,
		joined: make(chan struct{}),
		agreed: &agreedTable{},
		budget: budget{maxMessages: g.cfg.QueueMessages, maxBytes: g.cfg.QueueBytes},
	}
	t.pending.first = g.nextTag + 1
	t.budget.pace = newPace(g.cfg.RateLimit, t.paced)
	t.ctx, t.cancel = context.WithCancel(context.WithValue(context.Background(), upcallKey{}, g))
	return t
}

// paced lets those go on whom the rate limit held back.
func (t *tenure) paced() {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	t.budget.pace.armed = false
	t.budget.serve()
}

// maySubmit says why nothing is accepted now, or nil. The group's mutex is held.
func (g *Group) maySubmit(op string) error {
	t := g.cur
	switch {
	case g.node.isClosing():
		detail := ""
		if why := g.node.whyClosed(); why != ErrClosed {
			detail = why.Error()
		}
		return g.fault(op, ErrClosed, detail)
	case t == nil || t.phase != phaseMember:
		detail := ""
		if t == nil && g.err != nil {
			detail = "the membership ended: " + g.err.Error()
		}
		return g.fault(op, ErrNotMember, detail)
	case t.blocked:
		return g.fault(op, ErrNotPrimary, "")
	}
	return nil
}

// end ends the membership for the application: nothing more is handed to it but what of its own is lost, calls return, Done is
// closed. The group's mutex is held. The core may not have let go yet; release says when it has.
func (t *tenure) end(err error) {
	if t.ended {
		return
	}
	t.ended, t.phase = true, phaseLeaving
	g := t.g
	g.err = err
	t.cancel()
	list := append(t.interrupt(), t.takeQueue()...)
	t.holding, t.loadDue = false, false
	for i := range list {
		t.put(&list[i])
	}
	t.failCalls()
	t.n.spools.left(g.id)
	out := g.View()
	out.Rank, out.Primary = -1, false
	g.view.Store(&out)
	close(g.done)
	t.n.events.membershipEnded(g.name, err)
	t.wake()
}

// failCalls ends what callers wait for when a membership ends.
func (t *tenure) failCalls() {
	why := ErrLeft
	if t.n.isClosing() {
		why = ErrClosed
	}
	t.budget.fail(why)
	for _, c := range t.calls {
		if c.numbered {
			t.finish(c, t.g.fault(c.op(), ErrUncertain, why.Error()))
		} else {
			t.finish(c, t.g.fault(c.op(), why, ""))
		}
	}
	t.unstable = nil
}

// release lets a new Join begin, once no upcall of this membership runs or waits. The group's mutex is held.
func (t *tenure) release() {
	if t.g.cur != t {
		return
	}
	if t.running || t.queue.len() > 0 {
		t.letGo = true // the group's goroutine comes back to it when it ends
		return
	}
	t.g.nextTag = t.pending.first + uint64(t.pending.len())
	t.g.cur = nil
	if t.gone != nil {
		close(t.gone)
	}
}

// fail ends a membership that cannot go on, and leaves the group behind the application's back. What state there is is not the
// group's any more, so nobody is to wait for it.
func (t *tenure) fail(err error) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	if t.ended {
		return
	}
	t.end(err)
	t.g.push(core.LeaveGroup{Group: t.g.id, Lost: true})
}

// due reports whether there is something to do and nobody at it. The group's mutex is held.
func (t *tenure) due() bool {
	return !t.running && t.queue.len() > 0 && (!t.holding || t.loadDue)
}

// wake starts the group's goroutine if there is something to do. The group's mutex is held.
func (t *tenure) wake() {
	if t.due() {
		t.running = true
		t.n.doze.end()
		t.n.upcalls.Go(t.run)
	}
}

// next takes the next upcall; false ends the group's goroutine. On loan (see loan.go) it ends as well when what waits is not light, and
// another goroutine goes on.
func (t *tenure) next(loan bool) (core.Upcall, *agreedTable, bool) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	if loan && t.queue.len() > 0 && !t.light() {
		t.n.upcalls.Go(t.run)
		return core.Upcall{}, nil, false
	}
	var u core.Upcall
	ok := false
	for !t.holding || t.loadDue {
		if u, ok = t.queue.pop(); u.Kind != upSpilled {
			break
		}
		ok = false
		t.readBack()
	}
	if !ok {
		t.running = false
		t.queue.idle()
		if t.letGo {
			t.release()
		}
		return core.Upcall{}, nil, false
	}
	t.loadDue = false
	t.hand(&u)
	t.relieve()
	return u, t.agreed, true
}

// put queues an upcall and tells the group to slow down when the queue is half full. Once the membership has ended, only losses
// are queued, and what this member sent and will now not handle becomes one. The group's mutex is held.
func (t *tenure) put(u *core.Upcall) {
	if t.ended {
		for _, l := range t.losses(nil, u) {
			t.queue.push(l)
		}
		return
	}
	t.queue.push(*u)
	t.mindSpill()
	if !t.congested && t.fuller(2) {
		t.congested = true
		t.g.push(core.Congested{Group: t.g.id, On: true})
	}
}

// upcallKey marks the context of upcalls; its value is the *Group.
type upcallKey struct{}

// inUpcall is the group whose upcall the context was given to, nil for any other context.
func inUpcall(ctx context.Context) *Group {
	g, _ := ctx.Value(upcallKey{}).(*Group)
	return g
}

// mayWait refuses what would wait for itself, and what has no time left.
func (g *Group) mayWait(ctx context.Context, op string) error {
	if in := inUpcall(ctx); in != nil {
		return g.fault(op, ErrInUpcall, fmt.Sprintf("it was given the context of an upcall of group %s; start a goroutine with "+
			"a context of its own, or use a Send", in.name))
	}
	if err := ctx.Err(); err != nil {
		return g.fault(op, err, "")
	}
	return nil
}
