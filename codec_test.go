package lockstep

import (
	"math"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

type point struct{ X, Y int }

type sample struct {
	point
	S    string
	B    []byte
	I8   int8
	U    uint64
	F    float64
	F32  float32
	Ok   bool
	P    *point
	L    []point
	A    [3]int16
	H    [4]byte
	M    map[string]point
	N    map[int]string
	D    time.Duration
	T    time.Time
	Addr netip.Addr
	E    []struct{}
	Next *sample
	//lint:ignore U1000 that it stays at home is what is tested
	local int
}

func roundTrip[T any](t *testing.T, c Codec, v T) (T, error) {
	t.Helper()
	var out T
	b, err := c.Append([]byte("head"), v)
	if err != nil {
		return out, err
	}
	if string(b[:4]) != "head" {
		t.Fatalf("Append changed what was there: %q", b[:4])
	}
	return out, c.Decode(b[4:], &out)
}

func TestCodecRoundTrip(t *testing.T) {
	c := MsgpackCodec()
	v := sample{
		point: point{1, -2}, S: "héllo", B: []byte{0, 1}, I8: -128, U: math.MaxUint64, F: math.Pi, F32: 1.5, Ok: true, P: &point{3, 4},
		L: []point{{5, 6}, {}}, A: [3]int16{1, -1, 300}, H: [4]byte{9, 8, 7, 6}, M: map[string]point{"a": {7, 8}}, N: map[int]string{-1: "x"},
		D: time.Minute, T: time.Date(2026, 11, 22, 1, 2, 3, 4, time.UTC), Addr: netip.MustParseAddr("2001:db8::1"), E: make([]struct{}, 3),
		Next: &sample{S: "inner"},
	}
	got, err := roundTrip(t, c, v)
	if err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, v)
	}
	empty, err := roundTrip(t, c, sample{})
	if err != nil || !reflect.DeepEqual(empty, sample{}) {
		t.Errorf("zero: %v %+v", err, empty)
	}
	if got, err := roundTrip(t, c, "text"); err != nil || got != "text" {
		t.Errorf("%q %v", got, err)
	}
	if got, err := roundTrip(t, c, []string{"a", ""}); err != nil || !reflect.DeepEqual(got, []string{"a", ""}) {
		t.Errorf("%q %v", got, err)
	}
	if got, err := roundTrip(t, c, &point{1, 2}); err != nil || *got != (point{1, 2}) {
		t.Errorf("%v %v", got, err)
	}
	if got, err := roundTrip(t, c, strings.Repeat("x", 3<<20)); err != nil || len(got) != 3<<20 {
		t.Errorf("%d %v", len(got), err)
	}
}

// byPointer encodes itself through its pointer, as many types do.
type byPointer struct{ text string }

func (b *byPointer) MarshalText() ([]byte, error) { return []byte("<" + b.text + ">"), nil }
func (b *byPointer) UnmarshalText(t []byte) error {
	b.text = strings.Trim(string(t), "<>")
	return nil
}

func TestCodecAddressesMarshalers(t *testing.T) {
	type outer struct {
		A byPointer
		L []byPointer
	}
	v := outer{byPointer{"a"}, []byPointer{{"b"}}}
	if got, err := roundTrip(t, MsgpackCodec(), v); err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestCodecTimesAreUTC(t *testing.T) {
	type event struct {
		At   time.Time
		Opt  *time.Time
		List []time.Time
		Map  map[string]time.Time
		Odd  map[float64]time.Time
		Any  any
	}
	zone := time.FixedZone("far", 5*3600)
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, zone)
	v := event{at, &at, []time.Time{at}, map[string]time.Time{"k": at}, map[float64]time.Time{math.NaN(): at},
		map[string]any{"x": []any{at, 1}}}
	got, err := roundTrip(t, MsgpackCodec(), v)
	if err != nil {
		t.Fatal(err)
	}
	inAny := got.Any.(map[string]any)["x"].([]any)[0].(time.Time)
	for i, x := range []time.Time{got.At, *got.Opt, got.List[0], got.Map["k"], inAny} {
		if !x.Equal(at) || x.Location() != time.UTC {
			t.Errorf("time %d is %v", i, x)
		}
	}
}

func TestCodecEvolves(t *testing.T) {
	c := MsgpackCodec()
	type old struct {
		Key   string
		Value int
	}
	type new struct {
		Unit  string
		Value int
		Key   string
		Tags  []string
	}
	b, err := c.Append(nil, old{"k", 7})
	if err != nil {
		t.Fatal(err)
	}
	var n new
	if err := c.Decode(b, &n); err != nil || !reflect.DeepEqual(n, new{Key: "k", Value: 7}) {
		t.Errorf("a new reader of old bytes: %+v, %v", n, err)
	}
	if b, err = c.Append(nil, new{"cm", 8, "l", []string{"x"}}); err != nil {
		t.Fatal(err)
	}
	var o old
	if err := c.Decode(b, &o); err != nil || o != (old{"l", 8}) {
		t.Errorf("an old reader of new bytes: %+v, %v", o, err)
	}
}

type ring struct {
	Name string
	Next *ring
}

// panicky encodes itself, badly.
type panicky struct{ A int }

func (panicky) MarshalMsgpack() ([]byte, error) { panic("boom") }
func (*panicky) UnmarshalMsgpack([]byte) error  { panic("bang") }

