package sim

// Queries: an ordered question, and an answer from every member of the view it is delivered in, point to point.

import (
	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// queries are the questions of one application that lack answers.
type queries struct {
	open  map[uint64][]wire.MemberID // by call: who has not answered
	early map[uint64][]wire.MemberID // answers that came before the question was delivered here
	done  int
}

func newQueries() queries {
	return queries{open: map[uint64][]wire.MemberID{}, early: map[uint64][]wire.MemberID{}}
}

// forget drops all questions: the caller was told that nothing is certain.
func (q *queries) forget() {
	clear(q.open)
	clear(q.early)
}

// changed takes out of every question whoever is gone or has no memory of it.
func (q *queries) changed(v *membership.View) {
	for call := range q.open {
		for _, d := range v.Left {
			q.answered(call, d.Member.ID)
		}
		for _, m := range v.Joined {
			q.answered(call, m.ID)
		}
	}
}

func (q *queries) answered(call uint64, by wire.MemberID) bool {
	list := q.open[call]
	for i, id := range list {
		if id != by {
			continue
		}
		if len(list) == 1 {
			delete(q.open, call)
			q.done++
		} else {
			q.open[call] = append(list[:i:i], list[i+1:]...)
		}
		return true
	}
	return false
}

// query handles a question when it is delivered: answers it, or, at the asker, begins to wait.
func (a *app) query(u *core.Upcall, uid evs.UID) {
	if !u.Own {
		a.p.tags++
		a.p.direct.answers[a.p.tags] = true
		a.p.step(core.SendDirect{To: u.Sender.ID, Kind: wire.DirectAnswer, Group: a.g.id, Follow: u.Position, Call: uid.Seq, Tag: a.p.tags,
			Payload: []byte("answer")})
		return
	}
	var expect []wire.MemberID
	for _, m := range a.view.Members {
		if m.ID != a.p.id && !holds(a.view.Loading, m.ID) {
			expect = append(expect, m.ID)
		}
	}
	if len(expect) > 0 {
		a.queries.open[uid.Seq] = expect
	}
	for _, id := range a.queries.early[uid.Seq] {
		a.queries.answered(uid.Seq, id)
	}
	delete(a.queries.early, uid.Seq)
}

func (a *app) answer(u *core.Upcall) {
	if _, open := a.queries.open[u.Call]; open {
		a.queries.answered(u.Call, u.Sender.ID)
	} else if u.Call <= a.seq {
		a.queries.early[u.Call] = append(a.queries.early[u.Call], u.Sender.ID)
	} else {
		a.trouble("direct", "got an answer to call %d, which it never made", u.Call)
	}
}

func holds(list []membership.Member, id wire.MemberID) bool {
	for _, m := range list {
		if m.ID == id {
			return true
		}
	}
	return false
}
