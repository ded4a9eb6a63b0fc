package lockstep

// Flush: the line behind which nothing of this member's is in flight.

import (
	"context"
	"fmt"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// Flush waits until all that this member sent to g or delivered of g before the call is at every member of the view. It returns
// ErrUncertain when a message that a Send accepted since the last Flush was lost (OnLost says which), or when a view change came
// between. When ctx ends, the error matches ErrUncertain and the context's. It must not be called with the context of an
// upcall: ErrInUpcall.
func (g *Group) Flush(ctx context.Context) error {
	const op = "flush"
	c := &call{kind: wire.KindFlush}
	if err := g.begin(ctx, c, Safe, nil); err != nil {
		return err
	}
	if err := g.wait(ctx, c); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.cur
	if t == nil || t.lost == 0 {
		return nil
	}
	lost := t.lost
	t.lost = 0
	return g.fault(op, ErrUncertain, fmt.Sprintf("%d earlier messages were lost; OnLost was told which", lost))
}
