package lockstep

// What a handler is told about a message: Message. What a group's state is to the library: State.

import (
	"context"
	"io"
)

// A Message is what a handler is told about the message it is given. It is a value; keep it as long as you like.
type Message struct {
	// Group is the group in which the message was sent.
	Group *Group
	// Sender is who sent it; this member too, for its own messages.
	Sender Member
	// View is the view in which it is delivered, the same at all members that deliver it.
	View ViewID
	// Position is its place in the group's order, the same at every member, and its fencing token.
	Position Position
	// Order is the guarantee it was sent with.
	Order Order
	// Transitional says that it is delivered in a transitional configuration: OnTransitional was called before it, and those
	// who did not come along may never get it.
	Transitional bool
}

// A State says how a member's copy of the group's state is saved for a joiner, and loaded, created and merged. All functions
// but WriteTo run on the group's own goroutine, one at a time with the handlers and view callbacks.
type State struct {
	// Save is called at the cut, between two messages. It freezes the state (a copy, or a persistent structure) and returns
	// at once; the WriteTo of what it returns runs on another goroutine while messages go on here. v is the view at the
	// cut. An error makes another member the donor.
	Save func(v View) (io.WriterTo, error)
	// Load replaces all state by what r yields. It runs again whenever this member was out of the primary and comes
	// back, and when a donor died half-way. ctx ends when the transfer is void. It may block on r. An error ends the
	// membership with ErrLoad.
	Load func(ctx context.Context, r io.Reader) error
	// New is called only at the member that creates the group, before its first view. Nil: the state is ready as it is.
	New func() error
	// Merge is for partitionable groups only, and required there: it takes in the state of another side, which was side. It
	// is called at every member for every other side, in order of view id, before the next message.
	Merge func(ctx context.Context, side View, r io.Reader) error
}
