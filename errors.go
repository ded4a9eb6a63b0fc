package lockstep

// Every error that a caller can tell apart, and the types that carry them.

import (
	"errors"
	"strings"
)

// Sentinels, for errors.Is. Calls wrap them in an *Error that says where. None of them crosses the wire: what a remote handler
// returned arrives as a *RemoteError.
var (
	// ErrUncertain: a view change, a closing, or the end of the context has made the outcome unknowable. The message may
	// have been applied by all, by some, or by nobody. Look at the state, or send again something that is harmless twice.
	ErrUncertain = errors.New("outcome uncertain")
	// ErrInUpcall: a call that waits was given the context of an upcall of the same group and would wait for itself. Make
	// the call from another goroutine, or use a Send, which does not wait.
	ErrInUpcall = errors.New("a waiting call inside an upcall would wait for itself")
	// ErrFull: the group's send queue is full, or its RateLimit reached, and the call may not wait: it is TrySend, or was made in an
	// upcall. Nothing was sent; the detail says which it was. Try again later, send less from handlers, or raise the GroupConfig's bounds.
	ErrFull = errors.New("no more may be sent now")
	// ErrNotHandled: some member of the group has no handler for this type, or the type was never registered here. Nothing
	// was sent. Register the type before Join, at every member.
	ErrNotHandled = errors.New("the message type is not handled by every member")
	// ErrNotPrimary: this side of a partition may not act for the group. Nothing was sent. Wait for a view with Primary. The queries of
	// a ReadOnly group are answered all the same: see Replies.Stale.
	ErrNotPrimary = errors.New("this side has no quorum")
	// ErrClosed: the node was closed. Nothing further is possible with it.
	ErrClosed = errors.New("the node is closed")
	// ErrTwoFounders: two groups of one name, founded apart, have met; this member belongs to the younger, or to one that was given up
	// by an Override. Its membership has ended, and it keeps its state in memory. An operator decides: save what is needed, and Join.
	ErrTwoFounders = errors.New("two groups of this name were founded apart")
	// ErrNameTaken: a living member with this name exists; the error's detail gives its address. Choose another name, or stop
	// the other process. The node is ended.
	ErrNameTaken = errors.New("the name is taken by a living member")
	// ErrStateDir: Config.StateDir could not be written, so nothing that this member would use next is sure to be remembered. The
	// node is ended. Mend the disk and start again.
	ErrStateDir = errors.New("the state directory could not be written")
	// ErrDiverged: this member delivered something else than those it was together with: a fault of lockstep or of this host's
	// memory. The node is ended, lest its state spread; the detail has both chains and the last deliveries. Keep the log of every
	// member, report it, and start again: the state then comes from the others.
	ErrDiverged = errors.New("this member delivered something else than the others")
	// ErrExhausted: ring sequences, positions, view numbers or packet counters are used up; the detail says which. This takes a clock
	// centuries ahead at some member, or a fault. The node is ended. Set the clocks right, stop all nodes, remove what is in their
	// state directories, and begin again.
	ErrExhausted = errors.New("numbers that must not come twice are used up")
	// ErrNotMember: this node is not in the group: it never joined, or has left. Nothing was sent. Join first.
	ErrNotMember = errors.New("not a member of the group")
	// ErrTooLarge: the message is larger than Config.MaxMessage; the detail gives both sizes. Nothing was sent.
	ErrTooLarge = errors.New("the message is too large")
	// ErrGroupExists: Create found a group of this name. Use Join or JoinExisting.
	ErrGroupExists = errors.New("the group exists already")
	// ErrNoGroup: JoinExisting found no group of this name. Use Join or Create.
	ErrNoGroup = errors.New("there is no such group")
	// ErrMismatch: the group's handlers or GroupConfig differ from this member's; the detail lists every difference. Run the
	// same version and configuration everywhere.
	ErrMismatch = errors.New("the group's members are set up differently")
	// ErrNoState: the group has members and therefore a state, but no OnState was registered and the group is not Stateless.
	ErrNoState = errors.New("the group has a state, and OnState was not called")
	// ErrLeft: the membership ended because this member left, or because the group was terminated.
	ErrLeft = errors.New("left the group")
	// ErrEjected: the group put this member out. Join again to come back with fresh state.
	ErrEjected = errors.New("ejected from the group")
	// ErrTerminated: a member ended the group for all.
	ErrTerminated = errors.New("the group was terminated")
	// ErrHandlerPanic: a handler panicked, so this member's state can no longer be trusted to equal that of the others and its
	// membership was ended. The detail has the panic's text.
	ErrHandlerPanic = errors.New("a handler panicked")
	// ErrHandlerStuck: a handler or callback did not return within GroupConfig.HandlerLimit, so the membership was ended for the others'
	// sake; the detail says which. Join waits until it has returned.
	ErrHandlerStuck = errors.New("a handler does not return")
	// ErrLoad: State.Load or State.New failed, so the member has no state and its membership was ended.
	ErrLoad = errors.New("loading the state failed")
	// ErrDecode: a message of the group could not be decoded here, so this member missed it and its membership was ended.
	ErrDecode = errors.New("a message could not be decoded")
	// ErrGone: the member that a SendTo was for is not in the group's view, or one that was to be reported is not on the ring. Others are
	// not concerned.
	ErrGone = errors.New("the member is not there")
)

// An Error says which call failed, where, and why. Err is what errors.Is and errors.As look into.
type Error struct {
	Op     string // the call, in lower case: "join", "apply", "start"
	Group  string // the group's name; empty for calls on a node
	Member Member // whom it concerns; zero if nobody in particular
	View   ViewID // the view in which it happened; zero if in none
	Err    error  // the reason; never nil
	Detail string // what a person needs to act on it; may be empty
}

// Error is one line: "join quotes: context deadline exceeded: DETAIL". Member and view are appended where there are any.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Group != "" {
		if e.Op != "" {
			b.WriteByte(' ')
		}
		b.WriteString(e.Group)
	}
	part := func(s string) {
		if s == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(s)
	}
	if e.Err != nil {
		part(e.Err.Error())
	}
	part(e.Detail)
	switch {
	case !e.Member.IsZero() && !e.View.IsZero():
		b.WriteString(" (member " + e.Member.String() + ", view " + e.View.String() + ")")
	case !e.Member.IsZero():
		b.WriteString(" (member " + e.Member.String() + ")")
	case !e.View.IsZero():
		b.WriteString(" (view " + e.View.String() + ")")
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// A RemoteError is what another member's handler returned. Only its text crosses the wire.
type RemoteError struct {
	Member Member // whose handler it was
	Text   string // of the error
}

// Error is the member and the text.
func (e *RemoteError) Error() string { return e.Member.String() + ": " + e.Text }

// uncertainError matches ErrUncertain and also its cause, which is most often the end of a context: no caller can mistake it
// for "not applied".
type uncertainError struct{ cause error }

// uncertain makes an error that matches both ErrUncertain and cause. A nil cause gives ErrUncertain itself.
func uncertain(cause error) error {
	if cause == nil || cause == ErrUncertain {
		return ErrUncertain
	}
	return &uncertainError{cause}
}

func (e *uncertainError) Error() string   { return ErrUncertain.Error() + ": " + e.cause.Error() }
func (e *uncertainError) Unwrap() []error { return []error{ErrUncertain, e.cause} }
