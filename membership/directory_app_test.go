package membership

// The application of the fake world, and what it checks of everything it is told.

import (
	"fmt"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// admitted checks that nobody is let in who has nothing to do with the group any more. A leave on its way may find that its member was
// let in meanwhile.
func (a *app) admitted() {
	if !a.join && !a.leave && !a.in {
		a.p.w.t.Fatalf("%s is let in, though it does not ask to be", a.p.name)
	}
}

// run does it now, or after the load that is under way.
func (a *app) run(f func()) {
	if a.load != nil {
		a.waiting = append(a.waiting, f)
		return
	}
	f()
}

func (a *app) say(format string, args ...any) {
	a.trace = append(a.trace, fmt.Sprintf(format, args...))
}

// told returns what the application was told since the last call.
func (a *app) told() []string {
	t := a.trace
	a.trace = nil
	return t
}

func names(list []Member) string {
	s := ""
	for _, m := range list {
		s += m.Name
	}
	return s
}

func (v *View) words() string {
	s := fmt.Sprintf("view %s joined:%s with:%s", names(v.Members), names(v.Joined), names(v.With))
	for _, l := range v.Left {
		s += fmt.Sprintf(" left:%s(%v)", l.Member.Name, l.Reason)
	}
	if len(v.Loading) > 0 {
		s += " loading:" + names(v.Loading)
	}
	return s + fmt.Sprintf(" primary:%v rank:%d", v.Primary, v.Rank)
}

// drain carries out what the directory reports.
func (p *proc) drain() {
	for _, e := range p.dir.Events() {
		a := p.apps[e.Group]
		if a == nil {
			if e.Kind == EventLeft {
				continue
			}
			p.w.t.Fatalf("%s: %v of a group it has nothing to do with", p.name, e.Kind)
		}
		a.event(e)
	}
}

func (a *app) event(e Event) {
	w, p := a.p.w, a.p
	switch e.Kind {
	case EventView:
		a.held = slices.DeleteFunc(a.held, func(x wire.Position) bool { return x < e.Position })
		if e.View.Rank >= 0 {
			a.join, a.in, a.blocked = false, true, false
		}
		a.run(func() { a.install(e) })
	case EventBlocked:
		if a.blocked {
			w.t.Fatalf("%s blocked twice", p.name)
		}
		a.blocked = true
		a.run(func() { a.say("blocked") })
	case EventRefused:
		a.join, a.refused = false, e
		a.say("refused: %v: %s", e.Refusal, e.Text)
	case EventLeft, EventTwoFounders:
		// The list stays for the tests to look at; the member is out.
		a.in, a.load, a.waiting, a.held, a.ended, a.unsure = false, nil, nil, nil, e.Refusal, false
		a.blocked = false
		a.leave = false
		if e.Kind == EventLeft {
			a.has = false
		}
		a.say("%v: %v", e.Kind, e.Refusal)
	case EventSave:
		if a.failed {
			return
		}
		a.run(func() {
			a.saved[e.Cut] = slices.Clone(a.state)
			a.say("save for %s", names(e.Members))
		})
	case EventLoad:
		a.admitted()
		a.join, a.in = false, true
		a.load, a.waiting, a.has = &e, nil, false
		if a.unsure {
			a.view = a.before
		}
		a.unsure, a.before = true, a.view
		a.held = slices.DeleteFunc(a.held, func(x wire.Position) bool { return x < e.Cut })
		a.say("load from %s%s", e.Donor.Name, names(e.Members))
	case EventLoaded:
		a.unsure = a.unsure && !slices.ContainsFunc(e.Members, func(m Member) bool { return m.ID == p.info.ID })
		a.run(func() { a.say("loaded %s", names(e.Members)) })
	case EventMerge:
		a.run(func() {
			a.sides = append(a.sides, e.Sides...)
			s := ""
			for _, side := range e.Sides {
				s += side.Donor.Name
			}
			a.say("merge %s", s)
		})
	case EventReplay:
		if a.blocked && len(a.held) > 0 && a.held[0] < e.Position {
			w.t.Fatalf("%s: held messages are replayed while it is blocked", p.name)
		}
		for len(a.held) > 0 && a.held[0] < e.Position {
			x := a.held[0]
			a.held = a.held[1:]
			w.replays++
			a.run(func() { a.state = append(a.state, x); a.say("replayed") })
		}
	case EventFounded:
		a.admitted()
		a.load, a.waiting, a.state, a.has, a.unsure = nil, nil, nil, true, false
		a.join, a.in = false, true
		a.say("founded")
	default:
		w.t.Fatalf("%s: event %v", p.name, e.Kind)
	}
}

func (w *world) byID(id wire.MemberID) *proc {
	for _, p := range w.procs {
		if p.info.ID == id {
			return p
		}
	}
	w.t.Fatalf("nobody is %v", id)
	return nil
}

// install checks a view against the one before and against the others'.
func (a *app) install(e Event) {
	w, p, v := a.p.w, a.p, e.View
	a.say("%s", v.words())
	if v.ID.Num <= a.view.ID.Num {
		w.t.Fatalf("%s: view %v after %v", p.name, v.ID, a.view.ID)
	}
	if v.Rank < 0 {
		a.view = *v
		return
	}
	if v.Members[v.Rank].ID != p.info.ID {
		w.t.Fatalf("%s: rank %d in %s", p.name, v.Rank, names(v.Members))
	}
	self := func(m Member) bool { return m.ID == p.info.ID }
	came := slices.ContainsFunc(v.Joined, self)
	switch {
	case came && (len(v.With) != 1 || !self(v.With[0])):
		w.t.Fatalf("%s joined with %s", p.name, names(v.With))
	case !came && !slices.ContainsFunc(v.With, self):
		w.t.Fatalf("%s is not with itself: %s", p.name, v.words())
	}
	if !came {
		// Only who joined may have been out of the view before; and nobody vanishes without a word.
		for _, m := range a.view.Members {
			if !slices.Contains(v.Members, m) && !slices.ContainsFunc(v.Left, func(d Departure) bool { return d.Member == m }) {
				w.t.Fatalf("%s: %s vanished: %s after %s", p.name, m.Name, v.words(), a.view.words())
			}
		}
		for _, m := range v.Members {
			if !slices.Contains(a.view.Members, m) && !slices.Contains(v.Joined, m) {
				w.t.Fatalf("%s: %s appeared: %s after %s", p.name, m.Name, v.words(), a.view.words())
			}
		}
	}
	if ros, _ := p.dir.Roster(e.Group); !came && a.config.Partition != wire.PolicyPartitionable {
		key := fmt.Sprint(a.name, ros.Founding)
		if w.lastView[key] == nil {
			w.lastView[key] = map[wire.ViewID]string{}
		}
		state := fmt.Sprint(a.state)
		if was, ok := w.lastView[key][v.ID]; ok && was != state {
			w.t.Fatalf("%s enters %v with %s, another with %s", p.name, v.ID, state, was)
		}
		w.lastView[key][v.ID] = state
	}
	a.view = *v
	w.checkForgotten(a, e)
}

// checkForgotten reports a primary view without a message that somebody was answered for, while a memory of it lives.
func (w *world) checkForgotten(a *app, e Event) {
	v := e.View
	if !v.Primary || a.load != nil || a.config.Partition == wire.PolicyPartitionable {
		return
	}
	w.primary++
	ros, _ := a.p.dir.Roster(e.Group)
	for _, x := range w.answered[fmt.Sprint(a.name, ros.Founding)] {
		if x > e.Position || slices.Contains(a.state, x) {
			continue // a view that waited for a load may run behind the answer to a later message
		}
		for _, q := range w.procs {
			if b := q.app(a.name); q.alive && b != nil && b.in && b.has && b != a && slices.Contains(b.state, x) {
				w.t.Fatalf("%s: %s forgets %d, which %s knows", a.p.name, v.words(), x, q.name)
			}
		}
	}
}

// finishMerge merges what the other sides' donors have saved by now.
func (a *app) finishMerge() bool {
	n := len(a.sides)
	a.sides = slices.DeleteFunc(a.sides, func(side MergeSide) bool {
		b := a.p.w.byID(side.Donor.ID).app(a.name)
		state, ok := b.saved[side.Cut]
		if !ok || !b.p.alive {
			return false
		}
		for _, x := range state {
			if !slices.Contains(a.state, x) {
				a.state = append(a.state, x)
			}
		}
		slices.Sort(a.state)
		a.p.w.merges++
		return true
	})
	return len(a.sides) < n
}

// finishLoad ends a load for which one of those who were to save lives and has saved.
func (a *app) finishLoad() bool {
	if a.load == nil {
		return false
	}
	var state []wire.Position
	var giver Member
	all := append([]Member{a.load.Donor}, a.load.Members...)
	for i := range all {
		m := all[(a.p.w.loads+i)%len(all)]
		donor := a.p.w.byID(m.ID)
		b := donor.app(a.name)
		if !donor.alive || b == nil || donor.ring != a.p.ring || a.giving != "" && m.Name != a.giving {
			continue
		}
		if s, ok := b.saved[a.load.Cut]; ok {
			state, giver = s, m
			break
		}
	}
	if giver.ID.IsZero() {
		return false
	}
	a.p.w.loads++
	if giver != a.load.Donor {
		a.p.w.spared++
	}
	a.giver = wire.MemberID{}
	if len(a.load.Members) > 0 {
		a.giver = giver.ID
	}
	a.state, a.has, a.loadedCut, a.load = slices.Clone(state), true, a.load.Cut, nil
	waiting := a.waiting
	a.waiting = nil
	for i, f := range waiting {
		if a.load != nil {
			a.waiting = append(a.waiting, waiting[i:]...)
			break
		}
		f()
	}
	return true
}

// fail ends a membership whose state is not the group's any more: it is given to nobody.
func (a *app) fail() {
	a.join, a.failed, a.has, a.saved = false, true, false, map[wire.Position][]wire.Position{}
}

// reconcile puts to the ring what the application wants and the directory does not know, once on each ring.
func (p *proc) reconcile() {
	if !p.dir.Synced() || p.moving != nil || p.frozen {
		return
	}
	for _, a := range p.sorted() {
		g := wire.NewGroupID(a.name)
		in := p.dir.Membership(g)
		ask := func(kind wire.Kind, key any, payload []byte) {
			if want := fmt.Sprint(kind, key, p.ring.id); a.asked != want {
				a.asked = want
				p.send(kind, g, payload)
			}
		}
		switch {
		case a.leave:
			l := wire.GroupLeave{Member: p.info.ID, Lost: a.failed}
			if a.failed {
				l.Seeds = a.seeds
			}
			ask(wire.KindGroupLeave, a.failed, l.Append(nil))
		case a.join && in == MembershipNone:
			j := a.wish()
			ask(wire.KindGroupJoin, 0, j.Append(nil))
		case in == MembershipLoading && a.load == nil && a.has:
			ask(wire.KindLoaded, a.loadedCut, wire.Loaded{Member: p.info.ID, Cut: a.loadedCut, Giver: a.giver}.Append(nil))
		}
	}
}

func (a *app) wish() wire.GroupJoin {
	return wire.GroupJoin{Name: a.name, Mode: a.mode, Config: a.config, Seeds: a.seeds, Table: a.table, Attempt: 7,
		Member: wire.GroupMember{ID: a.p.info.ID, Name: a.p.name}}
}

// joins are those that p brings to a ring.
func (p *proc) joins() (list []wire.GroupJoin) {
	for _, a := range p.sorted() {
		if a.join && !a.leave && p.dir.Membership(wire.NewGroupID(a.name)) == MembershipNone {
			list = append(list, a.wish())
		}
	}
	return list
}

// recut says that the load under way failed.
func (a *app) recut() {
	a.p.send(wire.KindRecut, wire.NewGroupID(a.name), wire.Recut{Member: a.p.info.ID, Cut: a.load.Cut, Donor: a.load.Donor.ID}.Append(nil))
}

// say numbers a message of the application.
func (p *proc) say(group string) bool {
	if p.frozen || !p.dir.MayNumber(wire.NewGroupID(group)) {
		return false
	}
	p.send(wire.KindApp, wire.NewGroupID(group), nil)
	return true
}

// stable remembers what the members of a ring may have been answered for: messages that all of it hold, in a group whose
// members have all delivered the ring's sync.
func (r *fakeRing) stable(w *world) {
	for _, q := range r.members {
		if !r.synced[q] {
			return
		}
	}
	for _, p := range r.members {
		if p.ring != r {
			continue
		}
		for k := range p.done {
			m := r.log[k]
			a := p.apps[m.group]
			if m.kind != wire.KindApp || a == nil || !a.in || a.load != nil || !slices.Contains(a.state, m.position) {
				continue
			}
			if r.everywhere(k) {
				a.answer(m.position)
			}
		}
	}
}

// atQuorum reports whether message k of p's ring would be delivered now if it was safe at a quorum. Who has not delivered the ring's
// sync acknowledges nothing that is numbered behind it: the token that shows it the one shows it the other.
func (p *proc) atQuorum(k int) bool {
	r := p.ring
	return p.dir.Enough(r.log[k].group, 0, func(id wire.MemberID) bool {
		i := slices.IndexFunc(r.members, func(q *proc) bool { return q.info.ID == id })
		if i < 0 || r.members[i].ring != r || r.members[i].frozen || !r.synced[r.members[i]] {
			return false
		}
		for j := range k + 1 {
			if !r.recv[r.members[i]][j] {
				return false
			}
		}
		return true
	})
}

// answerFor remembers message k of p's ring, if p has delivered it: it was safe at a quorum.
func (p *proc) answerFor(k int) {
	m := p.ring.log[k]
	if a := p.apps[m.group]; a != nil && a.in && a.load == nil && slices.Contains(a.state, m.position) {
		a.answer(m.position)
	}
}

func (a *app) answer(x wire.Position) {
	ros, ok := a.p.dir.Roster(wire.NewGroupID(a.name))
	if !ok || !ros.Live || a.config.Partition == wire.PolicyPartitionable {
		return
	}
	key := fmt.Sprint(a.name, ros.Founding)
	if !slices.Contains(a.p.w.answered[key], x) {
		a.p.w.answered[key] = append(a.p.w.answered[key], x)
	}
}

// goneOn remembers that a member went on with its state into a primary: it answers for all of it.
func (p *proc) goneOn() {
	for _, a := range p.sorted() {
		if a.in && a.has && a.load == nil && !a.blocked && p.dir.Membership(wire.NewGroupID(a.name)) == MembershipMember {
			for _, x := range a.state {
				a.answer(x)
			}
		}
	}
}