func TestCodecRefusesToEncode(t *testing.T) {
	c := MsgpackCodec()
	loop := &ring{Name: "a"}
	loop.Next = loop
	deep := &ring{}
	for range 80 {
		deep = &ring{Next: deep}
	}
	self := map[string]any{}
	self["me"] = self
	sparse := make([]struct {
		A, B, C, D, E, F, G, H string `msgpack:",omitempty"`
	}, 1<<20)
	for _, tc := range []struct {
		v    any
		want string
	}{
		{nil, "lockstep: encode: nil is no message"},
		{loop, "lockstep: encode *lockstep.ring: the value contains itself, or is nested too deep"},
		{deep, "lockstep: encode *lockstep.ring: receivers would refuse it: msgpack: nested more than 64 deep"},
		{self, "lockstep: encode map[string]interface {}: the value contains itself, or is nested too deep"},
		{sparse, "would take more than"},
		{make(chan int), "lockstep: encode chan int: msgpack: Encode(unsupported chan int)"},
		{panicky{}, "lockstep: encode lockstep.panicky: panic: boom"},
		{uintptr(1), "lockstep: encode uintptr: panic"},
	} {
		b, err := c.Append([]byte("head"), tc.v)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("got  %v\nwant %s", err, tc.want)
		}
		if string(b) != "head" {
			t.Errorf("%s: left %q behind", tc.want, b)
		}
	}
}

func TestCodecRefusesToDecode(t *testing.T) {
	c := MsgpackCodec()
	for _, tc := range []struct {
		bytes string
		into  any
		want  string
	}{
		{"\x01", point{}, "need a non-nil pointer, have lockstep.point"},
		{"\x01", (*point)(nil), "need a non-nil pointer"},
		{"\x01", nil, "need a non-nil pointer, have <nil>"},
		{"\x01\x02", new(int), "lockstep: decode int: msgpack: 1 bytes left over"},
		{"\xa1x", new(int), "lockstep: decode int: msgpack: invalid code=a1"},
		{"\x91\x01", new(panicky), "lockstep: decode lockstep.panicky: panic: bang"},
	} {
		if err := c.Decode([]byte(tc.bytes), tc.into); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%x: got %v, want %s", tc.bytes, err, tc.want)
		}
	}
}

func TestCodecSharesNothing(t *testing.T) {
	type raw struct {
		B []byte
		S string
	}
	c := MsgpackCodec()
	b, err := c.Append(nil, raw{[]byte("bytes"), "string"})
	if err != nil {
		t.Fatal(err)
	}
	var a, z raw
	if err := c.Decode(b, &a); err != nil {
		t.Fatal(err)
	}
	clear(b)
	if c.Decode(b, &z) == nil || string(a.B) != "bytes" || a.S != "string" {
		t.Errorf("%+v, %+v", a, z)
	}
}

func TestCodecInParallel(t *testing.T) {
	c := MsgpackCodec()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				v := sample{S: strings.Repeat("s", j), U: uint64(i), L: []point{{i, j}}}
				var got sample
				b, err := c.Append(nil, v)
				if err == nil {
					err = c.Decode(b, &got)
				}
				if err != nil || !reflect.DeepEqual(got, v) {
					t.Errorf("%d %d: %v", i, j, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestRawValues(t *testing.T) {
	type blob []byte
	for _, c := range []struct {
		t    reflect.Type
		want bool
	}{
		{reflect.TypeFor[[]byte](), true},
		{reflect.TypeFor[blob](), true},
		{reflect.TypeFor[string](), false},
		{reflect.TypeFor[[4]byte](), false},
		{reflect.TypeFor[[]int8](), false},
	} {
		if isRaw(c.t) != c.want {
			t.Errorf("isRaw(%v) = %v", c.t, !c.want)
		}
	}
	b, err := appendValue(MsgpackCodec(), []byte("h"), blob("xyz"), true)
	if err != nil || string(b) != "hxyz" {
		t.Fatalf("%q %v", b, err)
	}
	var named blob
	var plain []byte
	if err := decodeValue(nil, b[1:], &named, true, false); err != nil {
		t.Error(err)
	}
	var given []byte
	if err := decodeValue(nil, b[1:3], &given, true, true); err != nil || &given[0] != &b[1] || cap(given) != 2 {
		t.Errorf("bytes that were given away: %v, room for %d: %v", given, cap(given), err)
	}
	if err := decodeValue(nil, b[1:], &plain, true, false); err != nil {
		t.Error(err)
	}
	clear(b)
	if string(named) != "xyz" || string(plain) != "xyz" {
		t.Errorf("%q %q share memory with the packet", named, plain)
	}
	if b, err = appendValue(MsgpackCodec(), nil, []byte("p"), true); string(b) != "p" || err != nil {
		t.Errorf("%q %v", b, err)
	}
	var n int
	if b, err = appendValue(MsgpackCodec(), nil, 5, false); err != nil || decodeValue(MsgpackCodec(), b, &n, false, false) != nil || n != 5 {
		t.Errorf("%d %v", n, err)
	}
}

func BenchmarkCodec(b *testing.B) {
	type update struct {
		Key   string
		Value float64
	}
	c := MsgpackCodec()
	v := update{"Harry", 20.75}
	buf := make([]byte, 0, 64)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf, _ = c.Append(buf[:0], v)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var got update
			if err := c.Decode(buf, &got); err != nil {
				b.Fatal(err)
			}
		}
	})
}
