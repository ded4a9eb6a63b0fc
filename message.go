package lockstep

// What a handler is told about a message: Message.

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
