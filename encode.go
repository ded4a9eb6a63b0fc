package lockstep

// From a value to the bytes that travel: in the caller's goroutine, next to each other, so that a message is no allocation of its own.

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// An encoded message has room for its head.
type encoded struct {
	body  []byte
	name  string // of its type, on the wire
	kind  handlerKind
	entry *handlerEntry // nil where this member has no handler for it
}

// slabSize is how many bytes of messages are allocated together. They are collected together, too: a message that waits long keeps
// its neighbours. What is larger than an eighth of it is allocated alone.
const slabSize = 32 << 10

// A slab is a piece of memory that one goroutine at a time fills. What was given out of it is never written again.
type slab struct{ b []byte }

// slabs are those that nobody fills now.
type slabs struct{ pool sync.Pool }

// add puts head bytes and what write appends to them, about size bytes or a few, where they stay.
func (p *slabs) add(head, size int, write func([]byte) ([]byte, error)) ([]byte, error) {
	if size > slabSize/8 {
		return write(make([]byte, head, head+size))
	}
	s, _ := p.pool.Get().(*slab)
	if s == nil {
		s = &slab{}
	}
	if cap(s.b)-len(s.b) < slabSize/8+head {
		s.b = make([]byte, 0, slabSize)
	}
	start := len(s.b)
	out, err := write(s.b[start : start+head])
	if err == nil && len(out) <= cap(s.b)-start {
		s.b = s.b[:start+len(out)] // else it has grown out of the slab and is by itself
		out = out[:len(out):len(out)]
	}
	p.pool.Put(s)
	return out, err
}

// encode gives the payload of v with room for its head.
func (g *Group) encode(op string, kind wire.Kind, v any) (e encoded, err error) {
	head := headSize(kind)
	if kind == wire.KindFlush {
		return encoded{body: make([]byte, head)}, nil
	}
	if v == nil {
		return e, g.fault(op, ErrNotHandled, "nil is no message")
	}
	typ := reflect.TypeOf(v)
	if typ.Kind() == reflect.Pointer {
		p := reflect.ValueOf(v)
		if p.IsNil() {
			return e, g.fault(op, ErrNotHandled, "nil is no message")
		}
		if typ = typ.Elem(); typ != reflect.TypeFor[[]byte]() {
			v = p.Elem().Interface()
		}
	}
	raw, err := g.known(op, kind, typ, &e)
	if err != nil {
		return e, err
	}
	most := g.node.cfg.MaxMessage
	if plain, ok := plainOf(v); ok {
		if len(plain) <= most {
			e.body, _ = g.node.slabs.add(head, len(plain), func(b []byte) ([]byte, error) { return append(b, plain...), nil })
			return e, nil
		}
		return e, g.fault(op, ErrTooLarge, fmt.Sprintf("%d bytes, at most %d", len(plain), most))
	}
	e.body, err = g.node.slabs.add(head, 0, func(b []byte) ([]byte, error) { return appendValue(g.node.cfg.Codec, b, v, raw) })
	if err != nil {
		return e, g.fault(op, err, "")
	}
	if n := len(e.body) - head; n > most {
		return e, g.fault(op, ErrTooLarge, fmt.Sprintf("%d bytes, at most %d", n, most))
	}
	return e, nil
}

// plainOf is what v holds if it is a byte slice, or points to one.
func plainOf(v any) ([]byte, bool) {
	switch v := v.(type) {
	case []byte:
		return v, true
	case *[]byte:
		return *v, true
	}
	return nil, false
}

// known fills in how a type is called on the wire, and reports whether its values are bytes already.
func (g *Group) known(op string, kind wire.Kind, typ reflect.Type, e *encoded) (raw bool, err error) {
	e.kind = kindOf(kind)
	if f := g.frozen.Load(); f != nil {
		if e.entry = f.lookup(e.kind, typ); e.entry != nil {
			e.name = e.entry.name
			return e.entry.raw, nil
		}
	}
	// Not registered here; the group may know it all the same, under the type's own name.
	name, why := wireName(typ, handleOptions{})
	if why != "" {
		return false, g.fault(op, ErrNotHandled, fmt.Sprintf("%v: %s", typ, why))
	}
	e.name = name
	return isRaw(typ), nil
}
