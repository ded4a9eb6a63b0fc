package lockstep

// The operator's override: a group of which too many are lost goes on with those that are left, on the word of somebody who names what is
// given up.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// ErrNothingLost: Loss or Override was called where there is nothing to override: the group is primary here, or is being decided about, or
// is Partitionable, or nobody on this side has its state. Nothing was changed.
var ErrNothingLost = errors.New("there is nothing to override")

// ErrOtherLoss: what Override was told is lost is not what would be lost now; the detail says what is. Nothing was changed. Look again
// with Loss.
var ErrOtherLoss = errors.New("something else would be lost")

// A Loss is what is given up when a group goes on without a quorum.
type Loss struct {
	// Founding tells this group from others of its name, earlier and later.
	Founding uint64
	// Members are the names of those who were in the group, or have a vote in it, and have no state on this side: what they have seen
	// since, and what was answered by them, is lost. Sorted.
	Members []string
}

// String names it for a person.
func (l Loss) String() string {
	return fmt.Sprintf("founding %d, what %s had", l.Founding, strings.Join(l.Members, ", "))
}

// Loss says what would be lost if the group went on now with those on this side, for somebody to look at before Override. Errors:
// ErrNothingLost, ErrNotMember, ErrClosed, the context's.
func (g *Group) Loss(ctx context.Context) (Loss, error) {
	_, l, err := g.loss(ctx, "loss")
	return l, err
}

func (g *Group) loss(ctx context.Context, op string) (ring wire.RingID, l Loss, err error) {
	g.mu.Lock()
	in := g.cur != nil && g.cur.phase == phaseMember
	g.mu.Unlock()
	if !in {
		return ring, l, g.fault(op, ErrNotMember, "")
	}
	type found struct {
		ring wire.RingID
		loss Loss
		ok   bool
	}
	f, err := ask(ctx, g.node, func(lp *loop) (f found) {
		f.ring, f.loss.Founding, f.loss.Members, f.ok = lp.core.Loss(g.id)
		return f
	})
	switch {
	case err != nil:
		return ring, l, g.fault(op, err, "")
	case !f.ok:
		return ring, l, g.fault(op, ErrNothingLost, "")
	}
	return f.ring, f.loss, nil
}

// Override has the group go on with those on this side, though they are no quorum. lost is what Loss has said and a person has accepted:
// if anything else would be lost by now, ErrOtherLoss is returned and nothing happens. It returns nil when this member is told a primary
// view.
//
// The newest state on this side becomes that of a new founding, which takes the place of the old one. Whoever still has a state of
// the old one, and meets the new, is out with ErrTwoFounders and keeps that state in memory, until it joins again and loads. If those who
// were given up live, and are a quorum where they are, they go on there too until then: so this is for members of which somebody
// knows that they are gone. In a group with a Size the votes pass to those who go on, of which the oldest Size count; with k of them,
// 2k-1 names vote from then on, Size at most: further names fill the places in the order in which they join.
//
// It counts on the ring on which it is made: where members come or go at that moment, it returns an error that matches ErrUncertain,
// as it does when its context ends. Look again with Loss. Errors besides: ErrNothingLost, ErrOtherLoss, ErrInUpcall, ErrNotMember, ErrClosed.
func (g *Group) Override(ctx context.Context, lost Loss) error {
	const op = "override"
	if err := g.mayWait(ctx, op); err != nil {
		return err
	}
	ring, now, err := g.loss(ctx, op)
	if err != nil {
		return err
	}
	if now.Founding != lost.Founding || !slices.Equal(now.Members, lost.Members) {
		return g.fault(op, ErrOtherLoss, now.String())
	}
	g.node.log.Warn("a quorum is overridden: " + g.name + ", " + lost.String())
	g.push(core.Override{Group: g.id, Ring: ring, Founding: lost.Founding})
	return g.overridden(ctx, op, ring)
}

// overridden waits until the group goes on, or until it is known that it will not.
func (g *Group) overridden(ctx context.Context, op string, ring wire.RingID) error {
	const look = 10 * time.Millisecond
	for {
		if g.View().Primary {
			return nil
		}
		on, err := ask(ctx, g.node, func(l *loop) wire.RingID { return l.core.Status().Ring })
		if err != nil {
			return g.fault(op, uncertain(err), "")
		}
		if on != ring && !g.View().Primary {
			return g.fault(op, ErrUncertain, "the ring has changed")
		}
		if !pause(ctx, look) {
			return g.fault(op, uncertain(ctx.Err()), "")
		}
	}
}
