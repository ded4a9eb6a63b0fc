package lockstep

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

type (
	flatName string
	flatPart struct {
		Inner int16
		Other []byte
	}
	flatAll struct {
		Yes  bool
		S    flatName
		B    []byte
		I    int
		I8   int8
		I32  int32 `msgpack:"i"`
		I64  int64
		U    uint
		U8   uint8
		U64  uint64
		F    float32
		D    time.Duration
		G    float64
		Gone int `msgpack:"-"`
		_    int
		flatPart
	}
)

// flatExamples have each field at the borders of its encodings.
func flatExamples() (list []flatAll) {
	for _, n := range []int64{0, 1, -1, -32, -33, 127, 128, -128, -129, 255, 256, 1<<15 - 1, -1 << 15, -1<<15 - 1, 1<<16 - 1, 1 << 16,
		-1 << 31, -1<<31 - 1, 1<<31 - 1, 1<<32 - 1, 1 << 32, math.MaxInt64, math.MinInt64} {
		list = append(list, flatAll{I: int(n), I8: int8(n), I32: int32(n), I64: n, U: uint(n), U8: uint8(n), U64: uint64(n), F: float32(n),
			D: time.Duration(n), G: float64(n), flatPart: flatPart{Inner: int16(n)}})
	}
	for _, n := range []int{0, 1, 31, 32, 255, 256, 1<<16 - 1, 1 << 16} {
		text := strings.Repeat("x", n)
		list = append(list, flatAll{Yes: true, S: flatName(text), B: []byte(text), flatPart: flatPart{Other: []byte(text)}})
	}
	return append(list, flatAll{F: float32(math.NaN()), G: math.Inf(-1)}, flatAll{F: math.SmallestNonzeroFloat32, G: math.MaxFloat64})
}

func TestFlatAsTheLibrary(t *testing.T) {
	c := &msgpackCodec{}
	f := c.plan(reflect.TypeFor[flatAll]()).flat
	if f == nil {
		t.Fatal("the type is not flat")
	}
	for _, v := range flatExamples() {
		b := f.append([]byte("before"), reflect.ValueOf(v))
		theirs, err := c.encode([]byte("before"), v)
		if err != nil || !bytes.Equal(b, theirs) {
			t.Fatalf("%+v: written %x, the library writes %x, %v", v, b, theirs, err)
		}
		b = b[len("before"):]
		var got, want flatAll
		if !f.read(b, reflect.ValueOf(&got).Elem()) {
			t.Fatalf("%+v: does not read what it wrote: %x", v, b)
		}
		if err := c.decode(b, &want); err != nil {
			t.Fatal(err)
		}
		if v.F == v.F && !reflect.DeepEqual(got, want) {
			t.Fatalf("read %+v, the library reads %+v", got, want)
		}
		for n := range min(len(b), 200) {
			if f.read(b[:n], reflect.ValueOf(new(flatAll)).Elem()) {
				t.Fatalf("%x is read, and it is cut off at %d", b, n)
			}
		}
		clear(b)
		if again, err := c.encode(nil, got); err != nil || !bytes.Equal(again, theirs[len("before"):]) {
			t.Fatalf("what was read shares memory with its bytes: %+v, %v", got, err)
		}
	}
}

func TestNotFlat(t *testing.T) {
	type taught uint8
	msgpack.Register(taught(0), func(e *msgpack.Encoder, v reflect.Value) error { return e.EncodeInt(int64(v.Uint()) + 1) },
		func(d *msgpack.Decoder, v reflect.Value) error {
			n, err := d.DecodeInt64()
			v.SetUint(uint64(n - 1))
			return err
		})
	c := &msgpackCodec{}
	for _, v := range []any{
		struct {
			A int `msgpack:"a,omitempty"`
		}{},
		struct {
			A int `msgpack:"a,alias:b"`
		}{5},
		struct {
			A, B string `msgpack:",intern"`
		}{"a", "a"},
		struct {
			_msgpack struct{} `msgpack:",omitempty"`
			A        int
		}{},
		struct {
			_msgpack struct{} `msgpack:",as_array"`
			A        int
		}{A: 1},
		struct{ T time.Time }{time.Unix(1, 0).UTC()},
		struct{ P *int }{new(int)},
		struct{ L []string }{[]string{"a"}},
		struct{ A [3]byte }{},
		struct{ A any }{},
		struct{ A struct{ B int } }{},
		struct{ R byPointer }{},
		struct{ T taught }{7},
		struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P int }{},
		5, "text",
	} {
		typ := reflect.TypeOf(v)
		if c.plan(typ).flat != nil {
			t.Errorf("%v is taken for flat", typ)
		}
		b, err := c.Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		back := reflect.New(typ)
		if err := c.Decode(b, back.Interface()); err != nil || !reflect.DeepEqual(back.Elem().Interface(), v) {
			t.Errorf("%+v came back as %+v, %v", v, back.Elem(), err)
		}
	}
}

// FuzzFlat: whatever the bytes, a flat struct is decoded as the library decodes it.
func FuzzFlat(f *testing.F) {
	c := &msgpackCodec{}
	p := c.plan(reflect.TypeFor[flatAll]())
	for _, v := range flatExamples() {
		if b := p.flat.append(nil, reflect.ValueOf(v)); len(b) < 1000 {
			f.Add(b)
		}
	}
	f.Add([]byte("\x81\xa1S\xc4\x01x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var got, want flatAll
		err := c.Decode(b, &got)
		other := guard(b, p)
		if other == nil {
			other = c.decode(b, &want)
		}
		if (err == nil) != (other == nil) {
			t.Fatalf("%x: %v, the library says %v", b, err, other)
		}
		if err != nil {
			return
		}
		x, err := c.encode(nil, got)
		y, other := c.encode(nil, want)
		if err != nil || other != nil || !bytes.Equal(x, y) {
			t.Fatalf("%x: %+v, the library has %+v", b, got, want)
		}
	})
}
