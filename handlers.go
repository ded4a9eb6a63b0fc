package lockstep

// Handle, HandleApply and HandleQuery: how a message's Go type chooses the function that handles it.

import (
	"context"
	"reflect"
	"sync"
)

// A typedHandler is what a registration keeps: the type is known only to its functions.
type typedHandler struct {
	// run decodes a message and runs its handler, which may be given the body itself if nobody else reads it (own). decoded is false when
	// decoding failed before the handler ran.
	run func(ctx context.Context, c Codec, e *handlerEntry, m Message, body []byte, own bool) (result any, decoded bool, err error)
	// decode only decodes.
	decode func(c Codec, e *handlerEntry, body []byte) (any, error)
}

// typed is the entry's handler as the Handle functions stored it.
func (e *handlerEntry) typed() *typedHandler { return e.handler.(*typedHandler) }

func decodeAs[M any](c Codec, e *handlerEntry, body []byte) (any, error) {
	var v M
	err := decodeValue(c, body, &v, e.raw, false)
	return v, err
}

// decodeFor decodes a message for its handler. Where that only makes a slice of the body, the slice is put where the last one was: spare
// has *M that nobody looks at.
func decodeFor[M any](c Codec, e *handlerEntry, body []byte, own bool, spare *sync.Pool) (v M, err error) {
	if !e.raw {
		at := new(M)
		err = decodeValue(c, body, at, false, own)
		return *at, err
	}
	at, _ := spare.Get().(*M)
	if at == nil {
		at = new(M)
	}
	err = decodeValue(c, body, at, true, own)
	v, *at = *at, v
	spare.Put(at)
	return v, err
}

// Handle registers the handler for messages of type M, which arrive by Send, CausalSend, OrderedSend, SafeSend and SendTo. It
// runs on the group's goroutine, in each message's place; v is this member's own copy. The handler must do the same at every
// member: no clock, no random number, no map order. It panics after Join, for a type registered already, and for a type that
// the codec would not carry whole.
func Handle[M any](g *Group, h func(ctx context.Context, m Message, v M), opts ...HandleOption) {
	if h == nil {
		g.handlers.register(kindMessage, reflect.TypeFor[M](), nil, h, opts...)
	}
	var spare sync.Pool
	run := func(ctx context.Context, c Codec, e *handlerEntry, m Message, body []byte, own bool) (any, bool, error) {
		v, err := decodeFor[M](c, e, body, own, &spare)
		if err != nil {
			return nil, false, err
		}
		h(ctx, m, v)
		return nil, true, nil
	}
	g.handlers.register(kindMessage, reflect.TypeFor[M](), nil, &typedHandler{run, decodeAs[M]}, opts...)
}

// HandleApply registers the handler for messages of type M sent by Apply. Every member runs it, in the message's place, and must
// do and return the same, errors too; the caller of Apply gets what its own member's handler returned. What is returned leaves the
// group's goroutine, so return copies of state. It panics as Handle does.
func HandleApply[M, R any](g *Group, h func(ctx context.Context, m Message, v M) (R, error), opts ...HandleOption) {
	handleCall(g, kindApply, h, opts)
}

// HandleQuery registers the handler for messages of type M sent by Query. Every member answers for itself and must not change
// state. An error reaches the asker as a *RemoteError with its text. It panics as Handle does, and for a result that the codec
// would not carry whole.
func HandleQuery[M, R any](g *Group, h func(ctx context.Context, m Message, v M) (R, error), opts ...HandleOption) {
	handleCall(g, kindQuery, h, opts)
}

func handleCall[M, R any](g *Group, kind handlerKind, h func(ctx context.Context, m Message, v M) (R, error), opts []HandleOption) {
	typ, result := reflect.TypeFor[M](), reflect.TypeFor[R]()
	if h == nil {
		g.handlers.register(kind, typ, result, h, opts...)
	}
	var spare sync.Pool
	run := func(ctx context.Context, c Codec, e *handlerEntry, m Message, body []byte, own bool) (any, bool, error) {
		v, err := decodeFor[M](c, e, body, own, &spare)
		if err != nil {
			return nil, false, err
		}
		r, err := h(ctx, m, v)
		return r, true, err
	}
	g.handlers.register(kind, typ, result, &typedHandler{run, decodeAs[M]}, opts...)
}
