package main

// The election: who leads, since where, and what a member does about it.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"

	"github.com/lockstep-go/lockstep"
)

type (
	// Lead asks to be leader. It is granted to the oldest member of the view in which it is delivered, and to nobody else.
	Lead struct{}
	// WhoLeads asks every member who it thinks leads; all answer the same.
	WhoLeads struct{}
	// Leadership is who leads. The fence is the position of the message that made it so: it is greater for every later leader, even after
	// all members were restarted. The zero Leadership: nobody leads.
	Leadership struct {
		Leader lockstep.Member
		Fence  lockstep.Position
	}
)

// An election is this member's place in it. It calls work while this member leads, and ends the context of work when it no longer does,
// as far as this member knows. That may be late: a member that is cut off or stopped believes in its leadership for a while. So
// whatever work changes outside must be given the fence, and must refuse one that is lower than it has seen; see vault.go.
type election struct {
	group *lockstep.Group
	work  func(ctx context.Context, fence lockstep.Position)

	// Of the group's goroutine alone:
	view    lockstep.View
	current Leadership // replicated
	leading bool       // asks to lead, or does
	resign  context.CancelFunc

	running sync.WaitGroup // work, and asking to lead
}

// newElection sets the group up on a node; stand makes it a member.
func newElection(node *lockstep.Node, size int, work func(ctx context.Context, fence lockstep.Position)) *election {
	e := &election{group: node.Group("leader", lockstep.GroupConfig{Size: size}), work: work, resign: func() {}}
	lockstep.HandleApply(e.group, func(_ context.Context, m lockstep.Message, _ Lead) (Leadership, error) {
		// Every member decides the same, for all have the same view here. A request that a view change has overtaken is refused. Who
		// leads already and asks again gets a new fence, so that nothing it began before counts any more.
		if len(e.view.Members) > 0 && e.view.Members[0] == m.Sender {
			e.current = Leadership{m.Sender, m.Position}
			if m.Sender != node.Self() {
				e.stop()
			}
		}
		return e.current, nil
	})
	lockstep.HandleQuery(e.group, func(context.Context, lockstep.Message, WhoLeads) (Leadership, error) { return e.current, nil })
	e.group.OnView(e.onView)
	e.group.OnBlocked(func(context.Context) { e.stop() }) // others may elect one; this member only knows that it must not
	e.group.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) {
			b, err := json.Marshal(e.current)
			return bytes.NewReader(b), err
		},
		Load: func(_ context.Context, r io.Reader) error {
			e.stop() // this member was out, and others went on
			return json.NewDecoder(r).Decode(&e.current)
		},
	})
	return e
}

// stand makes this member a candidate. It stands until the node ends.
func (e *election) stand(ctx context.Context) error { return e.group.Join(ctx) }

// wait returns when all that this member began has ended; call it after the node's Close.
func (e *election) wait() { e.running.Wait() }

// onView takes the leadership from who is gone, and has the oldest member ask for it.
func (e *election) onView(_ context.Context, v lockstep.View) {
	e.view = v
	if !v.Primary || v.Rank < 0 {
		e.stop()
		return
	}
	if !v.Contains(e.current.Leader) {
		e.current = Leadership{}
	}
	if v.Rank == 0 && !e.leading {
		var ctx context.Context
		ctx, e.resign = context.WithCancel(context.Background())
		e.leading = true
		e.running.Go(func() { e.lead(ctx, v.Members[0]) })
	}
}

// stop ends the work here, or the asking for it. It does not wait: work may take as long as it likes to notice, for the fence guards
// what it does.
func (e *election) stop() {
	e.resign()
	e.leading = false
}

// lead asks for the leadership and works. Apply is safe: when it has answered, every later primary knows of this leader and its fence.
func (e *election) lead(ctx context.Context, me lockstep.Member) {
	for ctx.Err() == nil {
		got, err := lockstep.Apply[Leadership](ctx, e.group, Lead{})
		switch {
		case errors.Is(err, lockstep.ErrUncertain):
			continue // a view change came between; asking twice is harmless
		case err == nil && got.Leader == me:
			e.work(ctx, got.Fence)
		}
		// Else this member is out, without a quorum, or no longer the oldest. OnBlocked, a load or a view says so, and the next view in
		// which it is the oldest begins another attempt.
		return
	}
}
