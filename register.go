package lockstep

// Which Go types a group's handlers take, under which names: the registration table, filled before Join and frozen by it.

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// handlersMax bounds the registrations of one group; the table travels in its join.
const handlersMax = 1024

// A handlerKind says which of the Handle functions registered a type. The numbers are those of wire.HandlerEntry.
type handlerKind uint8

const (
	kindMessage handlerKind = 1 // Handle
	kindApply   handlerKind = 2 // HandleApply
	kindQuery   handlerKind = 3 // HandleQuery
)

// String is "message", "apply" or "query".
func (k handlerKind) String() string {
	switch k {
	case kindMessage:
		return "message"
	case kindApply:
		return "apply"
	case kindQuery:
		return "query"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// verb is the function that registers the kind.
func (k handlerKind) verb() string {
	switch k {
	case kindApply:
		return "HandleApply"
	case kindQuery:
		return "HandleQuery"
	}
	return "Handle"
}

// A HandleOption changes how one type is registered.
type HandleOption func(*handleOptions)

type handleOptions struct {
	name       string
	named      bool
	interfaces bool
	borrowed   bool
}

// As gives the type another name on the wire than its own, for two types of one name, for types without a name, and to keep the
// old name when the Go type is renamed. All members must use the same. At most 255 bytes, without space.
func As(name string) HandleOption {
	return func(o *handleOptions) { o.name, o.named = name, true }
}

// AllowInterfaces permits interface values in the type. Their content comes back as msgpack sees fit: an int may be an int8, a
// struct a map[string]any. An interface with methods is refused even so, but for error, of which the text remains.
func AllowInterfaces() HandleOption {
	return func(o *handleOptions) { o.interfaces = true }
}

// Borrowed says that the handler, of messages that are a byte slice, keeps nothing of the bytes it is given, and changes none: they are
// the memory in which they arrived, which is used again when the handler returns. So a large message is neither copied for the handler nor
// allocated. A result of HandleApply or HandleQuery must not share memory with them. Programs built with the race detector find other
// bytes there afterwards. Registering another type with it panics.
func Borrowed() HandleOption {
	return func(o *handleOptions) { o.borrowed = true }
}

// A handlerEntry is one registered type. It is immutable.
type handlerEntry struct {
	name    string       // on the wire
	kind    handlerKind  //
	typ     reflect.Type // of the message
	result  reflect.Type // of the answer; nil for a message
	raw     bool         // messages of this type are bytes and do not pass the codec
	rawBack bool         // so are the answers
	shape   string       // fields and their types, for comparison with other members
	index   int          // among the frozen entries; not the number used on the wire, which is the group's
	handler any          // what the Handle function stored; the table does not look at it

	borrowed bool // the handler is lent the bytes of raw messages
}

// wire is the entry as other members see it.
func (e *handlerEntry) wire() wire.HandlerEntry {
	return wire.HandlerEntry{Name: e.name, Kind: uint8(e.kind), Shape: e.shape}
}

// A handlerTable collects the registrations of one group. Any goroutine may register; freeze ends that.
type handlerTable struct {
	group string
	check bool // the default codec's rules apply; other codecs have their own

	mu      sync.Mutex
	entries []*handlerEntry
	frozen  *frozenHandlers // nil until freeze
}

// newHandlerTable returns the empty table of the named group.
func newHandlerTable(group string, codec Codec) *handlerTable {
	_, isDefault := codec.(*msgpackCodec)
	return &handlerTable{group: group, check: isDefault}
}

// register adds a type and its handler. result is nil for a message. It panics, with type and reason, on a mistake in the
// program: a type that the codec would lose, a name or type registered already, a table frozen by Join.
func (t *handlerTable) register(kind handlerKind, typ, result reflect.Type, handler any, opts ...HandleOption) {
	var o handleOptions
	for _, opt := range opts {
		opt(&o)
	}
	fail := func(format string, args ...any) {
		panic(fmt.Sprintf("lockstep: %s[%v] in group %s: %s", kind.verb(), typ, t.group, fmt.Sprintf(format, args...)))
	}
	if v := reflect.ValueOf(handler); !v.IsValid() || v.Kind() == reflect.Func && v.IsNil() {
		fail("the handler is nil")
	}
	name, why := wireName(typ, o)
	if why != "" {
		fail("%s", why)
	}
	e := &handlerEntry{name: name, kind: kind, typ: typ, result: result, raw: isRaw(typ), handler: handler, borrowed: o.borrowed}
	if e.borrowed && !e.raw {
		fail("Borrowed is for byte slices")
	}
	e.shape = shapeOf(typ)
	if t.check {
		if typ.Kind() == reflect.Pointer {
			fail("messages are values; use %v", typ.Elem())
		}
		if err := checkType(typ, o.interfaces); err != nil {
			fail("%v", err)
		}
	}
	if kind == kindQuery { // the result of an apply stays at the member that asked
		e.rawBack = isRaw(result)
		e.shape += wire.ShapeAnswer + shapeOf(result)
		if t.check {
			if err := checkType(result, o.interfaces); err != nil {
				fail("the result %v: %v", result, err)
			}
		}
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	if t.frozen != nil {
		fail("the handlers are frozen since Join; register every type before it")
	}
	if len(t.entries) >= handlersMax {
		fail("more than %d handlers", handlersMax)
	}
	for _, old := range t.entries {
		switch {
		case old.name == name && old.typ != typ:
			fail("the name %s belongs to %s[%v] already; give one of them another with As", name, old.kind.verb(), qualified(old.typ))
		case old.kind == kind && old.typ == typ:
			fail("registered already, as %s", old.name)
		case old.typ == typ && old.name != name:
			fail("the type is called %s in %s; one type has one name", old.name, old.kind.verb())
		}
	}
	t.entries = append(t.entries, e)
}

// freeze ends registration and returns the entries, sorted by name and kind. Later calls return the same.
func (t *handlerTable) freeze() *frozenHandlers {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.frozen != nil {
		return t.frozen
	}
	entries := slices.Clip(t.entries)
	t.entries = nil
	slices.SortFunc(entries, func(a, b *handlerEntry) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return int(a.kind) - int(b.kind)
	})
	f := &frozenHandlers{entries: entries}
	if len(entries) > fewHandlers {
		f.byType = make(map[handlerKey]*handlerEntry, len(entries))
	}
	for i, e := range entries {
		e.index = i
		if f.byType != nil {
			f.byType[handlerKey{e.kind, e.typ}] = e
		}
	}
	t.frozen = f
	return f
}

type handlerKey struct {
	kind handlerKind
	typ  reflect.Type
}

// frozenHandlers are a group's registrations after Join. They are immutable and may be read on any goroutine.
type frozenHandlers struct {
	entries []*handlerEntry
	byType  map[handlerKey]*handlerEntry // nil where there are few
}

// fewHandlers are looked through rather than looked up: a map is larger than all else that an idle group has of them.
const fewHandlers = 8

// lookup finds the entry for messages of the type, or nil.
func (f *frozenHandlers) lookup(kind handlerKind, typ reflect.Type) *handlerEntry {
	if f.byType != nil {
		return f.byType[handlerKey{kind, typ}]
	}
	for _, e := range f.entries {
		if e.kind == kind && e.typ == typ {
			return e
		}
	}
	return nil
}

// table is the entries as other members see them, sorted by name and kind.
func (f *frozenHandlers) table() []wire.HandlerEntry {
	out := make([]wire.HandlerEntry, len(f.entries))
	for i, e := range f.entries {
		out[i] = e.wire()
	}
	return out
}

// A tableMatch relates this member's entries to the group's table, whose indices stand for types on the wire. It is immutable;
// make a new one when the group's table has grown.
type tableMatch struct {
	local []*handlerEntry // by the group's index; nil: not handled here
	group []int           // by handlerEntry.index; -1: the group does not know it
}

// match relates the entries to the group's table by name and kind.
func (f *frozenHandlers) match(group []wire.HandlerEntry) *tableMatch {
	m := &tableMatch{local: make([]*handlerEntry, len(group)), group: make([]int, len(f.entries))}
	type key struct {
		name string
		kind uint8
	}
	at := make(map[key]*handlerEntry, len(f.entries))
	for i, e := range f.entries {
		m.group[i] = -1
		at[key{e.name, uint8(e.kind)}] = e
	}
	for i, g := range group {
		if e := at[key{g.Name, g.Kind}]; e != nil && m.group[e.index] < 0 {
			m.local[i], m.group[e.index] = e, i
		}
	}
	return m
}

// entry is the local entry for an index from the wire, or nil: not handled here, or out of range.
func (m *tableMatch) entry(index int) *handlerEntry {
	if index < 0 || index >= len(m.local) {
		return nil
	}
	return m.local[index]
}

// index is the group's index of a local entry, or -1.
func (m *tableMatch) index(e *handlerEntry) int { return m.group[e.index] }

// wireName is what a type is called on the wire: its name without packages, unless an option gives another. why says what is
// wrong with it.
func wireName(t reflect.Type, o handleOptions) (name, why string) {
	if o.named {
		if why := badName(o.name); why != "" {
			return "", "the name " + why
		}
		return o.name, ""
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[[]byte]():
		return "bytes", ""
	case t.Name() == "":
		return "", "the type has no name; declare one, or give a name with As"
	}
	name = barePath(t.Name())
	if why := badName(name); why != "" {
		return "", fmt.Sprintf("the type's name %s %s; give another with As", name, why)
	}
	return name, ""
}

// barePath takes the packages out of the name of a generic type: Pair[int,example.com/x.T] becomes Pair[int,T].
func barePath(name string) string {
	var b strings.Builder
	for name != "" {
		end := strings.IndexAny(name, "[],*{}; ")
		if end < 0 {
			end = len(name)
		}
		word := name[:end]
		if i := strings.LastIndexAny(word, "./"); i >= 0 {
			word = word[i+1:]
		}
		// A type declared in a function is called T·1; the number depends on what else the compiler saw.
		word, _, _ = strings.Cut(word, "·")
		b.WriteString(word)
		if end < len(name) {
			if c := name[end]; c != ' ' {
				b.WriteByte(c)
			}
			end++
		}
		name = name[end:]
	}
	return b.String()
}

// qualified is a type's text with its package's whole path, which tells two types of one name apart.
func qualified(t reflect.Type) string {
	if t.PkgPath() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}
