package lockstep

import (
	"encoding/json"
	"io"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/lockstep-go/lockstep/internal/wire"
)

type tree struct {
	Name string
	Kids []*tree
	By   map[string]tree
}

type inner struct{ A int }

//lint:ignore U1000 that the field is lost is what the type is for
type onlyOut struct{ a int }

func (o onlyOut) MarshalText() ([]byte, error) { return nil, nil }

type onlyIn struct{ A int }

func (o *onlyIn) UnmarshalText([]byte) error { return nil }

type crossed struct{ A int }

func (c crossed) MarshalText() ([]byte, error)     { return nil, nil }
func (c *crossed) MarshalBinary() ([]byte, error)  { return nil, nil }
func (c *crossed) UnmarshalBinary(b []byte) error  { return nil }
func (c *crossed) UnmarshalText(text []byte) error { return nil }

type wellCoded struct{ hidden int }

func (w wellCoded) MarshalBinary() ([]byte, error)  { return []byte{byte(w.hidden)}, nil }
func (w *wellCoded) UnmarshalBinary(b []byte) error { w.hidden = int(b[0]); return nil }

type number int

func TestCheckType(t *testing.T) {
	type event struct {
		time.Time
		Name string
	}
	type justTime struct{ time.Time }
	type pp **int
	for _, c := range []struct {
		t    reflect.Type
		want string // empty: fine
	}{
		{reflect.TypeFor[point](), ""},
		{reflect.TypeFor[sample](), ""},
		{reflect.TypeFor[tree](), ""},
		{reflect.TypeFor[struct{}](), ""},
		{reflect.TypeFor[string](), ""},
		{reflect.TypeFor[[]byte](), ""},
		{reflect.TypeFor[json.RawMessage](), ""},
		{reflect.TypeFor[time.Time](), ""},
		{reflect.TypeFor[time.Duration](), ""},
		{reflect.TypeFor[netip.AddrPort](), ""},
		{reflect.TypeFor[big.Int](), ""},
		{reflect.TypeFor[wellCoded](), ""},
		{reflect.TypeFor[justTime](), ""},
		{reflect.TypeFor[struct{ inner }](), ""},
		{reflect.TypeFor[map[point]string](), ""},
		{reflect.TypeFor[struct {
			C chan int `msgpack:"-"`
			A int
			f func()
		}](), ""},

		{reflect.TypeFor[struct{ a int }](), "struct { a int } has no exported field, so nothing of it would be sent"},
		{reflect.TypeFor[sync.Mutex](), "sync.Mutex has no exported field, so nothing of it would be sent"},
		{reflect.TypeFor[struct{ Mu sync.Mutex }](), "field Mu: sync.Mutex has no exported field, so nothing of it would be sent"},
		{reflect.TypeFor[struct {
			A int `msgpack:"-"`
		}](), "has no exported field"},
		{reflect.TypeFor[struct{ F func() }](), "field F: func() is a func, which msgpack cannot carry"},
		{reflect.TypeFor[struct{ In struct{ C []chan int } }](), "field In.C[]: chan int is a chan, which msgpack cannot carry"},
		{reflect.TypeFor[struct{ P unsafe.Pointer }](), "field P: unsafe.Pointer is a unsafe.Pointer, which msgpack cannot carry"},
		{reflect.TypeFor[struct{ C complex128 }](), "field C: complex128 is a complex128, which msgpack cannot carry"},
		{reflect.TypeFor[uintptr](), "uintptr is a uintptr, which msgpack cannot carry"},
		{reflect.TypeFor[struct{ V any }](), "field V: interface {} is an interface, whose content may come back as another type; permit it with AllowInterfaces"},
		{reflect.TypeFor[map[string][]any](), "[][]: interface {} is an interface"},
		{reflect.TypeFor[struct{ E error }](), "field E: error is an interface"},
		{reflect.TypeFor[struct{ R io.Reader }](), "field R: io.Reader is an interface with methods, and decoding cannot know which type to make"},
		{reflect.TypeFor[map[any]int](), "map[interface {}]int has keys of kind interface"},
		{reflect.TypeFor[map[*int]int](), "map[*int]int has keys of kind ptr"},
		{reflect.TypeFor[pp](), "is a pointer to a pointer, and nil inside would come back as nil outside"},
		{reflect.TypeFor[struct{ *inner }](), "embedded pointer *inner: nil would come back as a value; give the field a name"},
		{reflect.TypeFor[struct{ number }](), "embedded number is not exported and msgpack cannot set it"},
		{reflect.TypeFor[struct {
			inner
			A int
		}](), "two fields are called A on the wire, and one would overwrite the other"},
		{reflect.TypeFor[struct {
			A int `msgpack:"x"`
			B int `msgpack:"x"`
		}](), "two fields are called x on the wire"},
		{reflect.TypeFor[struct {
			A int `msgpack:",intern"`
		}](), "field A is a int with the option intern, which is for strings"},
		{reflect.TypeFor[onlyOut](), "lockstep.onlyOut has a method to encode itself (Text) and none to decode"},
		{reflect.TypeFor[onlyIn](), "lockstep.onlyIn has a method to decode itself (Text) and none to encode"},
		{reflect.TypeFor[crossed](), "lockstep.crossed encodes itself one way (Text) and decodes another (Binary)"},
		{reflect.TypeFor[event](), "lockstep.event takes its encoding from the embedded Time, and the other fields would be lost; give that field a name"},
		{reflect.TypeFor[map[string]byPointer](), "[]: lockstep.byPointer encodes itself through its pointer, and what is in a map has no address; let the map hold *lockstep.byPointer"},
	} {
		err := checkType(c.t, false)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%v: %v", c.t, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%v:\ngot  %v\nwant %s", c.t, err, c.want)
		}
	}
}

