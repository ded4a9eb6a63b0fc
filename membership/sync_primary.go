package membership

// Sync for groups with one primary: the newest memory goes on if it may, the others rejoin it, or all wait.

import (
	"fmt"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

func describeFoundings(mine, oldest *wire.GroupRecord) string {
	return fmt.Sprintf("group %q was founded twice: this member's founding %d met the older %d", mine.Name, mine.Founding, oldest.Founding)
}

// formPrimary decides about the memories of one founding, the newest first.
func (d *Directory) formPrimary(mems []memory, waiting []wire.GroupJoin, p wire.Position) []*wire.GroupRecord {
	w := slices.IndexFunc(mems, memory.hasState)
	if w < 0 {
		return d.formLost(mems, waiting, p)
	}
	if !d.mayGoOn(mems[w], mems, waiting) {
		return d.stay(mems, waiting, p)
	}
	adopt(mems[w].rec, settled(mems[w], mems))
	return []*wire.GroupRecord{d.resume(w, mems, waiting, p)}
}

// stay keeps every memory as it is, without a primary. Joins wait with the newest.
func (d *Directory) stay(mems []memory, waiting []wire.GroupJoin, p wire.Position) []*wire.GroupRecord {
	list := make([]*wire.GroupRecord, len(mems))
	for i, m := range mems {
		was := m.rec.Primary
		m.rec.Primary, m.rec.Holders, m.rec.Waiting = false, m.holders, nil
		if was {
			d.blocked(m.rec, p)
		}
		list[i] = m.rec
	}
	for _, j := range waiting {
		d.wait(mems[0].rec, p, j)
	}
	return list
}

// formLost decides where nobody present has any state. The state is given up only if nobody elsewhere can have it: with a size
// when all voters' names are here, without one when all who voted are here or run anew, and not before the seeds of somebody who
// waits, or who left with the state, say that nobody is missing, as when a group is founded for the first time: somebody who was cut
// off may hold an older state. Then those who were still loading and those who wait found the group again.
func (d *Directory) formLost(mems []memory, waiting []wire.GroupJoin, p wire.Position) []*wire.GroupRecord {
	newest := mems[0].rec
	var survivors []wire.GroupMember
	for _, m := range mems {
		newest.View.Num = max(newest.View.Num, m.rec.View.Num)
		for _, id := range m.holders {
			survivors = append(survivors, m.rec.Members[find(m.rec, id)])
		}
	}
	known := d.accounted(mems) && (d.vouching || d.vouched(mems, waiting))
	if known && len(survivors) > 0 && !d.vouching {
		known = !d.misses && len(d.ready(waiting)) > 0 // a voter that is here and has no state may have given it up as lost
	}
	if !known && newest.Config.Size != 0 {
		var names []string
		for _, s := range survivors {
			names = append(names, s.Name)
		}
		for _, j := range waiting {
			if sizeFits(newest, j) {
				names = append(names, j.Member.Name)
			}
		}
		all := func(l list) bool { return l.whole(names) && !d.unsure(l, mems, waiting) }
		known = all(listOf(newest)) && !slices.ContainsFunc(lists(newest, mems), func(l list) bool { return !all(l) })
	}
	switch {
	case !known:
		return d.stay(mems, waiting, p)
	case len(survivors) == 0:
		d.wipe(newest)
		return []*wire.GroupRecord{d.formWaiting(newest.Name, waiting, p)}
	}
	ready := d.ready(waiting)
	// A change of the size, or an override, may have left places open that nobody can come to fill now.
	need := len(newest.Voters)
	if newest.Votes != 0 {
		need = max(int(newest.Votes), int(newest.Config.Size)/2+1)
	}
	if distinct(ready, survivors) < need {
		return d.stay(mems, waiting, p)
	}
	newest.Waiting = waiting
	d.begin(newest, p, newest.Config, survivors, ready)
	return []*wire.GroupRecord{newest}
}

// resume makes the memory w the group's next primary. What it met without the right to act is made good, in its order, for those
// who hold it; then one view takes out who is gone and lets in who comes back and who waits.
func (d *Directory) resume(w int, mems []memory, waiting []wire.GroupJoin, p wire.Position) *wire.GroupRecord {
	r, kept := mems[w].rec, mems[w].holders
	mine := slices.Contains(kept, d.self.ID)
	changed := !r.Primary || len(r.Attempts) > 0
	before := len(r.Members)
	blocked := !r.Primary
	r.Primary, r.Holders, r.Waiting = true, nil, nil
	top := uint64(0)
	for _, m := range mems {
		top = max(top, attemptedNumber(m.rec))
	}
	if len(r.Attempts) > 0 {
		resumes := r.View
		r.View.Num = max(r.View.Num, top)
		if blocked {
			d.resumeView(r, kept, resumes, mine)
		}
	}
	if ended := d.makeGood(r, kept, mine); ended {
		for i, m := range mems {
			if i != w && slices.Contains(m.holders, d.self.ID) {
				d.emit(Event{Kind: EventLeft, Name: m.rec.Name, Position: p, Refusal: RefusalTerminated})
			}
		}
		return d.formWaiting(r.Name, waiting, p)
	}
	// Who comes back: holders of other memories. Whoever joined in an attempt that was just made good, and holds nothing, was never told
	// that it is in: it may have given up its join since, and nobody may be in who does not know it. It is let in if it waits here, or
	// when it asks on this ring.
	type comer struct {
		name  string
		table []wire.HandlerEntry
	}
	back := map[wire.MemberID]comer{}
	for i, m := range mems {
		if i == w {
			continue
		}
		for _, id := range m.holders {
			back[id] = comer{m.rec.Members[find(m.rec, id)].Name, handled(m.rec, id)}
		}
	}
	var change viewChange
	was := r.Members
	r.Members = slices.DeleteFunc(slices.Clone(was), func(m wire.GroupMember) bool { return !slices.Contains(kept, m.ID) })
	changed = changed || len(r.Members) != before
	unlist(r)
	change.reload = d.reassign(r, p)
	for _, id := range sortedKeys(back) {
		d.enter(r, p, id, back[id].name, back[id].table)
		change.joined = append(change.joined, id)
	}
	for _, j := range waiting {
		if find(r, j.Member.ID) >= 0 {
			continue
		}
		if kind, text := d.check(r, j); kind != RefusalNone {
			d.refuse(j, p, kind, text)
			continue
		}
		d.enroll(r, p, j)
		change.joined = append(change.joined, j.Member.ID)
	}
	for _, m := range was {
		if find(r, m.ID) < 0 {
			change.left = append(change.left, Departure{asMember(m), d.reason(m.ID)})
		}
	}
	if !changed && len(change.left)+len(change.joined)+len(change.reload) == 0 {
		return r
	}
	r.View.Num = max(r.View.Num, top)
	if mine {
		d.emit(Event{Kind: EventReplay, Name: r.Name, Position: lastPosition})
	}
	d.install(r, p, change)
	r.Epoch = p
	return r
}

// attemptedNumber is the highest number that a view may have been given of which a memory knows: one more for each sync, and each event
// that changes members, that it met only in a transitional configuration.
func attemptedNumber(r *wire.GroupRecord) uint64 {
	n := r.View.Num
	for _, a := range r.Attempts {
		if a.Kind != wire.KindApp {
			n++
		}
	}
	return n
}

// resumeView shows a view of unchanged members to those who were blocked and now make good what they held back: "nothing is
// delivered until the next view".
func (d *Directory) resumeView(r *wire.GroupRecord, kept []wire.MemberID, resumes wire.ViewID, mine bool) {
	r.View = wire.ViewID{Num: max(r.View.Num, d.floor) + 1, Ring: d.context}
	if !mine {
		return
	}
	d.emit(Event{Kind: EventView, Name: r.Name, Position: r.Attempts[0].Position - 1, View: &View{ID: r.View,
		Members: membersAmong(r, memberIDs(r.Members)), With: membersAmong(r, kept), Loading: loading(r), Primary: true, Rank: find(r, d.self.ID), Resumes: resumes,
		Founding: r.Founding}})
}

// makeGood applies a memory's attempts, each after the messages held back before it, and shows them to those who hold the memory.
// Attempts that would leave nobody with the state are dropped: who asked will ask again. ended says that the group was terminated.
func (d *Directory) makeGood(r *wire.GroupRecord, kept []wire.MemberID, mine bool) (ended bool) {
	attempts := r.Attempts
	r.Attempts = nil
	run := func(d *Directory, r *wire.GroupRecord, mine bool) (ended bool) {
		d.decided, d.along = true, kept
		for _, a := range attempts {
			c, ok := parseChange(a.Kind, a.Payload)
			if !ok || r.Founding == 0 {
				continue
			}
			if mine {
				d.emit(Event{Kind: EventReplay, Name: r.Name, Position: a.Position})
			}
			n := len(d.events)
			d.apply(r, a.Position, c)
			for i := range d.events[n:] {
				if e := &d.events[n+i]; e.Kind == EventView {
					e.View.Resumes = d.attempted[attempt{r.Name, a.Position}]
				}
			}
			ended = ended || r.Founding == 0 && c.kind == wire.KindTerminate
		}
		d.decided, d.along = false, nil
		return ended
	}
	founding := r.Founding
	try := cloneRecord(r)
	if !run(d.ghost(), try, false) && (try.Founding != founding || !slices.ContainsFunc(loaded(try), func(id wire.MemberID) bool { return slices.Contains(kept, id) })) {
		return false
	}
	if mine {
		return run(d, r, true)
	}
	g := d.ghost()
	ended = run(g, r, false)
	d.floor = g.floor
	return ended
}
