package lockstep

// Several groups joined, or left, as one event.

import (
	"context"
	"errors"
	"fmt"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// togetherMost is how many groups are joined or left as one event.
const togetherMost = wire.MaxBundle

// JoinTogether joins several groups of this node as one event: at one place in the order, so that nobody ever sees this member in one of them
// and not in the others. Each group's Join has its outcome by itself, as Group.Join describes it: one may be refused, have to wait for its
// founders, or load for longer than the others, which go on without it. It returns when all have their outcome; the error joins those of the
// groups that failed. When ctx ends, the joins without an outcome are given up, and the others stay. A ring that breaks in the middle may
// part the groups whose quorum went different ways; what is left is then asked for together again. At most 1024 groups.
func (n *Node) JoinTogether(ctx context.Context, groups ...*Group) error {
	const op = "join"
	if err := n.mayGoTogether(ctx, op, groups); err != nil {
		return err
	}
	tenures := make([]*tenure, len(groups))
	ev := core.JoinGroups{}
	for i, g := range groups {
		t, join, err := g.enter(ctx, op, wire.JoinOrCreate, false)
		if err != nil {
			for _, t := range tenures[:i] {
				t.abandon(err)
			}
			return err
		}
		tenures[i] = t
		ev.Groups = append(ev.Groups, join)
	}
	n.in.push(ev)
	errs := make([]error, len(groups))
	for _, t := range tenures {
		n.joining(t)
	}
	for i, g := range groups {
		errs[i] = g.await(ctx, op, tenures[i])
	}
	return errors.Join(errs...)
}

// LeaveTogether leaves several groups of this node as one event, when all that this member sent to any of them before is numbered. It returns
// when all are left. When its context ends first, the leave goes on. ErrNotMember, and nothing is left, if this node is not a member of one of
// them. At most 1024 groups.
func (n *Node) LeaveTogether(ctx context.Context, groups ...*Group) error {
	const op = "leave"
	if err := n.mayGoTogether(ctx, op, groups); err != nil {
		return err
	}
	ev := core.LeaveGroups{}
	for _, g := range groups {
		g.mu.Lock()
		t := g.cur
		member := t != nil && !t.ended && t.phase == phaseMember
		g.mu.Unlock()
		if !member {
			return g.fault(op, ErrNotMember, "")
		}
		ev.Groups = append(ev.Groups, g.id)
	}
	var left []<-chan struct{}
	for _, g := range groups {
		g.mu.Lock()
		if t := g.cur; t != nil && !t.ended && t.phase == phaseMember {
			t.phase = phaseLeaving
			t.budget.fail(ErrNotMember)
		}
		left = append(left, g.done)
		g.mu.Unlock()
	}
	n.in.push(ev)
	var errs []error
	for i, g := range groups {
		select {
		case <-left[i]:
		case <-ctx.Done():
			return g.fault(op, ctx.Err(), "it goes on")
		}
		if err := g.Err(); !errors.Is(err, ErrLeft) && !errors.Is(err, ErrTerminated) {
			errs = append(errs, g.joinFailed(op, err))
		}
	}
	return errors.Join(errs...)
}

// abandon ends a membership of which the core knows nothing.
func (t *tenure) abandon(err error) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	t.end(err)
	t.release()
}

// mayGoTogether refuses what cannot be one event.
func (n *Node) mayGoTogether(ctx context.Context, op string, groups []*Group) error {
	if len(groups) > togetherMost {
		return &Error{Op: op, Err: fmt.Errorf("%d groups at once, at most %d", len(groups), togetherMost)}
	}
	seen := map[*Group]bool{}
	for _, g := range groups {
		switch {
		case g.node != n:
			return g.fault(op, errors.New("it is another node's"), "")
		case seen[g]:
			return g.fault(op, errors.New("it is named twice"), "")
		}
		seen[g] = true
		if err := g.mayWait(ctx, op); err != nil {
			return err
		}
	}
	return nil
}
