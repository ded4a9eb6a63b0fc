package sim

// Linearizability: each group's state has registers and locks, calls on them are written down as their callers see them, and a judge who
// knows nothing of messages says whether they fit one order.

import (
	"fmt"
	"math/bits"
	"time"

	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/linear"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// Linearizability is the name under which calls that fit no order are reported.
const Linearizability evs.Property = "linearizability"

// linearLimit bounds the time to judge one group's calls. It is not the run's time: the verdict is the same whatever the processor.
const linearLimit = 30 * time.Second

// places is how many registers and how many locks each group has.
const places = 4

// objects are the part of a group's state that calls are about. The value is copied with the state.
type objects struct {
	founding  int            // what was before the last founding is gone
	registers [places]uint64 // 0: never written
	locks     [places]lock
}

type lock struct {
	holder evs.Member // empty: free
	fence  uint64     // the position of the message by which it was acquired
}

// A deed is one operation on one object.
type deed struct {
	kind  linear.Kind
	place int
	value uint64
}

// deedOf says what a message does: it follows from who sent it, as which one, so that no payload has to say it. Only ordered calls
// do anything.
func deedOf(kind wire.Kind, order wire.Order, uid evs.UID) (d deed, ok bool) {
	if order < wire.OrderAgreed || kind != wire.KindApply && kind != wire.KindQuery {
		return deed{}, false
	}
	h := uid.Seq * prime1
	for i := range len(uid.Sender) {
		h = bits.RotateLeft64(h^uint64(uid.Sender[i]), 23) * prime2
	}
	h ^= h >> 31
	d = deed{place: int(h>>8) % places, value: h | 1}
	switch {
	case kind == wire.KindQuery && h%2 == 0:
		d.kind = linear.Read
	case kind == wire.KindQuery:
		d.kind = linear.Holder
	default:
		d.kind = [...]linear.Kind{linear.Write, linear.Write, linear.Write, linear.Acquire, linear.Acquire, linear.Acquire, linear.Release, linear.Break}[h%8]
	}
	return d, true
}

// do carries a deed out and says what its caller is told.
func (o *objects) do(d deed, by evs.Member, at wire.Position) linear.Result {
	l := &o.locks[d.place]
	switch d.kind {
	case linear.Write:
		o.registers[d.place] = d.value
	case linear.Read:
		return linear.Result{Value: written(o.registers[d.place])}
	case linear.Holder:
		return linear.Result{Value: string(l.holder)}
	case linear.Acquire:
		if l.holder == "" {
			*l = lock{by, uint64(at)}
		}
		if l.holder == by {
			return linear.Result{Fence: l.fence}
		}
	case linear.Release:
		if l.holder == by {
			l.holder = ""
			return linear.Result{Done: true}
		}
	case linear.Break:
		held := l.holder != ""
		l.holder = ""
		return linear.Result{Done: held}
	}
	return linear.Result{}
}

func written(v uint64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf("%x", v)
}

// A call is one deed that somebody asked for.
type call struct {
	linear.Record
	uid  evs.UID
	at   wire.Position // where its caller delivered it; 0: it has not
	felt bool          // somebody delivered it: it may have had an effect
}

// calls are those of one application that wait for their answer, in the order of its deliveries.
type calls struct{ waiting []*call }

// forget gives up on all of them: their caller is told that nothing is certain.
func (c *calls) forget() { c.waiting = nil }

// noteCall writes down a call, just accepted.
func (a *app) noteCall(kind wire.Kind, order wire.Order, uid evs.UID) {
	d, ok := deedOf(kind, order, uid)
	if !ok || a.g.partitionable() { // there every side goes on: nothing fits one order
		return
	}
	r := linear.Record{Client: string(a.p.member), Call: int64(a.p.n.c.history.Steps()), Open: true,
		Op: linear.Op{Kind: d.kind, Key: fmt.Sprintf("%d/%d", a.objects.founding, d.place)}}
	if d.kind == linear.Write {
		r.Op.Value = written(d.value)
	}
	a.g.calls[uid] = &call{Record: r, uid: uid}
	a.p.n.c.stats.Calls++
	a.g.called = append(a.g.called, a.g.calls[uid])
}

// carryOut does what a delivered message asks for.
func (a *app) carryOut(kind wire.Kind, order wire.Order, uid evs.UID, own bool, at wire.Position) {
	d, ok := deedOf(kind, order, uid)
	if !ok {
		return
	}
	result := a.objects.do(d, uid.Sender, at)
	c := a.g.calls[uid]
	if c == nil {
		return
	}
	c.felt, c.Place = true, uint64(at)
	if own {
		c.Result, c.at = result, at
		a.calls.waiting = append(a.calls.waiting, c)
	}
}

// settled answers the calls up to a position.
func (a *app) settled(to wire.Position) {
	w := &a.calls.waiting
	for len(*w) > 0 && (*w)[0].at <= to {
		c := (*w)[0]
		*w = (*w)[1:]
		a.add(evs.Event{Kind: evs.Answered, Message: c.uid})
		a.p.n.c.stats.Answered++
		c.Open, c.Return = false, int64(a.p.n.c.history.Steps())
	}
}

// found begins anew: a group founded again has registers and locks of its own.
func (a *app) found() {
	a.g.foundings++
	a.objects = objects{founding: a.g.foundings}
}

// judgeCalls asks the judge about every group whose memory lives. Where all who had an acknowledged message died, what it did is gone
// with them; that is no broken promise, and there is nothing to judge.
func (c *Cluster) judgeCalls(forgotten map[string]bool) []evs.Violation {
	var all []evs.Violation
	for _, g := range c.groups {
		if forgotten[g.Name] {
			continue
		}
		var records []linear.Record
		for _, k := range g.called {
			if k.felt || !k.Open { // what nobody delivered had no effect
				records = append(records, k.Record)
			}
		}
		for _, f := range linear.Check(records, linearLimit) {
			all = append(all, evs.Violation{Property: Linearizability, Group: g.Name, Text: f.Key + ": " + f.Text})
		}
	}
	return all
}
