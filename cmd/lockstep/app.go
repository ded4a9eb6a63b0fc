package main

// The application of "lockstep node": it keeps the log, and prints what it is shown.

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"sync"

	"github.com/lockstep-go/lockstep"
)

// The messages of the group. They are bytes, so what travels is the data and nothing else.
type (
	// Entry is a message of send and burst.
	Entry []byte
	// Change is a message of apply, and goes into the same log.
	Change []byte
	// Ask is the question of query.
	Ask []byte
)

// An app is the log and what is printed of it. Its callbacks run on the group's goroutine, print on any.
type app struct {
	name  string // of this node
	group string
	quiet bool // deliveries are counted and not printed
	out   *lines

	// mu makes a change of the log and the line about it one thing, so that a state line agrees with the lines before it.
	mu      sync.Mutex
	log     chain
	loaded  *chain // what a load brought; it becomes log with the next view, since nothing was printed of it yet
	member  bool   // a view was printed and no "left" since
	view    string // as last printed
	primary bool   // as last printed; false once "blocked" was
	over    bool   // the process ends, and has printed that it left; the log goes on for those who still ask
}

// attach registers the app with the group. Call it before Join.
func (a *app) attach(g *lockstep.Group) {
	lockstep.Handle(g, func(_ context.Context, m lockstep.Message, e Entry) { a.deliver(m, e) })
	lockstep.HandleApply(g, func(_ context.Context, m lockstep.Message, c Change) (uint64, error) {
		a.deliver(m, c)
		return m.Position.Uint64(), nil
	})
	lockstep.HandleQuery(g, func(context.Context, lockstep.Message, Ask) (string, error) { return a.answer(), nil })
	g.OnView(func(_ context.Context, v lockstep.View) { a.showView(v) })
	g.OnBlocked(func(context.Context) { a.showBlocked() })
	g.OnTransitional(func(_ context.Context, with []lockstep.Member) { a.showTransitional(with) })
	g.OnLost(func(_ context.Context, l lockstep.Lost) { a.showLost(l) })
	g.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) { return a.save(), nil },
		Load: func(_ context.Context, r io.Reader) error { return a.load(r) },
		New:  func() error { a.take(&chain{}); return nil },
		Merge: func(_ context.Context, _ lockstep.View, r io.Reader) error {
			return a.merge(r)
		},
	})
}

// deliver takes in a message. Only those from ordered on are the same everywhere in the same order, so only these are the log.
func (a *app) deliver(m lockstep.Message, data []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.member && !a.over {
		return // "left" was printed: this membership was given up while the message was on its way here
	}
	a.settle()
	e := entry{seq: m.Position.Uint64(), sender: m.Sender.String(), data: string(data)}
	if m.Order >= lockstep.Ordered {
		a.log.add(e)
	}
	if a.quiet || a.over {
		return
	}
	a.out.print(deliverEvent{
		Ev: "deliver", Group: a.group, View: viewName(m.View), Seq: e.seq, Order: m.Order.String(), Sender: e.sender, Data: e.data,
		Count: a.log.count, Chain: hex.EncodeToString(a.log.sum[:]), Transitional: m.Transitional,
	})
}

// answer is what a query gets from this member.
func (a *app) answer() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return fmt.Sprintf("%s:%d", a.name, a.log.count)
}

func (a *app) showView(v lockstep.View) {
	if v.Rank < 0 {
		return // the last one of a membership, told by "left"
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	id := viewName(v.ID)
	settled := a.settle()
	if a.over {
		return
	}
	if !settled && a.member && id == a.view && v.Primary == a.primary {
		return // the view that a state was saved in is handed out a second time
	}
	a.member, a.view, a.primary = true, id, v.Primary
	a.out.print(viewEvent{
		Ev: "view", Group: a.group, View: id, Members: names(v.Members), Joined: names(v.Joined), Left: departures(v.Left),
		With: names(v.With), Loading: names(v.Loading), Primary: v.Primary, Count: a.log.count, Chain: hex.EncodeToString(a.log.sum[:]),
	})
}

func (a *app) showBlocked() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.member || !a.primary {
		return // before the first view, or said already
	}
	a.primary = false
	a.out.print(blockedEvent{Ev: "blocked"})
}

func (a *app) showTransitional(with []lockstep.Member) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.member {
		a.out.print(transitionalEvent{Ev: "transitional", Group: a.group, Members: names(with)})
	}
}

func (a *app) showLost(l lockstep.Lost) {
	data, _ := l.Value.(Entry) // nil if it could not be decoded: then the line says at least that there was one
	a.out.print(lostEvent{Ev: "lost", Order: l.Order.String(), Data: string(data), Uncertain: l.Uncertain})
}

// left prints that the membership ended, once, after whatever was delivered. why is nil when somebody asked for it.
func (a *app) left(why error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.printLeft(why)
}

// printLeft is left. The mutex is held.
func (a *app) printLeft(why error) {
	if !a.member {
		return
	}
	a.member, a.view, a.primary, a.loaded = false, "", false, nil
	e := leftEvent{Ev: "left"}
	if why != nil {
		e.Error = why.Error()
	}
	a.out.print(e)
}

// finish prints that the membership ended, for good: the process ends. The group may not have let go of this member yet.
func (a *app) finish() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.printLeft(nil)
	a.over = true
}

// showState prints where the log stands after the last line about it, and its last tail entries.
func (a *app) showState(tag string, tail int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := stateEvent{
		Ev: "state", Tag: tag, View: a.view, Primary: a.primary, Count: a.log.count, Chain: hex.EncodeToString(a.log.sum[:]),
	}
	for _, x := range a.log.tail[len(a.log.tail)-min(max(0, tail), len(a.log.tail)):] {
		e.Tail = append(e.Tail, tailEntry{Seq: x.seq, Sender: x.sender, Data: x.data})
	}
	a.out.print(e)
}

// save is the log as it is at the cut.
func (a *app) save() io.WriterTo {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.newest().frozen()
	a.out.trace(movedEvent{Ev: "saved", Count: c.count, Chain: hex.EncodeToString(c.sum[:])})
	return c
}

func (a *app) load(r io.Reader) error {
	c, err := readChain(r)
	if err != nil {
		return err
	}
	a.take(c)
	a.out.trace(movedEvent{Ev: "loaded", Count: c.count, Chain: hex.EncodeToString(c.sum[:])})
	return nil
}

// take makes c the log with the next view.
func (a *app) take(c *chain) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.loaded = c
}

// settle makes what was loaded the log, and says whether there was anything.
func (a *app) settle() bool {
	if a.loaded == nil {
		return false
	}
	a.log, a.loaded = *a.loaded, nil
	return true
}

// merge takes in the log of another side of a partitionable group; see longer. Like a load it shows with the next line.
func (a *app) merge(r io.Reader) error {
	c, err := readChain(r)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if mine := a.newest(); longer(mine, c) != mine {
		*mine = *c
	}
	return nil
}

// newest is the log, or what was loaded and not shown yet.
func (a *app) newest() *chain {
	if a.loaded != nil {
		return a.loaded
	}
	return &a.log
}
