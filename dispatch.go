package lockstep

// From the core's upcalls to the groups: what callers wait for is settled here, on the loop, in the protocol's order; what the
// application is to see is put into its group's queue.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/transport"
)

// dispatch hands out a batch. Neighbouring upcalls of one group share one locking. It reports whether other goroutines may have been
// woken: a group's own, or one that waits for what this member sent or asked.
func (l *loop) dispatch(ups []core.Upcall) (woken bool) {
	var g *Group
	leave := func() {
		if g == nil {
			return
		}
		if g.cur != nil {
			woken = l.wake(g.cur) || woken
		}
		g.mu.Unlock()
	}
	for i := range ups {
		u := &ups[i]
		if u.Kind == core.UpExhausted {
			l.n.stop(&Error{Op: "number", Err: ErrExhausted, Detail: u.Text})
			continue
		}
		if u.Kind == core.UpDiverged {
			l.n.stop(&Error{Op: "deliver", Err: ErrDiverged, Detail: u.Text})
			continue
		}
		if u.Kind == core.UpNode {
			l.n.nameTaken(u)
			continue
		}
		if g == nil || g.id != u.Group {
			leave()
			if g = l.n.groupByID(u.Group); g == nil {
				continue
			}
			g.mu.Lock()
		}
		if g.cur != nil {
			woken = woken || g.cur.wakes(u)
			g.cur.dispatch(l, u)
		}
	}
	leave()
	return woken
}

// wakes reports whether somebody may wait for an upcall: not for what others sent, nor for most of what only says how far things are. The
// group's mutex is held.
func (t *tenure) wakes(u *core.Upcall) bool {
	switch u.Kind {
	case core.UpDeliver:
		return u.Own
	case core.UpStable:
		return len(t.unstable) > 0
	case core.UpNumbered:
		return false
	}
	return true
}

// dispatch takes in one upcall. The group's mutex is held.
func (t *tenure) dispatch(l *loop, u *core.Upcall) {
	switch u.Kind {
	case core.UpDeliver:
		t.dispatchDeliver(u)
	case core.UpView:
		t.dispatchView(l, u)
	case core.UpMerge:
		t.n.spools.merging(spoolKey{t.g.id, u.Position})
		t.put(u)
	case core.UpTransitional, core.UpDirect:
		t.put(u)
	case core.UpFounded:
		t.endLoad() // whoever had the state gave it up
		t.put(u)
	case core.UpBlocked:
		t.dispatchBlocked(u)
	case core.UpLost:
		t.dispatchLost(u)
	case core.UpSave:
		t.n.spools.expect(spoolKey{t.g.id, u.Cut}, u.Members, t.g.cfg.Donors > 1)
		t.put(u)
	case core.UpLoad:
		t.dispatchLoad(u)
	case core.UpLoaded:
		t.dispatchLoaded(u)
	case core.UpStable:
		t.stabilize(u.Position)
	case core.UpAnswer:
		t.answer(u.Call, u.Sender.ID, u.Status, u.Payload)
	case core.UpDirectLost, core.UpDirectDone:
		t.dispatchDirectEnd(u)
	case core.UpNumbered:
		for tag := u.Tag; tag < u.Tag+uint64(u.Count); tag++ {
			t.numbered(tag)
		}
	case core.UpRefused:
		t.end(t.g.fault("join", refusalError(u.Refusal), u.Text))
		t.release()
	case core.UpLeft:
		if t.ended {
			t.loseDirects()
			t.release()
			return
		}
		t.phase = phaseLeaving
		t.loseDirects()
		t.endLoad()
		t.put(u)
	}
}

// endLoad ends a load whose state will never come: nothing that waited for it can be shown.
func (t *tenure) endLoad() {
	if !t.holding {
		return
	}
	keep := t.void()
	t.cancelLd()
	t.holding, t.loadDue = false, false
	for i := range keep {
		t.put(&keep[i])
	}
}

func refusalError(r membership.RefusalKind) error {
	switch r {
	case membership.RefusalLeave:
		return ErrLeft
	case membership.RefusalTerminated:
		return ErrTerminated
	case membership.RefusalNoGroup:
		return ErrNoGroup
	case membership.RefusalExists:
		return ErrGroupExists
	case membership.RefusalConfig, membership.RefusalHandlers:
		return ErrMismatch
	case membership.RefusalTwoFounders:
		return ErrTwoFounders
	}
	return ErrEjected
}

// settle forgets a message of this member's own and gives back its room.
func (t *tenure) settle(tag uint64) (submitted, bool) {
	s, ok := t.pending.remove(tag)
	if ok && !s.numbered {
		t.budget.release(len(s.payload))
	}
	return s, ok
}

// numbered gives back the room of a message that has its number.
func (t *tenure) numbered(tag uint64) {
	s := t.pending.get(tag)
	if s == nil || s.numbered {
		return
	}
	s.numbered = true
	t.budget.release(len(s.payload))
	if s.call == 0 {
		return
	}
	if c := t.calls[s.call]; c != nil {
		c.numbered = true
	}
}

