package lockstep

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

type Update struct {
	Key   string
	Value float64
}

type Acquire struct{ Lock string }

type Pair[A, B any] struct {
	First  A
	Second B
}

func nop() {}

// panicText runs f and returns what it panics with.
func panicText(f func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}

func TestRegisterPanics(t *testing.T) {
	intType := reflect.TypeFor[int]()
	up := reflect.TypeFor[Update]()
	other := func() reflect.Type {
		type Update struct{ Other int }
		return reflect.TypeFor[Update]()
	}()
	for _, c := range []struct {
		name string
		do   func(*handlerTable)
		want string
	}{
		{"func", func(h *handlerTable) { h.register(kindMessage, reflect.TypeFor[Pair[int, func()]](), nil, nop) },
			"in group quotes: field Second: func() is a func, which msgpack cannot carry"},
		{"no exported field", func(h *handlerTable) {
			h.register(kindApply, reflect.TypeFor[struct{ a int }](), intType, nop, As("x"))
		},
			"lockstep: HandleApply[struct { a int }] in group quotes: struct { a int } has no exported field, so nothing of it would be sent"},
		{"interface", func(h *handlerTable) { h.register(kindMessage, reflect.TypeFor[Pair[int, any]](), nil, nop) },
			"field Second: interface {} is an interface, whose content may come back as another type; permit it with AllowInterfaces"},
		{"result", func(h *handlerTable) { h.register(kindQuery, up, reflect.TypeFor[chan int](), nop) },
			"lockstep: HandleQuery[lockstep.Update] in group quotes: the result chan int: chan int is a chan, which msgpack cannot carry"},
		{"twice", func(h *handlerTable) {
			h.register(kindMessage, up, nil, nop)
			h.register(kindMessage, up, nil, nop)
		}, "lockstep: Handle[lockstep.Update] in group quotes: registered already, as Update"},
		{"one name", func(h *handlerTable) {
			h.register(kindMessage, up, nil, nop)
			h.register(kindQuery, other, intType, nop)
		}, "the name Update belongs to Handle[github.com/lockstep-go/lockstep.Update] already; give one of them another with As"},
		{"two names", func(h *handlerTable) {
			h.register(kindMessage, up, nil, nop)
			h.register(kindQuery, up, intType, nop, As("Other"))
		}, "the type is called Update in Handle; one type has one name"},
		{"no name", func(h *handlerTable) { h.register(kindMessage, reflect.TypeFor[map[string]int](), nil, nop) },
			"the type has no name; declare one, or give a name with As"},
		{"bad name", func(h *handlerTable) { h.register(kindMessage, up, nil, nop, As("a b")) },
			`the name must be without space, control character or slash, is "a b"`},
		{"empty name", func(h *handlerTable) { h.register(kindMessage, up, nil, nop, As("")) }, "the name must be given"},
		{"pointer", func(h *handlerTable) { h.register(kindMessage, reflect.TypeFor[*Update](), nil, nop) }, "messages are values; use lockstep.Update"},
		{"nil handler", func(h *handlerTable) { h.register(kindMessage, up, nil, (func())(nil)) }, "the handler is nil"},
		{"frozen", func(h *handlerTable) {
			h.freeze()
			h.register(kindMessage, up, nil, nop)
		}, "the handlers are frozen since Join; register every type before it"},
		{"too many", func(h *handlerTable) {
			for i := range handlersMax + 1 {
				h.register(kindMessage, reflect.ArrayOf(i, intType), nil, nop, As(fmt.Sprint("t", i)))
			}
		}, "more than 1024 handlers"},
	} {
		if got := panicText(func() { c.do(newHandlerTable("quotes", MsgpackCodec())) }); !strings.Contains(got, c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestRegister(t *testing.T) {
	h := newHandlerTable("g", MsgpackCodec())
	h.register(kindQuery, reflect.TypeFor[Update](), reflect.TypeFor[[]byte](), nop)
	h.register(kindMessage, reflect.TypeFor[Update](), nil, nop)
	h.register(kindApply, reflect.TypeFor[Acquire](), reflect.TypeFor[func()](), nop) // its result never travels
	h.register(kindMessage, reflect.TypeFor[[]byte](), nil, nop)
	h.register(kindMessage, reflect.TypeFor[Pair[map[string]*Update, netipLike]](), nil, nop)
	h.register(kindMessage, reflect.TypeFor[Pair[any, int]](), nil, nop, As("Anything"), AllowInterfaces())
	f := h.freeze()
	if h.freeze() != f {
		t.Error("frozen twice")
	}
	want := []wire.HandlerEntry{
		{Name: "Acquire", Kind: 2, Shape: "struct{Lock string}"},
		{Name: "Anything", Kind: 1, Shape: "struct{First any; Second int}"},
		{Name: "Pair[map[string]*Update,netipLike]", Kind: 1, Shape: "struct{First map[string]*struct{Key string; Value float64}; Second string}"},
		{Name: "Update", Kind: 1, Shape: "struct{Key string; Value float64}"},
		{Name: "Update", Kind: 3, Shape: "struct{Key string; Value float64} -> []byte"},
		{Name: "bytes", Kind: 1, Shape: "[]byte"},
	}
	if got := f.table(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	e := f.lookup(kindMessage, reflect.TypeFor[[]byte]())
	if e == nil || !e.raw || f.lookup(kindApply, reflect.TypeFor[Update]()) != nil {
		t.Errorf("lookup: %+v", e)
	}
	if q := f.lookup(kindQuery, reflect.TypeFor[Update]()); q.raw || !q.rawBack {
		t.Errorf("query: %+v", q)
	}

	// A group's table has its own order, and types that are not handled here.
	group := []wire.HandlerEntry{want[5], {Name: "Foreign", Kind: 1}, want[4], want[4]}
	m := f.match(group)
	if m.entry(0) != e || m.index(e) != 0 || m.entry(1) != nil || m.entry(2).kind != kindQuery || m.entry(3) != nil {
		t.Errorf("match: %+v", m)
	}
	if m.index(f.entries[0]) != -1 || m.entry(-1) != nil || m.entry(4) != nil {
		t.Errorf("match: %+v", m)
	}
}

type netipLike string

func TestOtherCodecsHaveTheirOwnRules(t *testing.T) {
	h := newHandlerTable("g", namedCodec("other"))
	h.register(kindMessage, reflect.TypeFor[*Pair[any, chan int]](), nil, nop)
	if got := h.freeze().table()[0].Name; got != "Pair[interface{},chanint]" {
		t.Errorf("name %q", got)
	}
}

func TestBareNames(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Update", "Update"},
		{"Pair[int,github.com/x/y.T]", "Pair[int,T]"},
		{"Pair[[]example.com/v2/a.B[c.D],map[string]*e.F]", "Pair[[]B[D],map[string]*F]"},
		{"T[main.local·1]", "T[local]"},
	} {
		if got := barePath(c.in); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
	}
}
