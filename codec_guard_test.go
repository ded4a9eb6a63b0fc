package lockstep

import (
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

func TestGuardRefuses(t *testing.T) {
	type row struct {
		A, B, C, D, E, F, G, H string
		I                      [100]int
	}
	for _, c := range []struct {
		name, bytes string
		t           reflect.Type
		want        string
	}{
		{"nothing", "", reflect.TypeFor[int](), "msgpack: cut short"},
		{"the measured bomb", "\xdd\x00\x2d\xc6\xc0\x00\x00\x00", reflect.TypeFor[[]int32](), "msgpack: array of length 3000000 at byte 0, but 3 bytes are left"},
		{"the largest array", "\xdd\xff\xff\xff\xff", reflect.TypeFor[[]int64](), "array of length 4294967295"},
		{"the largest map", "\xdf\xff\xff\xff\xff", reflect.TypeFor[map[string]any](), "map of length 4294967295"},
		{"a map needs two bytes an entry", "\x82\x01\x02\x03", reflect.TypeFor[map[int]int](), "map of length 2 at byte 0, but 3 bytes are left"},
		{"string", "\xdb\xff\xff\xff\xff", reflect.TypeFor[string](), "string of length 4294967295"},
		{"short string", "\xa5abc", reflect.TypeFor[string](), "string of length 5"},
		{"bin", "\xc6\x7f\xff\xff\xff.", reflect.TypeFor[[]byte](), "string of length 2147483647"},
		{"ext", "\xc9\x00\x00\x10\x00\xff", reflect.TypeFor[any](), "extension of length 4096"},
		{"ext without its type", "\xd4\xff", reflect.TypeFor[any](), "extension of length 1"},
		{"length cut off", "\xdd\x00\x00", reflect.TypeFor[[]int](), "cut short"},
		{"number cut off", "\xcf\x00\x00", reflect.TypeFor[uint64](), "number of length 8"},
		{"unused code", "\xc1", reflect.TypeFor[any](), "msgpack: unknown code 0xc1 at byte 0"},
		{"left over", "\x01\x01\x01", reflect.TypeFor[int](), "msgpack: 2 bytes left over"},
		{"deep", strings.Repeat("\x91", 65) + "\x01", reflect.TypeFor[any](), "nested more than 64 deep"},
		{"deep maps in an unknown field", "\x81\xa1z" + strings.Repeat("\x81\x01", 100) + "\x01", reflect.TypeFor[point](), "nested more than 64 deep"},
		{"a number as field", "\x81\x01\x01", reflect.TypeFor[point](), "msgpack: a field's name is no string"},
		{"ext in place of a map", "\xd7\xff\xdf\xff\xff\xff\xff\x00\x00\x00", reflect.TypeFor[map[string]any](), "extension in place of a map"},
		{"large rows of nothing", "\xdd\x00\x00\xff\xff" + strings.Repeat("\xc0", 0xffff), reflect.TypeFor[[]row](), "65540 bytes would take more than"},
		{"pointers to large rows", "\xdd\x00\x00\xff\xff" + strings.Repeat("\x80", 0xffff), reflect.TypeFor[[]*row](), "would take more than"},
		{"maps of large rows", "\xdf\x00\x00\xff\xff" + strings.Repeat("\x01\xc0", 0xffff), reflect.TypeFor[map[int]row](), "would take more than"},
		{"one field again and again", "\xde\x20\x00" + strings.Repeat("\xa1L\xdc\x00\x10"+strings.Repeat("\xc0", 16), 0x2000),
			reflect.TypeFor[struct{ L []row }](), "would take more than"},
	} {
		p := (&msgpackCodec{}).plan(c.t)
		if err := guard([]byte(c.bytes), p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
		if err := MsgpackCodec().Decode([]byte(c.bytes), reflect.New(c.t).Interface()); err == nil {
			t.Errorf("%s: decoded", c.name)
		}
	}
}

func TestGuardTakes(t *testing.T) {
	for _, v := range []any{
		nil, true, 1, -1, int64(1 << 40), 1.5, float32(1), "", strings.Repeat("s", 300), strings.Repeat("s", 70000), []byte{1}, make([]byte, 300), make([]byte, 70000),
		[]int{}, make([]int, 20), make([]int, 70000), map[string]int{}, make(map[string]bool), time.Now(), time.Time{}, time.Unix(1<<40, 0),
		[]any{nil, []any{}, map[string]any{"x": 1}}, make([]string, 1000), make([][]int, 1000), struct{ A, B *int }{},
	} {
		b, err := msgpack.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := guard(b, anyPlan); err != nil {
			t.Errorf("%T as anything: %v", v, err)
		}
		if v == nil {
			continue
		}
		if err := guard(b, (&msgpackCodec{}).plan(reflect.TypeOf(v))); err != nil {
			t.Errorf("%T: %v", v, err)
		}
	}
	deepest := strings.Repeat("\x91", 64) + "\x01"
	if err := guard([]byte(deepest), anyPlan); err != nil {
		t.Error(err)
	}
}

// fuzzed has what the decoder treats in ways of its own.
type fuzzed struct {
	S  string            `msgpack:"s"`
	N  int               `msgpack:"n"`
	B  []byte            `msgpack:"b"`
	L  []fuzzed          `msgpack:"l"`
	P  *fuzzed           `msgpack:"p"`
	M  map[string]any    `msgpack:"m"`
	I  map[int64]*fuzzed `msgpack:"i"`
	SS map[string]string `msgpack:"ss"`
	A  any               `msgpack:"a"`
	T  time.Time         `msgpack:"t"`
	H  [8]byte           `msgpack:"h"`
	W  [3]point          `msgpack:"w"`
	V  []string          `msgpack:"v"`
	X  *[]*[20]int       `msgpack:"x"`
	R  byPointer         `msgpack:"r"`
}

func fuzzSeeds(f *testing.F) {
	c := MsgpackCodec()
	for _, v := range []fuzzed{{}, {S: "s", N: -5, B: []byte("b"), L: []fuzzed{{}}, P: &fuzzed{N: 1}, M: map[string]any{"k": []any{1, nil, time.Unix(1, 1)}},
		I: map[int64]*fuzzed{1: {}}, SS: map[string]string{"a": "b"}, A: 1.5, T: time.Unix(1e9, 5), V: []string{"v"}, X: &[]*[20]int{{}}, R: byPointer{"r"}}} {
		b, err := c.Append(nil, v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("\x81\xa1m\xd7\xff\xdf\xff\xff\xff\xff\x00\x00\x00"))
	f.Add([]byte("\x81\xa1a\xdd\xff\xff\xff\xff"))
	f.Add([]byte("\x81\xa1l\xdd\x00\x2d\xc6\xc0\x00\x00\x00"))
	f.Add([]byte("\x81\xa1l\xdc\x00\x04\xc0\xc0\xc0\xc0"))
	f.Add([]byte(strings.Repeat("\x91", 70)))
	f.Add([]byte("\x9f\xc0"))
}

// FuzzGuard: no bytes make the guard panic, whatever the type, and it is never pleased with a value that goes on past the end.
func FuzzGuard(f *testing.F) {
	fuzzSeeds(f)
	c := &msgpackCodec{}
	plans := []*plan{anyPlan, c.plan(reflect.TypeFor[fuzzed]()), c.plan(reflect.TypeFor[[][]point]()), c.plan(reflect.TypeFor[map[string]any]())}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, p := range plans {
			if guard(b, p) != nil {
				continue
			}
			if guard(b[:len(b)-1], p) == nil {
				t.Fatalf("%x is a value, and so is all of it but the last byte", b)
			}
		}
	})
}

// FuzzDecode: no bytes make the codec panic or allocate beyond its bound.
func FuzzDecode(f *testing.F) {
	fuzzSeeds(f)
	c := MsgpackCodec()
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, to := range []any{new(fuzzed), new([]point), new(map[string]any), new(any), new([]any)} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := c.Decode(b, to)
			runtime.ReadMemStats(&after)
			// Half as much again for what others allocate meanwhile, and for error texts.
			if took, most := after.TotalAlloc-before.TotalAlloc, uint64(guardBase+guardFactor*len(b))*3/2; took > most {
				t.Fatalf("%d bytes took %d bytes of memory (%v)", len(b), took, err)
			}
			if err != nil {
				continue
			}
			// What was decoded can be sent on, unless it is nested deeper than its bytes were.
			if _, err := c.Append(nil, to); err != nil && !strings.Contains(err.Error(), "would") && !strings.Contains(err.Error(), "nested") {
				t.Fatalf("decoded %+v but cannot encode it: %v", to, err)
			}
		}
	})
}
