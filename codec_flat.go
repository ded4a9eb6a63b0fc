package lockstep

// Flat structs: fields that are numbers, truths, strings or bytes, as most messages have them. Their msgpack is written and read here,
// byte for byte as the library does it but without its search for each field. All else goes the library's way: other types, and bytes
// that another version of the type or another program wrote.

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
)

// A flat is how values of one struct type are written. It is immutable.
type flat struct {
	head   []byte // of the map
	fields []flatField
}

type flatField struct {
	name  []byte // as it is encoded
	index []int  // as for reflect.Value.FieldByIndex
	kind  reflect.Kind
}

// flatMost is how many fields a flat struct has at most: as many as a map of one byte's head.
const flatMost = 15

// flat returns how values of the type are written, nil if the library has to do it: also where an application taught the library
// something about the type, which shows in an example.
func (c *msgpackCodec) flat(t reflect.Type) *flat {
	if x := codingOf(t); t.Kind() != reflect.Struct || x.enc != "" || x.dec != "" {
		return nil
	}
	fields, tuple, err := wireFields(t)
	if err != nil || tuple || len(fields) > flatMost {
		return nil
	}
	f := &flat{head: []byte{0x80 | byte(len(fields))}}
	for _, x := range fields {
		if own := codingOf(x.typ); x.optioned || own.enc != "" || own.dec != "" {
			return nil
		}
		kind := x.typ.Kind()
		switch kind {
		case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
			reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
			reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		case reflect.Slice:
			if x.typ.Elem() != reflect.TypeFor[byte]() {
				return nil
			}
		default:
			return nil
		}
		f.fields = append(f.fields, flatField{appendFlatText(nil, x.name), x.index, kind})
	}
	for _, full := range []bool{false, true} {
		if !c.agrees(f, t, full) {
			return nil
		}
	}
	return f
}

// agrees reports whether the library writes and reads an example as f does: one that is zero, or one in which no field is.
func (c *msgpackCodec) agrees(f *flat, t reflect.Type, full bool) (agree bool) {
	defer func() {
		if recover() != nil {
			agree = false // what the library was taught panics
		}
	}()
	v, back, theirs := reflect.New(t), reflect.New(t), reflect.New(t)
	if full {
		for i := range f.fields {
			x := v.Elem().FieldByIndex(f.fields[i].index)
			switch {
			case x.Kind() == reflect.Bool:
				x.SetBool(true)
			case x.Kind() == reflect.String:
				x.SetString("example")
			case x.Kind() == reflect.Slice:
				x.SetBytes([]byte("example"))
			case x.CanFloat():
				x.SetFloat(1.5)
			case x.CanInt():
				x.SetInt(-100)
			default:
				x.SetUint(200)
			}
		}
	}
	b := f.append(nil, v.Elem())
	other, err := c.encode(nil, v.Elem().Interface())
	if err != nil || !bytes.Equal(b, other) || !f.read(b, back.Elem()) || c.decode(b, theirs.Interface()) != nil {
		return false
	}
	return reflect.DeepEqual(v.Interface(), back.Interface()) && reflect.DeepEqual(v.Interface(), theirs.Interface())
}

// append appends a value.
func (f *flat) append(b []byte, v reflect.Value) []byte {
	b = append(b, f.head...)
	for i := range f.fields {
		x := &f.fields[i]
		b = append(b, x.name...)
		w := v.FieldByIndex(x.index)
		switch x.kind {
		case reflect.Bool:
			if b = append(b, 0xc2); w.Bool() {
				b[len(b)-1] = 0xc3
			}
		case reflect.String:
			b = appendFlatText(b, w.String())
		case reflect.Slice:
			b = appendFlatBytes(b, w)
		case reflect.Float32:
			b = binary.BigEndian.AppendUint32(append(b, 0xca), math.Float32bits(float32(w.Float())))
		case reflect.Float64:
			b = binary.BigEndian.AppendUint64(append(b, 0xcb), math.Float64bits(w.Float()))
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			b = appendFlatInt(b, w.Int())
		default:
			b = appendFlatUint(b, w.Uint())
		}
	}
	return b
}

