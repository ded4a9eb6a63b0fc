package lockstep

// Join, Create, JoinExisting, Leave, Terminate: how a membership begins and how it is given up.

import (
	"context"
	"errors"
	"fmt"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// ErrAlreadyMember: Join was called on a group that this node is in, or is joining. Nothing was changed.
var ErrAlreadyMember = errors.New("already a member of the group, or joining it")

// Join makes this node a member of the group, founding it if there is none and the founding rules allow. It returns when the
// group's state is here and the first view was handed to OnView. Handlers and callbacks are frozen by the first Join. It waits as
// long as its context lets it; then the attempt is given up, and the error says per seed what stands in the way. Errors:
// ErrMismatch, ErrTwoFounders, ErrNoState, ErrLoad, ErrHandlerPanic, ErrAlreadyMember, ErrNameTaken, ErrClosed, ErrInUpcall, the
// context's.
func (g *Group) Join(ctx context.Context) error { return g.join(ctx, "join", wire.JoinOrCreate) }

// Create is Join, but only founds: ErrGroupExists if the group is there already.
func (g *Group) Create(ctx context.Context) error { return g.join(ctx, "create", wire.JoinCreate) }

// JoinExisting is Join, but never founds: ErrNoGroup if the group is not there.
func (g *Group) JoinExisting(ctx context.Context) error {
	return g.join(ctx, "joinexisting", wire.JoinExisting)
}

func (g *Group) join(ctx context.Context, op string, mode wire.JoinMode) error {
	if err := g.mayWait(ctx, op); err != nil {
		return err
	}
	t, _, err := g.enter(ctx, op, mode, true)
	if err != nil {
		return err
	}
	return g.await(ctx, op, t)
}

// await waits for the outcome of a join.
func (g *Group) await(ctx context.Context, op string, t *tenure) error {
	select {
	case <-t.joined:
		return nil
	case <-t.done:
		// A membership that was complete and ended at once was a membership all the same.
		select {
		case <-t.joined:
			return nil
		default:
		}
		return g.joinFailed(op, g.Err())
	case <-ctx.Done():
	}
	detail := g.node.waiting(g)
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-t.joined:
		return nil
	default:
	}
	err := g.fault(op, ctx.Err(), detail)
	if !t.ended {
		t.end(err)
		g.push(core.LeaveGroup{Group: g.id})
	}
	return err
}

// joinFailed names the call that failed.
func (g *Group) joinFailed(op string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		named := *e
		named.Op, named.Group = op, g.name
		return &named
	}
	return g.fault(op, err, "")
}

// enter begins a membership, after the one before has ended in the core too. It tells the loop, unless the caller is to do that.
func (g *Group) enter(ctx context.Context, op string, mode wire.JoinMode, tell bool) (t *tenure, ev core.JoinGroup, err error) {
	for {
		g.mu.Lock()
		before := g.cur
		if before == nil {
			break
		}
		if !before.ended && before.phase != phaseLeaving {
			g.mu.Unlock()
			return nil, ev, g.fault(op, ErrAlreadyMember, "")
		}
		if before.gone == nil {
			before.gone = make(chan struct{})
		}
		gone := before.gone
		g.mu.Unlock()
		select {
		case <-gone:
		case <-g.node.ended:
			return nil, ev, g.joinFailed(op, g.node.whyClosed())
		case <-ctx.Done():
			return nil, ev, g.fault(op, ctx.Err(), "the former membership has not ended yet")
		}
	}
	defer g.mu.Unlock()
	if g.node.isClosing() {
		return nil, ev, g.joinFailed(op, g.node.whyClosed())
	}
	if err := g.validate(); err != nil {
		return nil, ev, g.fault(op, err, "")
	}
	if g.frozen.Load() == nil {
		g.frozen.Store(g.handlers.freeze())
	}
	select {
	case <-g.done:
		g.done, g.err = make(chan struct{}), nil
	default:
	}
	t = newTenure(g)
	g.cur = t
	ev = core.JoinGroup{Name: g.name, Mode: mode, Config: g.cfg.wire(), Table: g.frozen.Load().table()}
	if tell {
		g.push(ev)
		g.node.joining(t)
	}
	return t, ev, nil
}

// validate checks what Node.Group could not refuse. The group's mutex is held.
func (g *Group) validate() error {
	if why := badName(g.name); why != "" {
		return fieldError("Group name", why)
	}
	if len(g.name) > wire.MaxGroupName {
		return fieldError("Group name", fmt.Sprintf("must be at most %d bytes, is %d", wire.MaxGroupName, len(g.name)))
	}
	if err := g.cfg.validate(g.node.cfg); err != nil {
		return err
	}
	if g.cfg.Partition == Partitionable && !g.cfg.Stateless && (g.calls.state == nil || g.calls.state.Merge == nil) {
		return fieldError("GroupConfig.Partition", "Partitionable needs OnState with Merge, or Stateless")
	}
	return nil
}

// Leave gives up the membership. It returns when the last message before the leave was handled; the leave costs the others no
// time-out. When its context ends first, the leave goes on. ErrNotMember if there is nothing to leave.
func (g *Group) Leave(ctx context.Context) error {
	return g.giveUp(ctx, "leave", core.LeaveGroup{Group: g.id})
}

// Terminate ends the group at all its members, whose Err is ErrTerminated. It returns when this member's membership has ended.
func (g *Group) Terminate(ctx context.Context) error {
	return g.giveUp(ctx, "terminate", core.TerminateGroup{Group: g.id})
}

func (g *Group) giveUp(ctx context.Context, op string, ev core.Event) error {
	if err := g.mayWait(ctx, op); err != nil {
		return err
	}
	g.mu.Lock()
	t := g.cur
	if t == nil || t.ended || t.phase != phaseMember {
		defer g.mu.Unlock()
		return g.fault(op, ErrNotMember, "")
	}
	done := g.done
	if _, leaves := ev.(core.LeaveGroup); leaves {
		t.phase = phaseLeaving
		t.budget.fail(ErrNotMember)
	}
	g.push(ev)
	g.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
		return g.fault(op, ctx.Err(), "it goes on")
	}
	err := g.Err()
	if errors.Is(err, ErrLeft) || errors.Is(err, ErrTerminated) {
		return nil
	}
	return g.joinFailed(op, err)
}
