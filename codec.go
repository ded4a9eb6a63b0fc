package lockstep

// How a message's value becomes bytes and comes back: the Codec interface and msgpack, the default.

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
)

// A Codec turns the values of messages, and the results of queries, into bytes and back. All members of a cluster use the same
// one. Its methods are called on many goroutines at once and must not block. Messages whose type is a byte slice do not
// pass through it.
type Codec interface {
	// Append appends the bytes of v to b and returns the longer slice. It keeps neither.
	Append(b []byte, v any) ([]byte, error)
	// Decode reads b, all of it, into v, which is a non-nil pointer to a zero value. The value must not share memory with b. b
	// comes from another member, which may be of another version: Decode never panics, and what it allocates is
	// bounded by the length of b.
	Decode(b []byte, v any) error
	// Name is short and names the encoding: "msgpack". All members of a group must use one encoding.
	Name() string
}

// pooledMax is the largest buffer that an idle encoder or decoder may keep, in bytes.
const pooledMax = 64 << 10

// MsgpackCodec is the default Codec: msgpack, structs as maps from field name to value, so that members of different versions
// understand each other: a field that the reader does not know is skipped, one that the writer did not send stays zero. Field
// tags are those of github.com/vmihailenco/msgpack/v5. Before anything is decoded the bytes are checked: every declared length
// against what is there, nesting (at most 64), and what decoding would allocate: at most 1 MiB and 64 times the length of the
// bytes. Append checks the same, so that what a receiver would refuse is refused at its sender. Times are decoded in UTC, so that
// they are the same at members in different time zones. A type that decodes itself (UnmarshalMsgpack, DecodeMsgpack) is
// responsible for what it allocates.
//
// The codec remembers what it learnt of each type; keep one.
func MsgpackCodec() Codec {
	return &msgpackCodec{}
}

type msgpackCodec struct {
	plans    sync.Map  // reflect.Type -> *plan, which is immutable
	encoders sync.Pool // of *pooledEncoder
	decoders sync.Pool // of *pooledDecoder
}

// pooledEncoder is an encoder with the writer it writes to.
type pooledEncoder struct {
	w   appendWriter
	enc *msgpack.Encoder
}

// pooledDecoder is a decoder with the reader it reads from.
type pooledDecoder struct {
	r   bytes.Reader
	dec *msgpack.Decoder
}

// appendWriter appends to a slice that its user owns. It has WriteByte because msgpack would otherwise wrap it at each use.
type appendWriter struct{ b []byte }

func (w *appendWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

func (w *appendWriter) WriteByte(c byte) error {
	w.b = append(w.b, c)
	return nil
}

func (c *msgpackCodec) Name() string { return "msgpack" }

func (c *msgpackCodec) Append(b []byte, v any) (out []byte, err error) {
	if v == nil {
		return b, errors.New("lockstep: encode: nil is no message")
	}
	t := reflect.TypeOf(v)
	p := c.plan(t)
	if p.flat != nil {
		return p.flat.append(b, reflect.ValueOf(v)), nil
	}
	start := len(b)
	defer func() {
		// A marshaler of the application, or msgpack on a type it was not made for, may panic. The sender gets an error.
		if r := recover(); r != nil {
			out, err = b, fmt.Errorf("lockstep: encode %v: panic: %v", t, r)
		}
	}()
	if p.endless {
		if err := c.checkNesting(reflect.ValueOf(v), p, 0); err != nil {
			return b, fmt.Errorf("lockstep: encode %v: %w", t, err)
		}
	}
	if p.custom && t.Kind() != reflect.Pointer {
		// Marshalers on the pointer are found only where the value has an address.
		at := reflect.New(t)
		at.Elem().Set(reflect.ValueOf(v))
		v = at.Interface()
	}
	if out, err = c.encode(b, v); err != nil {
		return b, fmt.Errorf("lockstep: encode %v: %w", t, err)
	}
	if err := guard(out[start:], p); err != nil {
		return b, fmt.Errorf("lockstep: encode %v: receivers would refuse it: %w", t, err)
	}
	return out, nil
}

// encode has the library append v to b.
func (c *msgpackCodec) encode(b []byte, v any) ([]byte, error) {
	e, _ := c.encoders.Get().(*pooledEncoder)
	if e == nil {
		e = &pooledEncoder{enc: msgpack.NewEncoder(nil)}
	}
	e.w.b = b
	e.enc.Reset(&e.w)
	e.enc.UseCompactInts(true)
	if err := e.enc.Encode(v); err != nil {
		return nil, err // and the encoder is dropped: its state is unknown
	}
	b, e.w.b = e.w.b, nil
	c.encoders.Put(e)
	return b, nil
}

func (c *msgpackCodec) Decode(b []byte, v any) (err error) {
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return fmt.Errorf("lockstep: decode: need a non-nil pointer, have %T", v)
	}
	t := to.Type().Elem()
	p := c.plan(t)
	if p.flat != nil {
		if p.flat.read(b, to.Elem()) {
			return nil
		}
		to.Elem().SetZero()
	}
	if err := guard(b, p); err != nil {
		return fmt.Errorf("lockstep: decode %v: %w", t, err)
	}
	defer func() {
		// The guard leaves no way known to panic but that of types that decode themselves; whatever is left is an error too.
		if r := recover(); r != nil {
			err = fmt.Errorf("lockstep: decode %v: panic: %v", t, r)
		}
	}()
	if err := c.decode(b, v); err != nil {
		return fmt.Errorf("lockstep: decode %v: %w", t, err)
	}
	if p.times {
		inUTC(to.Elem(), p)
	}
	return nil
}

// decode has the library read b, all of it, into v. The guard has looked at b.
func (c *msgpackCodec) decode(b []byte, v any) error {
	d, _ := c.decoders.Get().(*pooledDecoder)
	if d == nil {
		d = &pooledDecoder{dec: msgpack.NewDecoder(nil)}
	}
	d.r.Reset(b)
	d.dec.Reset(&d.r)
	d.dec.DisableAllocLimit(true) // every length was checked against what is there
	if err := d.dec.Decode(v); err != nil {
		return err // and the decoder is dropped: its state is unknown
	}
	if left := d.r.Len(); left > 0 {
		return fmt.Errorf("%d bytes left over", left)
	}
	d.r.Reset(nil)
	if len(b) <= pooledMax {
		c.decoders.Put(d)
	}
	return nil
}

// isRaw reports whether messages of the type are sent as they are: byte slices, named or not, without a coding of their own.
func isRaw(t reflect.Type) bool {
	if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Uint8 {
		return false
	}
	c := codingOf(t)
	return c.enc == "" && c.dec == ""
}

// appendValue appends the bytes of a message or result: through the codec, or as they are if its type is raw.
func appendValue(c Codec, b []byte, v any, raw bool) ([]byte, error) {
	if !raw {
		return c.Append(b, v)
	}
	if p, ok := v.([]byte); ok {
		return append(b, p...), nil
	}
	return append(b, reflect.ValueOf(v).Bytes()...), nil
}

// decodeValue reads b into v, a non-nil pointer to a zero value, which then shares no memory with b, unless b is given away (own).
func decodeValue(c Codec, b []byte, v any, raw, own bool) error {
	if !raw {
		return c.Decode(b, v)
	}
	if !own {
		b = append([]byte{}, b...)
	}
	b = b[:len(b):len(b)]
	if p, ok := v.(*[]byte); ok {
		*p = b
		return nil
	}
	reflect.ValueOf(v).Elem().SetBytes(b)
	return nil
}
