package lockstep

// Apply: a change of the replicated state, answered with what this member's own handler made of it, once it cannot be lost.

import (
	"context"
	"reflect"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// Apply has every member of g run its handler for v, at the same place in the order, and returns what this member's own handler
// returned, its error included. It answers when the message is stable: every member of the ring holds it (with SafeQuorum or
// SafeAt(k): so many members do), or this member has gone on with it into the next primary view.
//
// An error that matches ErrUncertain says that the message was sent and may or may not have been applied: look at the state, or
// apply something that is harmless twice. Errors that match ErrNotMember, ErrNotPrimary, ErrNotHandled, ErrTooLarge, ErrLeft,
// ErrClosed or the context's, without ErrUncertain, say that it was not and never will be. When ctx ends after the message was
// accepted, the error matches ErrUncertain and the context's. It must not be called with the context of an upcall: ErrInUpcall.
func Apply[R any](ctx context.Context, g *Group, v any, opts ...CallOption) (R, error) {
	const op = "apply"
	var zero R
	o, err := g.callOptions(op, Safe, opts)
	if err != nil {
		return zero, err
	}
	if err := g.checkResult(op, kindApply, v, reflect.TypeFor[R]()); err != nil {
		return zero, err
	}
	c := &call{kind: wire.KindApply, atDelivery: o.atDelivery}
	if err := g.begin(ctx, c, o.order, v); err != nil {
		return zero, err
	}
	err = g.wait(ctx, c)
	if o.position != nil && c.delivered {
		*o.position = Position(c.position)
	}
	if err != nil {
		return zero, err
	}
	r, ok := c.result.(R)
	if !ok {
		return zero, c.resultErr // a nil interface
	}
	return r, c.resultErr
}
