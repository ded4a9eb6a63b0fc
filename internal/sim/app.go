package sim

// The virtual application: what the root package's Group and an application's handlers do with the upcalls of one group.

import (
	"maps"
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

const (
	congestedAt = 128 // upcalls waiting at which the application says that it cannot keep up
	relaxedAt   = 64
	queueLimit  = 20000 // beyond this congestion has failed
	sendWindow  = 64    // messages of one application waiting for a number
	handlerTime = 4 * time.Millisecond
)

// An app is one group at one process.
type app struct {
	p   *process
	g   *group
	log *evs.Log

	wanted  bool   // the application wants to be a member
	asked   bool   // JoinGroup was given and has no end yet
	leaving bool   // LeaveGroup was given
	joint   uint64 // with others', as so many-th; 0: by itself
	failed  bool   // and the state is lost: nothing more is handled before the membership has ended
	blocked bool
	view    *membership.View // nil while out
	founds  uint64           // the founding that it is in
	end     evs.ViewID       // of the membership, as its last view says
	order   uint64           // the ring on which the end came

	queue     []core.Upcall // from head on
	head      int
	congested bool
	told      bool          // what the core was last told about it
	busy      time.Duration // a handler runs until then
	wake      time.Duration // when pump was arranged to be called for busy

	holding bool // between UpLoad and the UpLoaded that names this member
	loads   int  // which load is the current one
	loaded  bool // the current load has ended well

	merging bool // between UpMerge and the last side's state
	merges  int
	others  []snapshot // of the sides, as far as fetched; the own one first

	count, chain uint64
	objects      objects
	saved        map[wire.Position]snapshot

	seq     uint64
	tags    map[uint64]evs.UID // accepted, neither delivered nor lost
	waiting map[uint64]bool    // of these, without a number
	queries queries
	calls   calls
	stable  wire.Position
}

// newApp makes the application of a new process. It joins when it is told to.
func newApp(p *process, g *group) *app {
	return &app{p: p, g: g, log: p.n.c.history.Log(p.member, g.Name), saved: map[wire.Position]snapshot{}, tags: map[uint64]evs.UID{},
		waiting: map[uint64]bool{}, queries: newQueries()}
}

// join asks for membership.
func (a *app) join() {
	if a.asked || a.view != nil {
		return
	}
	a.wanted, a.asked = true, true
	a.add(evs.Event{Kind: evs.Asked})
	a.p.step(core.JoinGroup{Name: a.g.Name, Config: a.g.config, Table: table()})
}

// leave gives the membership up.
func (a *app) leave() {
	a.wanted = false
	if a.leaving || !a.asked {
		return
	}
	a.leaving, a.joint = true, 0
	a.p.step(core.LeaveGroup{Group: a.g.id})
}

// fail ends a membership whose state is not the group's any more, as a handler's panic does: nobody gets it, what was accepted and not
// delivered is lost, and the application joins again when it is out.
func (a *app) fail() {
	a.void()
	for _, tag := range slices.Sorted(maps.Keys(a.tags)) {
		a.add(evs.Event{Kind: evs.Lost, Message: a.tags[tag], Uncertain: true})
	}
	clear(a.tags)
	clear(a.waiting)
	clear(a.saved)
	a.queue, a.head = nil, 0
	a.queries.forget()
	a.calls.forget()
	a.add(evs.Event{Kind: evs.Left})
	a.loads++
	a.blocked, a.view, a.failed, a.leaving = false, nil, true, true
	a.congestion()
	a.p.step(core.LeaveGroup{Group: a.g.id, Lost: true})
}

// ready reports whether the application may send.
func (a *app) ready() bool {
	return a.view != nil && !a.blocked && !a.leaving && !a.holding && !a.merging && len(a.waiting) < sendWindow
}

// send accepts one message from the application, if it may send.
func (a *app) send(kind wire.Kind, order wire.Order, size int) bool {
	if !a.ready() {
		return false
	}
	a.seq++
	uid := evs.UID{Sender: a.p.member, Seq: a.seq}
	a.p.tags++
	tag := a.p.tags
	a.tags[tag] = uid
	a.waiting[tag] = true
	a.add(evs.Event{Kind: evs.Send, Message: uid, Order: evs.Order(order)})
	a.noteCall(kind, order, uid)
	a.p.step(&core.Submit{Group: a.g.id, Messages: []core.Submission{{Kind: kind, Order: order, Tag: tag, Payload: encode(uid, size)}}})
	return true
}

// add records what the application saw.
func (a *app) add(e evs.Event) {
	c := a.p.n.c
	e.At = c.clock.now
	a.log.Add(e)
	if c.opts.Trace != nil {
		c.tracef("%s %s: %s", a.p.member, a.g.Name, e)
	}
}

// route gives an upcall to its group's queue, and messages that come together one by one: the specification knows nothing of it.
func (p *process) route(u *core.Upcall) {
	one := *u
	switch u.Kind {
	case core.UpDeliver:
		if n := len(u.Messages); n > 1 {
			p.n.c.stats.Together += n
		}
		for i := range u.Messages {
			one.Messages, one.Position = u.Messages[i:i+1], u.Position+wire.Position(i)
			if u.Own {
				one.Tag = u.Tag + uint64(i)
			}
			p.routeOne(&one)
		}
	case core.UpNumbered:
		one.Count = 1
		for i := range u.Count {
			if one.Tag = u.Tag + uint64(i); p.n.c.numbersUntold() {
				one.Tag = 0
			}
			p.routeOne(&one)
		}
	default:
		p.routeOne(u)
	}
}

// numbersUntold reports whether applications are not told which of their messages have their numbers, so that they send on only when those are
// delivered. It was a mistake of the core while the generations up to the fifth were drawn, and their seeds stay what they were.
func (c *Cluster) numbersUntold() bool {
	return c.opts.Generation >= 1 && c.opts.Generation <= withMidway
}

func (p *process) routeOne(u *core.Upcall) {
	c := p.n.c
	if c.opts.spoil != nil && c.opts.spoil(*u) {
		return
	}
	c.hash(3, uint64(u.Kind)<<56^uint64(u.Group), uint64(u.Position)^u.Tag<<32, 0)
	c.highest = max(c.highest, u.Position)
	if u.Kind == core.UpExhausted {
		c.trouble("limits", "", p.member, "has no more %s", u.Text)
		return
	}
	if u.Kind == core.UpDiverged {
		c.trouble("chains", "", p.member, "was found to have diverged: %s", u.Text)
		c.clock.after(0, func() { // its node ends
			if p.n.p == p {
				p.n.crash()
			}
		})
		return
	}
	if u.Kind == core.UpNode {
		c.trouble("liveness", "", p.member, "was told that its name is taken by %s at %s", u.Sender.ID, u.Text)
		return
	}
	if u.Kind == core.UpDeliver {
		p.usesPosition(u.Position)
	}
	for _, a := range p.apps {
		if a != nil && a.g.id == u.Group {
			a.enqueue(u)
			return
		}
	}
	c.trouble("upcalls", "", p.member, "got upcall %d of a group it has no part in", u.Kind)
}

// enqueue is what happens to an upcall at once, whatever the handlers do.
func (a *app) enqueue(u *core.Upcall) {
	if c := a.p.n.c; c.opts.Trace != nil && (a.holding || u.Kind == core.UpLoaded) {
		c.tracef("%s %s: upcall %d at %d waits, view %v, members %v", a.p.member, a.g.Name, u.Kind, u.Position, u.View, a.names(u.Members))
	}
	if a.failed && u.Kind != core.UpLeft && u.Kind != core.UpDirectDone && u.Kind != core.UpDirectLost {
		return
	}
	switch u.Kind {
	case core.UpLoad:
		anew := a.holding
		a.void()
		a.startLoad(*u, anew)
		return
	case core.UpLeft, core.UpRefused, core.UpFounded:
		a.order = a.p.ring.Context()
		if a.holding { // no load is waited for any more
			a.loads++
			a.void()
		}
	case core.UpNumbered:
		delete(a.waiting, u.Tag)
		return
	case core.UpLoaded:
		for _, m := range u.Members {
			if m.ID == a.p.id && a.holding {
				if !a.loaded {
					a.trouble("state", "is said to have loaded before it has")
				}
				a.holding = false
			}
		}
	case core.UpMerge:
		if !a.g.partitionable() {
			a.trouble("upcalls", "asked to merge a group that is not partitionable")
			return
		}
	}
	if a.waits() >= queueLimit {
		a.trouble("bounds", "%d upcalls wait: congestion did not slow the group", a.waits())
		return
	}
	if a.head > 64 && a.head > a.waits() {
		a.compact()
	}
	hold(u.Memory)
	a.queue = append(a.queue, *u)
	a.congestion()
}

// void drops what waits, because a new state is coming. What it says about own messages is still true.
func (a *app) void() {
	a.compact()
	kept := a.queue[:0]
	last := -1
	for i := range a.queue {
		if a.queue[i].Kind == core.UpLeft {
			last = i
		}
	}
	for i, u := range a.queue {
		switch {
		case i <= last:
			kept = append(kept, u)
		case u.Kind == core.UpDeliver && u.Own:
			kept = append(kept, core.Upcall{Kind: core.UpLost, Group: u.Group, Tag: u.Tag, Uncertain: true})
		case u.Kind == core.UpLost, u.Kind == core.UpDirectDone, u.Kind == core.UpDirectLost, u.Kind == core.UpDirect, u.Kind == core.UpBlocked:
			kept = append(kept, u)
		}
	}
	clear(a.queue[len(kept):])
	a.queue = kept
	a.holding, a.merging, a.others = false, false, nil
	a.run()
	if a.waits() > 0 { // a handler is busy: what is left is only bookkeeping, and is done now
		a.busy = 0
		a.run()
	}
	a.congestion()
}

func (a *app) congestion() {
	on := a.congested
	switch {
	case a.waits() >= congestedAt:
		on = true
	case a.waits() < relaxedAt:
		on = false
	}
	if on == a.congested {
		return
	}
	a.congested = on
	p := a.p
	p.n.c.clock.after(0, func() {
		p.when(func() {
			if a.told != a.congested {
				a.told = a.congested
				p.n.c.tracef("%s %s: congested %v", p.member, a.g.Name, a.told)
				p.step(core.Congested{Group: a.g.id, On: a.told})
			}
		})
	})
}

// pump runs every application that has something to do.
func (p *process) pump() {
	if p.pumping || p.n.p != p {
		return
	}
	p.pumping = true
	for again := true; again; {
		again = false
		for _, a := range p.apps {
			if a != nil && p.n.p == p && a.run() {
				again = true
			}
		}
	}
	p.pumping = false
}

// run handles what waits, one upcall after the other, until a handler takes its time. It reports whether it did anything.
func (a *app) run() bool {
	c := a.p.n.c
	did := false
	for a.waits() > 0 && !a.holding && !a.merging {
		if a.busy > c.clock.now {
			if a.wake != a.busy {
				a.wake = a.busy
				c.clock.at(a.busy, func() { a.p.when(a.p.pump) })
			}
			return did
		}
		u := a.next()
		did = true
		a.handle(&u)
		c.release(u.Memory)
		if a.p.n.slow && u.Kind == core.UpDeliver {
			a.busy = c.clock.now + handlerTime
		}
		a.congestion()
	}
	return did
}

// next takes the first upcall that waits.
func (a *app) next() core.Upcall {
	u := a.queue[a.head]
	a.queue[a.head] = core.Upcall{}
	if a.head++; a.head == len(a.queue) {
		a.queue, a.head = a.queue[:0], 0
	}
	return u
}

// compact gives back the room of what was taken.
func (a *app) compact() { a.queue, a.head = slices.Delete(a.queue, 0, a.head), 0 }

// waits is how many upcalls wait.
func (a *app) waits() int { return len(a.queue) - a.head }

// trouble reports something that no history shows.
func (a *app) trouble(p evs.Property, format string, args ...any) {
	a.p.n.c.trouble(p, a.g.Name, a.p.member, format, args...)
}
