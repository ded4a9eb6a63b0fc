package lockstep

// What a group's state is to the library: State, and the one for whom a value and the node's codec are enough.

import (
	"context"
	"fmt"
	"io"
	"reflect"
)

// A State says how a member's copy of the group's state is saved for a joiner, and loaded, created and merged. All functions
// but WriteTo and WriteDelta run on the group's own goroutine, or on one for which that waits: one at a time with the handlers and view
// callbacks. On Linux a load, WriteTo and WriteDelta have a thread that yields (niceness 10), so that they do not hold up a busy host.
type State struct {
	// Save is called at the cut, between two messages. It freezes the state (a copy, or a persistent structure) and returns
	// at once; the WriteTo of what it returns runs on another goroutine while messages go on here. v is the view at the
	// cut. An error makes another member the donor. What it returns may be a DeltaWriter too.
	Save func(v View) (io.WriterTo, error)
	// Load replaces all state by what r yields. It runs again whenever this member was out of the primary and comes
	// back, and when a donor died half-way and no other can go on where it stopped. ctx ends when the transfer is void. It may block on r; a donor that nobody reads from for 15 s
	// gives up, so what takes long belongs behind the last byte. An error ends the membership with ErrLoad.
	Load func(ctx context.Context, r io.Reader) error
	// Choose says, at a joiner for which several members saved the state (GroupConfig.Donors), in which order it asks them: the first of what
	// it returns, and the next whenever one fails; those that it leaves out come last. So a joiner may prefer its own rack or zone. It is
	// called on the group's goroutine before each load, but not where only one member saved. Nil: another order at each joiner,
	// which spreads them.
	Choose func(able []Member) []Member
	// New is called only at the member that creates the group, before its first view. Nil: the state is ready as it is.
	New func() error
	// Merge is for partitionable groups only, and required there: it takes in the state of another side, which was side. It
	// is called at every member for every other side, in order of view id, before the next message.
	Merge func(ctx context.Context, side View, r io.Reader) error
	// Have says, in the application's own terms and in at most 64 KiB, what of the state this member has before a load, so that the
	// donor need only send the rest. It is asked before each load, also after one that broke off. It must tell what is there and not
	// how far this member got: a member that was cut off may have handled what the others never did, so hashes of parts will do where
	// a number of messages will not. Nil, or a nil result: everything is to come. What is longer than 64 KiB is not sent, and everything
	// comes.
	Have func() []byte
	// LoadDelta makes the state whole, by what a DeltaWriter at the donor wrote for the result of Have. Otherwise it is as Load, which is
	// called instead when the donor sends everything, because it has no DeltaWriter or that refused. Required with Have.
	LoadDelta func(ctx context.Context, r io.Reader) error
}

// A DeltaWriter is what State.Save may return for joiners that say what they have.
type DeltaWriter interface {
	// WriteTo writes the whole state. It is only called once a joiner needs that.
	io.WriterTo
	// WriteDelta writes what a joiner lacks whose State.Have gave have. The bytes come from another member, perhaps of another version.
	// An error before the first byte has the joiner sent everything. It runs on other goroutines, for several joiners at once and
	// beside WriteTo, on a state that must not change any more; the value is kept until all its joiners have loaded.
	WriteDelta(w io.Writer, have []byte) (n int64, err error)
}

// StateOf is the State of a group whose state is one value, as a map or a struct, that the node's codec can carry; for states of a few
// megabytes: get is called at the cut, and its value encoded, before the next message is handled; it need not be a copy. set takes over
// the value that a donor's get gave. It panics for a type that the codec would lose, as Handle does. Fill in New and Merge afterwards,
// if the group needs them.
func StateOf[T any](g *Group, get func() T, set func(T)) State {
	codec := g.node.cfg.Codec
	typ := reflect.TypeFor[T]()
	if _, ok := codec.(*msgpackCodec); ok {
		if err := checkType(typ, false); err != nil {
			panic(fmt.Sprintf("lockstep: StateOf[%v] in group %s: %v", typ, g.name, err))
		}
	}
	return State{
		Save: func(View) (io.WriterTo, error) {
			b, err := codec.Append(nil, get())
			return encodedState(b), err
		},
		Load: func(_ context.Context, r io.Reader) error {
			b, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			var v T
			if err := codec.Decode(b, &v); err != nil {
				return err
			}
			set(v)
			return nil
		},
	}
}

// encodedState is a state that may be written more than once.
type encodedState []byte

func (b encodedState) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(b)
	return int64(n), err
}