func (t *tenure) dispatchDeliver(u *core.Upcall) {
	t.position = max(t.position, u.Last())
	if u.Own {
		for i := range u.Messages {
			s, ok := t.settle(u.Tag + uint64(i))
			if !ok || s.call == 0 {
				continue
			}
			index := 0
			if s.kind == wire.KindQuery {
				index, _, _ = cutIndex(u.Messages[i].Payload, callSize)
			}
			t.deliveredOwn(s.call, Order(s.order), u.Position+wire.Position(i), u.ViewID, u.Transitional, index)
		}
	}
	if u.Message != wire.KindFlush {
		if m, ok := u.Memory.(*transport.Slab); ok {
			m.Hold() // until deliver is done with it
		}
		t.put(u)
	}
}

func (t *tenure) dispatchView(l *loop, u *core.Upcall) {
	t.position = max(t.position, u.Position)
	t.departed(u.View)
	t.seen = u.View
	if t.holding {
		t.givers.among(u.View)
	}
	t.loading = nil
	for _, m := range u.View.Loading {
		if t.loading == nil {
			t.loading = map[wire.MemberID]bool{}
		}
		t.loading[m.ID] = true
	}
	// When the last member leaves, the group and its table are gone while messages still wait for their handlers.
	if table := l.core.Table(t.g.id); len(table) > 0 {
		t.agreed = newAgreedTable(t.g.frozen.Load(), table)
	}
	t.blocked = !u.View.Primary && t.g.cfg.Partition != Partitionable
	for _, d := range u.View.Left {
		t.n.spools.departed(t.g.id, d.Member.ID)
	}
	t.put(u)
}

func (t *tenure) dispatchBlocked(u *core.Upcall) {
	t.blocked = true
	t.failUncertain("the primary was lost before all were known to have it")
	t.failUnanswered("the primary was lost before all had answered")
	t.budget.fail(ErrNotPrimary)
	v := t.g.View()
	v.Primary = false
	t.g.view.Store(&v)
	t.n.events.blocked(t.g.name)
	t.put(u)
}

func (t *tenure) dispatchLost(u *core.Upcall) {
	s, ok := t.settle(u.Tag)
	if !ok {
		return
	}
	if s.call != 0 {
		c := t.calls[s.call]
		if c == nil {
			return
		}
		switch {
		case u.Uncertain || c.numbered:
			t.finish(c, t.g.fault(c.op(), ErrUncertain, "a view change came between"))
		case t.phase == phaseLeaving && t.n.isClosing():
			t.finish(c, t.g.fault(c.op(), ErrClosed, ""))
		case t.phase == phaseLeaving:
			t.finish(c, t.g.fault(c.op(), ErrLeft, ""))
		default:
			t.finish(c, t.g.fault(c.op(), ErrNotPrimary, ""))
		}
		return
	}
	t.lost++
	t.n.counts.lost.Add(1)
	t.put(lostUpcall(s.order, s.payload, u.Uncertain))
	t.queue.leftLast()
}

// dispatchLoad makes void what waits, and lets only the load itself be handed out until UpLoaded names this member.
func (t *tenure) dispatchLoad(u *core.Upcall) {
	keep := t.void()
	if t.cancelLd != nil {
		t.cancelLd()
	}
	t.load, t.cancelLd = withCancel(t.ctx)
	t.givers.begin(u)
	t.n.spools.void(t.g.id)
	t.position = max(t.position, u.Cut)
	t.holding, t.loadDue = true, true
	if t.spill == nil {
		t.spill = &spill{room: &t.n.spillRoom}
	}
	t.put(u)
	for i := range keep {
		t.put(&keep[i])
	}
}

// void empties the queue. What this member sent and will now not see is reported as lost, with what says so already, which is
// returned to be queued again. Views are void too, also those that came after a load that is now replaced: the state that comes is
// that of a later place, and the first view to be shown is the one behind it.
func (t *tenure) void() []core.Upcall {
	var keep []core.Upcall
	for _, u := range append(t.interrupt(), t.takeQueue()...) {
		switch u.Kind {
		case core.UpLost, core.UpBlocked, core.UpDirect, core.UpLeft:
			keep = append(keep, u)
		case core.UpDeliver:
			keep = t.passedOver(keep, &u)
		}
	}
	return keep
}

// passedOver appends the losses among messages that a state transfer makes void, and ends the calls that wait for the others.
func (t *tenure) passedOver(list []core.Upcall, u *core.Upcall) []core.Upcall {
	if !u.Own || u.Message == wire.KindApp {
		return t.losses(list, u)
	}
	for i := range u.Messages {
		if id, _, ok := cutCall(u.Messages[i].Payload); ok {
			switch c := t.calls[id]; {
			case c == nil:
			case c.alone:
				t.finish(c, t.g.fault(c.op(), ErrNotPrimary, "and the state of this member is being replaced"))
			default:
				t.finish(c, t.g.fault(c.op(), ErrUncertain, "its place was passed over by a state transfer"))
			}
		}
	}
	return list
}

func (t *tenure) dispatchLoaded(u *core.Upcall) {
	for _, m := range u.Members {
		delete(t.loading, m.ID)
		t.n.spools.loaded(t.g.id, m.ID)
	}
	if slices.ContainsFunc(u.Members, func(m membership.Member) bool { return m.ID == t.n.id }) {
		t.holding = false
		t.failures = 0
	}
}
