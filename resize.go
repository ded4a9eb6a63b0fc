package lockstep

// The size of a group changed while it runs: how many names vote, and which.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// ErrNotResized: Resize cannot give the group this size; the detail says why: the group has no Size or is Partitionable, too few members
// have the state to be a majority of so many, or another call gave it another size meanwhile.
var ErrNotResized = errors.New("the group cannot have this size")

// Resize changes how many names vote in a group that was founded with a Size, while it goes on, at one place in its order. A primary then
// needs more than half of size voters.
//
// When the group grows, members that had no vote get one, those with the state first, by age; places that are left are filled by whoever
// joins. When it shrinks, names that are not there lose their vote first, then members without the state, then the youngest. More than half of
// the voters, and of those who vote afterwards, must be members with the state. A group in which a name is lost for good is mended by two
// calls: one that takes the lost away, and one that makes room for others.
//
// nil means that the size holds and most voters know it. Until then, where a cut or a crash comes between, it counts as if it had happened
// and as if it had not: whoever has met it and not what became of it goes on only with a majority of both. GroupConfig.Size stays what it is
// in each process: where the size was changed, whatever Size a joiner has will do, and the group's counts. Give the processes the new Size
// afterwards, before they are started anew: a founding begins with it. docs/partitions.md says what else a growing group wants.
//
// It waits. When its context ends the error matches ErrUncertain and the context's, and so does one that says that the primary was lost
// meanwhile: call it again, with the same size it is harmless. Errors besides: ErrNotResized and ErrNotPrimary, with which nothing was
// changed by this call, ErrInUpcall, ErrNotMember, ErrClosed.
func (g *Group) Resize(ctx context.Context, size int) error {
	const (
		op   = "resize"
		look = 10 * time.Millisecond
	)
	if err := g.mayWait(ctx, op); err != nil {
		return err
	}
	g.mu.Lock()
	in := g.cur != nil && g.cur.phase == phaseMember
	g.mu.Unlock()
	if !in {
		return g.fault(op, ErrNotMember, "")
	}
	type found struct {
		ring wire.RingID
		membership.Sizing
	}
	var asked found // what was found when the last event was put to the ring
	for first := true; ; first = false {
		now, err := ask(ctx, g.node, func(l *loop) (f found) {
			f.ring, f.Sizing = l.core.Sizing(g.id, size)
			return f
		})
		switch {
		case err != nil && first:
			return g.fault(op, err, "")
		case err != nil:
			return g.fault(op, uncertain(err), "")
		case now.Live && now.Done:
			if err := g.settle(ctx); ctx.Err() != nil || !errors.Is(err, ErrUncertain) {
				return err
			}
		case now.Live && !asked.Live && now.Why != "":
			return g.fault(op, ErrNotResized, now.Why)
		case now.Live && asked.Live && now.Size != asked.Size && now.Size != size:
			return g.fault(op, ErrNotResized, fmt.Sprintf("another call has made it %d", now.Size))
		case !now.Live && !g.View().Primary && !asked.Live:
			return g.fault(op, ErrNotPrimary, "")
		case !now.Live && !g.View().Primary:
			return g.fault(op, ErrUncertain, "the primary was lost meanwhile")
		case now.Live && now.Why == "" && (!asked.Live || now.ring != asked.ring || now.Epoch != asked.Epoch):
			asked = now
			g.push(core.Resize{Group: g.id, Size: size})
		}
		if !pause(ctx, look) {
			return g.fault(op, uncertain(ctx.Err()), "")
		}
	}
}

// settle waits until every member of the view holds a message behind the change: the token that showed them the message had shown them
// before that all hold the change, so they have acted on it.
func (g *Group) settle(ctx context.Context) error {
	c := &call{kind: wire.KindFlush}
	err := g.begin(ctx, c, Safe, nil)
	if err == nil {
		err = g.wait(ctx, c)
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		e.Op = "resize"
	}
	return err
}