// read reads all of b into v, which is zero. false: the library has to do it, and v may hold anything by now.
func (f *flat) read(b []byte, v reflect.Value) bool {
	b, ok := bytes.CutPrefix(b, f.head)
	for i := 0; ok && i < len(f.fields); i++ {
		x := &f.fields[i]
		if b, ok = bytes.CutPrefix(b, x.name); !ok || len(b) == 0 {
			return false
		}
		w := v.FieldByIndex(x.index)
		code := b[0]
		var n uint64
		var text []byte
		switch x.kind {
		case reflect.Bool:
			w.SetBool(code == 0xc3)
			b, ok = b[1:], code == 0xc2 || code == 0xc3
		case reflect.String:
			if text, b, ok = cutFlatText(b); ok {
				w.SetString(string(text))
			}
		case reflect.Slice:
			if code == 0xc0 {
				b = b[1:]
			} else if text, b, ok = cutFlatBytes(b); ok {
				w.SetBytes(append([]byte{}, text...))
			}
		case reflect.Float32:
			if ok = code == 0xca && len(b) >= 5; ok {
				w.SetFloat(float64(math.Float32frombits(binary.BigEndian.Uint32(b[1:]))))
				b = b[5:]
			}
		case reflect.Float64:
			if ok = code == 0xcb && len(b) >= 9; ok {
				w.SetFloat(math.Float64frombits(binary.BigEndian.Uint64(b[1:])))
				b = b[9:]
			}
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			n, b, ok = cutFlatNumber(b)
			w.SetInt(int64(n))
		default:
			n, b, ok = cutFlatNumber(b)
			w.SetUint(n)
		}
	}
	return ok && len(b) == 0
}

func appendFlatText(b []byte, s string) []byte {
	switch n := len(s); {
	case n < 32:
		b = append(b, 0xa0|byte(n))
	case n <= math.MaxUint8:
		b = append(b, 0xd9, byte(n))
	case n <= math.MaxUint16:
		b = binary.BigEndian.AppendUint16(append(b, 0xda), uint16(n))
	default:
		b = binary.BigEndian.AppendUint32(append(b, 0xdb), uint32(n))
	}
	return append(b, s...)
}

func appendFlatBytes(b []byte, v reflect.Value) []byte {
	if v.IsNil() {
		return append(b, 0xc0)
	}
	s := v.Bytes()
	switch n := len(s); {
	case n <= math.MaxUint8:
		b = append(b, 0xc4, byte(n))
	case n <= math.MaxUint16:
		b = binary.BigEndian.AppendUint16(append(b, 0xc5), uint16(n))
	default:
		b = binary.BigEndian.AppendUint32(append(b, 0xc6), uint32(n))
	}
	return append(b, s...)
}

func appendFlatInt(b []byte, n int64) []byte {
	switch {
	case n >= 0:
		return appendFlatUint(b, uint64(n))
	case n >= -32:
		return append(b, byte(n))
	case n >= math.MinInt8:
		return append(b, 0xd0, byte(n))
	case n >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(b, 0xd1), uint16(n))
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(b, 0xd2), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xd3), uint64(n))
}

func appendFlatUint(b []byte, n uint64) []byte {
	switch {
	case n <= math.MaxInt8:
		return append(b, byte(n))
	case n <= math.MaxUint8:
		return append(b, 0xcc, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, 0xcd), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, 0xce), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xcf), n)
}

// cutFlatText takes a string off b, which is not empty.
func cutFlatText(b []byte) (text, rest []byte, ok bool) {
	switch c := b[0]; {
	case c >= 0xa0 && c <= 0xbf:
		return cutFlat(b[1:], uint64(c&0x1f))
	case c >= 0xd9 && c <= 0xdb:
		return cutFlatSized(b[1:], 1<<(c-0xd9))
	}
	return nil, nil, false
}

// cutFlatBytes takes bytes off b, which is not empty.
func cutFlatBytes(b []byte) (text, rest []byte, ok bool) {
	if c := b[0]; c >= 0xc4 && c <= 0xc6 {
		return cutFlatSized(b[1:], 1<<(c-0xc4))
	}
	return nil, nil, false
}

// cutFlatSized takes off a length of width bytes and so many bytes behind it.
func cutFlatSized(b []byte, width int) (text, rest []byte, ok bool) {
	n, b, ok := cutFlatWord(b, width)
	if !ok {
		return nil, nil, false
	}
	return cutFlat(b, n)
}

func cutFlat(b []byte, n uint64) (text, rest []byte, ok bool) {
	if n > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// cutFlatWord takes a big-endian number of width bytes off b.
func cutFlatWord(b []byte, width int) (n uint64, rest []byte, ok bool) {
	if len(b) < width {
		return 0, nil, false
	}
	for _, x := range b[:width] {
		n = n<<8 | uint64(x)
	}
	return n, b[width:], true
}

// cutFlatNumber takes an integer off b, which is not empty: in two's complement if it is negative.
func cutFlatNumber(b []byte) (n uint64, rest []byte, ok bool) {
	switch c := b[0]; {
	case c <= 0x7f || c >= 0xe0:
		return uint64(int8(c)), b[1:], true
	case c >= 0xcc && c <= 0xcf:
		return cutFlatWord(b[1:], 1<<(c-0xcc))
	case c >= 0xd0 && c <= 0xd3:
		width := 1 << (c - 0xd0)
		n, rest, ok = cutFlatWord(b[1:], width)
		unused := 64 - 8*width
		return uint64(int64(n<<unused) >> unused), rest, ok
	}
	return 0, nil, false
}
