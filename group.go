package lockstep

// A Group as the application holds it: what it registers, and what it asks from any goroutine.

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// A Group is a named set of members that see the same messages and the same views in the same order. Node.Group makes it; until
// Join it is only a place to register handlers. After Leave, or when a membership ended by itself, it may be joined again, with
// the same handlers.
//
// Its methods may be called from any goroutine. Handlers and callbacks run one at a time, in order, on the group's own
// goroutine; the context they are given marks them, so that a call in them that would wait for itself is refused.
type Group struct {
	node     *Node
	name     string
	id       wire.GroupID
	handlers *handlerTable // has a lock of its own

	view   atomic.Pointer[View]           // as last handed to the application; never nil
	frozen atomic.Pointer[frozenHandlers] // nil until the first Join

	mu      sync.Mutex
	cfg     GroupConfig
	calls   callbacks
	cur     *tenure       // nil while out
	done    chan struct{} // of the present membership, or of the one that ended last
	err     error
	nextTag uint64
}

// callbacks are what the application registered besides handlers. They do not change once the group was joined.
type callbacks struct {
	view         func(ctx context.Context, v View)
	blocked      func(ctx context.Context)
	lost         func(ctx context.Context, l Lost)
	transitional func(ctx context.Context, with []Member)
	state        *State
	watches      []watch
}

type watch struct {
	name string
	f    func(ctx context.Context, m Member, present bool)
}

// Lost is a message that this member sent and that it will not deliver; or one for a single member, of which it will never be known
// whether it arrived.
type Lost struct {
	// Value is the message, decoded anew: nil if that failed.
	Value any
	// Order is what it was sent with.
	Order Order
	// To is whom a SendTo was for; zero for what was sent to the group.
	To Member
	// Uncertain says that others may have delivered it, or will. If false, nobody ever does.
	Uncertain bool
}

func newGroup(n *Node, name string, cfg GroupConfig) *Group {
	g := &Group{node: n, name: name, id: wire.NewGroupID(name), cfg: cfg, done: make(chan struct{})}
	g.handlers = newHandlerTable(name, n.cfg.Codec)
	g.view.Store(&View{Rank: -1})
	return g
}

// Name is the group's name.
func (g *Group) Name() string { return g.name }

// Node is the node that the group belongs to.
func (g *Group) Node() *Node { return g.node }

// View is the view as last handed to OnView, with Primary false as soon as this member knows that it lost the primary. Before
// the first view, and out of the group, it has no members and Rank is -1. It never blocks; do not change the slices.
func (g *Group) View() View { return *g.view.Load() }

// Done is closed when the present membership ends: by Leave, by Close, or without being asked. A later Join makes a new
// channel. Before the first Join it is the channel of the membership to come.
func (g *Group) Done() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.done
}

// Err says why the membership ended: ErrLeft, ErrTerminated, ErrHandlerPanic, ErrLoad and so on. It is nil until Done is closed.
func (g *Group) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// OnView registers the callback for views. It runs on the group's goroutine, in each view's place among the messages: all
// members that go together from one view to the next have delivered the same messages in between. A member that leaves is handed a
// last view with Rank -1. After a load, the view that the state was saved in may be handed again, so make what it does harmless
// when repeated. It panics after Join.
func (g *Group) OnView(f func(ctx context.Context, v View)) {
	g.register("OnView", func() { g.calls.view = f })
}

// OnBlocked registers the callback for the loss of the primary: nothing more is delivered until the next view. It runs on the
// group's goroutine, once each time. It panics after Join.
func (g *Group) OnBlocked(f func(ctx context.Context)) {
	g.register("OnBlocked", func() { g.calls.blocked = f })
}

// OnState registers how the group's state is saved and loaded; see State. It panics after Join, when Save or Load is missing, and when there
// is one of Have and LoadDelta without the other.
func (g *Group) OnState(s State) {
	if s.Save == nil || s.Load == nil {
		panic(fmt.Sprintf("lockstep: group %s: OnState needs Save and Load", g.name))
	}
	if (s.Have == nil) != (s.LoadDelta == nil) {
		panic(fmt.Sprintf("lockstep: group %s: OnState needs both of Have and LoadDelta, or none", g.name))
	}
	g.register("OnState", func() { g.calls.state = &s })
}

// OnLost registers the callback for messages that this member sent and will not deliver, in the order of their sending; those of
// SendTo come when it is known, in their own order. It runs on the group's goroutine. What was still on its way when a membership
// ended without being asked, or when Close could not wait for it, is reported after Done was closed, under a context that has
// ended, and before the group can be joined again; Close waits for that, except behind a handler that does not return. What an
// Apply or Query sent is reported to its caller instead. It panics after Join.
func (g *Group) OnLost(f func(ctx context.Context, l Lost)) {
	g.register("OnLost", func() { g.calls.lost = f })
}

// OnTransitional registers the callback for the beginning of a transitional configuration: the members in with moved along from
// the present view, and what follows until the next view is known to reach only these. It runs on the group's goroutine. It
// panics after Join.
func (g *Group) OnTransitional(f func(ctx context.Context, with []Member)) {
	g.register("OnTransitional", func() { g.calls.transitional = f })
}

// Watch registers a callback for one name: it runs on the group's goroutine just before OnView, for a view in which a member of
// that name joined (present) or left (not present). It panics after Join.
func (g *Group) Watch(name string, f func(ctx context.Context, m Member, present bool)) {
	g.register("Watch", func() { g.calls.watches = append(g.calls.watches, watch{name, f}) })
}

// register changes what is registered, which only works before the first Join: handlers are part of what members agree on.
func (g *Group) register(what string, change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.frozen.Load() != nil {
		panic(fmt.Sprintf("lockstep: group %s: %s after Join; register before", g.name, what))
	}
	change()
}

// fault makes an error of a call on this group.
func (g *Group) fault(op string, err error, detail string) error {
	return &Error{Op: op, Group: g.name, Err: err, Detail: detail}
}

// push hands an event to the loop. Events pushed with g.mu held keep their order.
func (g *Group) push(ev core.Event) { g.node.in.push(ev) }
