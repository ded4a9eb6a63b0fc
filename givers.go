package lockstep

// Who can give a joiner its state: with GroupConfig.Donors above one several members save at the same cut, and the joiner turns from one to
// the next.

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

var (
	errGiverGone = errors.New("it has not the state to give any more: it is out of the group, or loads itself")
	errNoGiver   = errors.New("nobody is left who saved the state at this cut")
)

// The givers of a load that is due or going on. The group's mutex guards them.
type givers struct {
	left []membership.Member // who saved, still has the state by the views, and was not asked yet, in the order in which they are asked
	now  membership.Member   // who is asked; zero: nobody
	end  context.CancelFunc  // ends what comes from it
}

// begin takes in who saved for a load; what there was is void. The group's mutex is held.
func (s *givers) begin(u *core.Upcall) {
	*s = givers{left: append([]membership.Member{u.Donor}, u.Members...)}
}

// among leaves out who is not in a view any more, or has no state in it; if it is the one that is asked, the next one's turn has come.
// This is what the group's record does: a state counts only from one who was in it all the time. The group's mutex is held.
func (s *givers) among(v *membership.View) {
	gone := func(m membership.Member) bool { return !slices.Contains(v.Members, m) || slices.Contains(v.Loading, m) }
	s.left = slices.DeleteFunc(s.left, gone)
	if s.end != nil && gone(s.now) {
		s.end()
		s.now, s.end = membership.Member{}, nil
	}
}

// orderGivers puts the givers into the order in which they are asked: the application's, or else one that differs from joiner to joiner.
func (t *tenure) orderGivers(ctx context.Context, choose func([]Member) []Member) {
	t.g.mu.Lock()
	able := slices.Clone(t.givers.left)
	t.g.mu.Unlock()
	if len(able) < 2 {
		return
	}
	var order []membership.Member
	if choose == nil {
		at := int(binary.BigEndian.Uint64(t.n.id[8:]) % uint64(len(able)))
		order = append(order, able[at:]...)
	} else {
		who := make([]Member, len(able))
		for i, m := range able {
			who[i] = memberOf(m)
		}
		for _, m := range choose(slices.Clone(who)) {
			if i := slices.Index(who, m); i >= 0 && !slices.Contains(order, able[i]) {
				order = append(order, able[i])
			}
		}
	}
	for _, m := range able {
		if !slices.Contains(order, m) {
			order = append(order, m)
		}
	}
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	if ctx.Err() == nil {
		now := t.givers.left // perhaps fewer than before
		t.givers.left = slices.DeleteFunc(order, func(m membership.Member) bool { return !slices.Contains(now, m) })
	}
}

// nextGiver is who is asked next in the load with this context; end is called once it cannot give any more.
func (t *tenure) nextGiver(ctx context.Context, end context.CancelFunc) (m membership.Member, ok bool) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	s := &t.givers
	if ctx.Err() != nil || len(s.left) == 0 {
		return m, false
	}
	s.now, s.end = s.left[0], end
	s.left = s.left[1:]
	return s.now, true
}

// sameGiver has whoever was asked last asked again, if it can give still.
func (t *tenure) sameGiver(ctx context.Context) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	if s := &t.givers; ctx.Err() == nil && s.end != nil {
		s.left = append([]membership.Member{s.now}, s.left...)
		s.now, s.end = membership.Member{}, nil
	}
}

// loadFrom has the application load the state of a cut, from one giver after another without a break where they wrote the same bytes. Where
// they did not, it loads anew. It returns the last giver.
func (t *tenure) loadFrom(ctx context.Context, cut wire.Position, state *State, use useState) (membership.Member, error) {
	t.orderGivers(ctx, state.Choose)
	for {
		f := &relay{t: t, ctx: ctx, cut: cut, have: t.have(state), next: func(end context.CancelFunc) (membership.Member, bool) {
			return t.nextGiver(ctx, end)
		}}
		err := f.run(use)
		if !f.other || ctx.Err() != nil {
			return f.giver, err
		}
		t.sameGiver(ctx)
	}
}