func TestCheckTypeWithInterfaces(t *testing.T) {
	type carrier struct {
		V any
		M map[string]any
		E error
	}
	if err := checkType(reflect.TypeFor[carrier](), true); err != nil {
		t.Error(err)
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[struct{ R io.Reader }](), reflect.TypeFor[map[any]int](), reflect.TypeFor[struct{ F func() }]()} {
		if err := checkType(typ, true); err == nil {
			t.Errorf("%v passes", typ)
		}
	}
}

func TestShapes(t *testing.T) {
	type named string
	type array struct {
		//lint:ignore U1000 the tag is what counts
		_msgpack struct{} `msgpack:",as_array"`
		A        int
		B        string
	}
	type outer struct {
		T tree
		X [2]map[named]*point
	}
	for _, c := range []struct {
		t    reflect.Type
		want string
	}{
		{reflect.TypeFor[struct {
			Key   string
			Value float64
		}](), "struct{Key string; Value float64}"},
		{reflect.TypeFor[struct{ inner }](), "struct{A int}"},
		{reflect.TypeFor[struct {
			A int `msgpack:"a b"`
			B any `msgpack:"b,omitempty"`
		}](), `struct{"a b" int; b any}`},
		{reflect.TypeFor[struct{}](), "struct{}"},
		{reflect.TypeFor[[]byte](), "[]byte"},
		{reflect.TypeFor[named](), "string"},
		{reflect.TypeFor[time.Time](), "time.Time"},
		{reflect.TypeFor[time.Duration](), "int64"},
		{reflect.TypeFor[netip.Addr](), "netip.Addr"},
		{reflect.TypeFor[error](), "error"},
		{reflect.TypeFor[array](), "tuple{A int; B string}"},
		{reflect.TypeFor[tree](), "struct{Name string; Kids []*^1; By map[string]^1}"},
		{reflect.TypeFor[outer](), "struct{T struct{Name string; Kids []*^1; By map[string]^1}; X [2]map[string]*struct{X int; Y int}}"},
	} {
		if got := shapeOf(c.t); got != c.want {
			t.Errorf("%v\ngot  %s\nwant %s", c.t, got, c.want)
		}
	}
}

type w0 struct{ A, B, C, D int }
type w1 struct{ A, B, C, D w0 }
type w2 struct{ A, B, C, D w1 }
type w3 struct{ A, B, C, D w2 }
type w4 struct{ A, B, C, D w3 }

func TestShapeIsBounded(t *testing.T) {
	s := shapeOf(reflect.TypeFor[w4]())
	if len(s) > shapeMax || !strings.HasSuffix(s, wire.ShapeCut) || s != shapeOf(reflect.TypeFor[w4]()) {
		t.Errorf("%d bytes, ends %q", len(s), s[len(s)-8:])
	}
}
