package sim

// What the application does with each upcall when its turn has come.

import (
	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

func (a *app) handle(u *core.Upcall) {
	switch u.Kind {
	case core.UpDeliver:
		a.deliver(u)
	case core.UpView:
		a.install(u)
	case core.UpTransitional:
		a.add(evs.Event{Kind: evs.Transitional, Members: a.names(u.Members)})
	case core.UpBlocked:
		a.blocked = true
		a.queries.forget()
		a.calls.forget()
		a.add(evs.Event{Kind: evs.Blocked})
	case core.UpLost:
		a.lost(u)
	case core.UpFounded:
		a.count, a.chain = 0, 0
		a.founds = 0
		a.found()
		a.add(evs.Event{Kind: evs.Founded})
	case core.UpMerge:
		a.merge(u)
	case core.UpSave:
		a.save(u)
	case core.UpStable:
		if u.Position > a.stable {
			a.stable = u.Position
			a.add(evs.Event{Kind: evs.Stable, Position: uint64(u.Position)})
			a.settled(u.Position)
			if c := a.p.n.c; c.onStable != nil {
				c.onStable(a.p.n.index, a.g)
			}
		}
	case core.UpAnswer:
		a.answer(u)
	case core.UpDirect:
		a.p.direct.received(a, u)
	case core.UpDirectDone, core.UpDirectLost:
		a.p.direct.ended(a, u)
	case core.UpRefused:
		a.p.n.c.stats.Refused++
		a.p.n.c.tracef("%s %s: refused: %v %s", a.p.member, a.g.Name, u.Refusal, u.Text)
		a.asked, a.leaving = false, false
		a.again()
	case core.UpLeft:
		a.asked, a.leaving, a.blocked, a.view, a.told = false, false, false, nil, false
		a.queries.forget()
		a.calls.forget()
		if !a.failed {
			end := a.end
			if end.Num == 0 {
				end.Ring = a.order
			}
			left := evs.Event{Kind: evs.Left, View: end, Position: uint64(u.Position)}
			if u.Refusal == membership.RefusalLeave {
				left.Together = a.joint
			}
			a.add(left)
		}
		a.failed, a.end, a.founds, a.joint = false, evs.ViewID{}, 0, 0
		switch {
		case u.Refusal != membership.RefusalTwoFounders:
		case a.g.words != nil:
			a.p.n.c.stats.FoundingsMet++
		default:
			a.trouble(evs.OnePrimary, "left: an older founding was met: %s", u.Text)
		}
		a.again()
	}
}

// again asks for membership anew, after a while, if it is still wanted.
func (a *app) again() {
	c := a.p.n.c
	c.clock.after(rejoinAfter, func() {
		a.p.when(func() {
			if a.wanted && !a.asked {
				a.join()
			}
		})
	})
}

func (a *app) deliver(u *core.Upcall) {
	uid, whole := decode(u.Messages[0].Payload)
	c := a.p.n.c
	if !whole || uid.Sender != c.members[u.Sender.ID] {
		a.trouble(evs.NoCreation, "delivered %d bytes at %d from %s that are no message of its own (%s)", len(u.Messages[0].Payload), u.Position,
			c.members[u.Sender.ID], uid)
		return
	}
	if u.Own && a.tags[u.Tag] != uid {
		a.trouble(evs.Outcome, "delivered %s as tag %d, which was %s", uid, u.Tag, a.tags[u.Tag])
	}
	if !u.Own && uid.Sender == a.p.member && a.open(uid) {
		a.trouble(evs.Outcome, "delivered %s without saying that it is its own", uid)
	}
	if u.Own {
		delete(a.tags, u.Tag)
		delete(a.waiting, u.Tag)
	}
	if u.Order >= wire.OrderAgreed {
		a.count++
		a.chain = chainOf(a.chain, uid)
	}
	c.stats.Deliveries++
	a.add(evs.Event{Kind: evs.Deliver, Message: uid, Order: evs.Order(u.Order), Transitional: u.Transitional, Position: uint64(u.Position),
		View: viewID(u.ViewID), Count: a.count, Chain: a.chain})
	if c.onDeliver != nil {
		c.onDeliver(a.p.n.index, u)
	}
	if u.Own {
		a.answerOwn()
	}
	a.carryOut(u.Message, u.Order, uid, u.Own, u.Position)
	if u.Message == wire.KindQuery {
		a.query(u, uid)
	}
}

// open reports whether an accepted message has neither been delivered nor lost.
func (a *app) open(uid evs.UID) bool {
	for _, u := range a.tags {
		if u == uid {
			return true
		}
	}
	return false
}

func (a *app) lost(u *core.Upcall) {
	uid, ok := a.tags[u.Tag]
	if !ok {
		a.trouble(evs.Outcome, "lost tag %d, which it has not submitted or which has ended", u.Tag)
		return
	}
	delete(a.tags, u.Tag)
	delete(a.waiting, u.Tag)
	a.add(evs.Event{Kind: evs.Lost, Message: uid, Uncertain: u.Uncertain})
}

func (a *app) install(u *core.Upcall) {
	v := u.View
	if v == nil {
		a.trouble("upcalls", "got a view upcall without a view")
		return
	}
	if v.Rank < 0 {
		a.end = viewID(v.ID)
		return // the end of the membership follows
	}
	if v.Rank >= len(v.Members) || v.Members[v.Rank].ID != a.p.id {
		a.trouble(evs.SelfInclusion, "has rank %d in %v", v.Rank, a.names(v.Members))
	}
	if (v.Resumes != wire.ViewID{}) {
		a.p.n.c.stats.Resumed++
		if a.blocked {
			a.p.n.c.stats.SidesResumed++
		}
	}
	a.follow(v)
	a.view, a.blocked = v, false
	e := evs.Event{Kind: evs.View, View: viewID(v.ID), Position: uint64(u.Position), Members: a.names(v.Members), Joined: a.names(v.Joined),
		With: a.names(v.With), Loading: a.names(v.Loading), Primary: v.Primary, Resumes: viewID(v.Resumes), Count: a.count, Chain: a.chain}
	if !a.g.Idle && !a.g.partitionable() {
		e.Founding = v.Founding // others may see the first view of a group without a state before its creator does
	}
	for _, d := range v.Left {
		e.Left = append(e.Left, evs.Departure{Member: a.p.n.c.members[d.Member.ID], Reason: d.Reason.String()})
		if d.Reason == wire.ReasonReported {
			a.p.n.c.stats.ReportedLeft++
		}
	}
	a.add(e)
	a.queries.changed(v)
	a.p.n.c.stats.Views++
}

func viewID(v wire.ViewID) evs.ViewID { return evs.ViewID{Num: v.Num, Ring: v.Ring} }

func (a *app) names(list []membership.Member) []evs.Member {
	var names []evs.Member
	for _, m := range list {
		names = append(names, a.p.n.c.members[m.ID])
	}
	return names
}
