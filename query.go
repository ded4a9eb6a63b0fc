package lockstep

// Query: a question to the members at one place in the order, and the exact set of their answers.

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// ErrTooFewAnswers: every member of the view is accounted for, and fewer answered than Query needed. The Replies say who did what.
var ErrTooFewAnswers = errors.New("too few members answered")

// A Need says how many answers a Query waits for.
type Need int

const (
	// All waits until every member of the view has answered, failed or declined. It is met even if all of them failed or
	// declined: look at Answers.
	All Need = -1
	// Majority waits for answers of more than half of the view's members.
	Majority Need = -2
)

// AtLeast waits for k answers, k from 1 on.
func AtLeast(k int) Need { return Need(k) }

// metBy reports whether so many answers of so many members are enough.
func (n Need) metBy(answers, members int) bool {
	switch n {
	case All:
		return true
	case Majority:
		return 2*answers > members
	}
	return answers >= int(n)
}

// A Reply is one member's answer: a value, or its handler's error as a *RemoteError.
type Reply[R any] struct {
	Member Member
	Value  R
	Err    error
}

// Replies are what a Query brought. With a nil error and All, every member of the view at the query's position is in exactly one
// of Answers, Failed and Declined.
type Replies[R any] struct {
	View     ViewID      // in which the query was delivered; zero if it was not
	Position Position    // at which it was delivered; zero if it was not
	Answers  []Reply[R]  // by the members' age
	Failed   []Departure // left the view before they answered
	Declined []Member    // have no handler for it, or no state yet; and all other members if Stale
	// Stale says that this side of a ReadOnly group has no primary, so that only this member was asked: it answered from the state it
	// had when the primary was lost. View is the last that it was in, Position how far its state goes. Others may long be further.
	Stale bool
}

// A CallOption changes how one Apply or Query is carried out.
type CallOption func(*callOptions)

type callOptions struct {
	order      Order
	atDelivery bool
	position   *Position
}

// WithOrder sends the message in the given order: Ordered, Safe, SafeQuorum or SafeAt(k). An Apply is Safe and a Query Ordered where
// nothing is said. With SafeQuorum and SafeAt(k) the call does not wait for all to hold the message: so many are enough to answer.
func WithOrder(o Order) CallOption { return func(c *callOptions) { c.order = o } }

// AtDelivery answers as soon as the message was delivered here, without waiting until it is stable. The answer may be about
// something that only this member ever saw, if it is cut off at that moment: it is not linearizable.
func AtDelivery() CallOption { return func(c *callOptions) { c.atDelivery = true } }

// WithPosition stores the message's position in p before the call returns, if it was delivered here: its fencing token.
func WithPosition(p *Position) CallOption { return func(c *callOptions) { c.position = p } }

func (g *Group) callOptions(op string, o Order, opts []CallOption) (callOptions, error) {
	out := callOptions{order: o}
	for _, opt := range opts {
		opt(&out)
	}
	switch {
	case !out.order.valid():
		return out, g.fault(op, errNoOrder, "")
	case out.order < Ordered:
		return out, g.fault(op, fmt.Errorf("WithOrder takes Ordered, Safe, SafeQuorum or SafeAt, not %v", out.order), "")
	}
	return out, nil
}

// Query asks the members of g, and returns when need is met and the query is stable. The query is delivered at one place of the
// order, and each member that is then in the view answers from its state at that place.
//
// Without a primary the error matches ErrNotPrimary; but in a ReadOnly group this member then answers alone, and Replies.Stale is set.
// All and AtLeast(1) are met by that, Majority and more are not.
//
// An error that matches ErrUncertain says that the query was sent and not all is known; other errors say that nobody was asked.
// When ctx ends after the query was accepted, the error matches ErrUncertain and the context's. It must not be called with the
// context of an upcall: ErrInUpcall.
func Query[R any](ctx context.Context, g *Group, need Need, v any, opts ...CallOption) (Replies[R], error) {
	const op = "query"
	if need != All && need != Majority && need < 1 {
		return Replies[R]{}, g.fault(op, fmt.Errorf("need %d is none of All, Majority and AtLeast(1) and up", need), "")
	}
	o, err := g.callOptions(op, Ordered, opts)
	if err != nil {
		return Replies[R]{}, err
	}
	if err := g.checkResult(op, kindQuery, v, reflect.TypeFor[R]()); err != nil {
		return Replies[R]{}, err
	}
	c := &call{kind: wire.KindQuery, need: need, atDelivery: o.atDelivery}
	if err = g.begin(ctx, c, o.order, v); err == nil {
		err = g.wait(ctx, c)
	}
	if errors.Is(err, ErrNotPrimary) && g.readOnly() {
		c, err = g.askHere(ctx, need, v)
	}
	if o.position != nil && c.delivered {
		*o.position = Position(c.position)
	}
	if errors.Is(err, ErrTooFewAnswers) {
		err = g.fault(op, err, fmt.Sprintf("%d of %d members", c.answered, len(c.expected)))
	}
	return replies[R](g, c), err
}

// replies sorts what came into its three lists. The call is finished and nobody else touches it.
func replies[R any](g *Group, c *call) Replies[R] {
	out := Replies[R]{View: viewIDOf(c.view), Position: Position(c.position), Stale: c.alone && c.delivered}
	raw := isRaw(reflect.TypeFor[R]())
	for i := range c.expected {
		e := &c.expected[i]
		m := memberOf(e.member)
		switch e.state {
		case expectAnswered:
			r := Reply[R]{Member: m}
			if e.status != statusResult {
				r.Err = &RemoteError{Member: m, Text: string(e.data)}
			} else if err := decodeValue(g.node.cfg.Codec, e.data, &r.Value, raw, false); err != nil {
				r.Err = &Error{Op: "query", Group: g.name, Member: m, Err: ErrDecode, Detail: err.Error()}
			}
			out.Answers = append(out.Answers, r)
		case expectFailed:
			reason := Reason(e.reason)
			if reason == 0 {
				reason = Partitioned
			}
			out.Failed = append(out.Failed, Departure{Member: m, Reason: reason})
		case expectDeclined:
			out.Declined = append(out.Declined, m)
		}
	}
	return out
}

// checkResult refuses a result type that this member's own handler does not return.
func (g *Group) checkResult(op string, kind handlerKind, v any, want reflect.Type) error {
	if v == nil {
		return g.fault(op, ErrNotHandled, "nil is no message")
	}
	typ := reflect.TypeOf(v)
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	frozen := g.frozen.Load()
	if frozen == nil {
		return g.fault(op, ErrNotMember, "")
	}
	e := frozen.lookup(kind, typ)
	if e == nil && kind == kindApply {
		return g.fault(op, ErrNotHandled, fmt.Sprintf("%v was not registered with HandleApply", typ))
	}
	if e != nil && e.result != want {
		return g.fault(op, fmt.Errorf("the handler of %v returns %v, not %v", typ, e.result, want), "")
	}
	return nil
}
