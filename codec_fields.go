package lockstep

// What msgpack sees of a Go type: the fields of a struct under their names on the wire, and the types that encode themselves.
// The rules are those of msgpack/v5; where it would lose something without a word there is an error instead.

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// A wireField is one field of a struct as msgpack encodes it, embedded structs flattened.
type wireField struct {
	name  string // on the wire
	alias string // another name under which it is read, or empty
	typ   reflect.Type
	index []int // as for reflect.Value.FieldByIndex
	// optioned says that its tag, or the struct's, has an option that may change how it is encoded.
	optioned bool
}

// wireFields lists the fields of a struct type. tuple says that the struct asks to be encoded as an array.
func wireFields(t reflect.Type) (fields []wireField, tuple bool, err error) {
	forAll := false
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts := parseTag(f.Tag.Get("msgpack"))
		if name == "-" {
			continue
		}
		if f.Name == "_msgpack" {
			tuple = opts.has("as_array") || opts.has("asArray")
			forAll = len(opts) > 0
		}
		if !f.IsExported() && !f.Anonymous {
			continue
		}
		if opts.has("intern") && f.Type.Kind() != reflect.String && f.Type.Kind() != reflect.Interface {
			return nil, false, fmt.Errorf("field %s is a %s with the option intern, which is for strings", f.Name, f.Type)
		}
		if f.Anonymous && !opts.has("noinline") {
			inlined, isInlined, err := embedded(f)
			if err != nil {
				return nil, false, err
			}
			if isInlined {
				for _, in := range inlined {
					in.index = append([]int{i}, in.index...)
					in.optioned = in.optioned || len(opts) > 0
					fields = append(fields, in)
				}
				continue
			}
		}
		if !f.IsExported() {
			return nil, false, fmt.Errorf("embedded %s is not exported and msgpack cannot set it", f.Name)
		}
		if name == "" {
			name = f.Name
		}
		fields = append(fields, wireField{name, opts["alias"], f.Type, []int{i}, len(opts) > 0})
	}
	for i := range fields {
		fields[i].optioned = fields[i].optioned || forAll
	}
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		for _, n := range []string{f.name, f.alias} {
			if n == "" {
				continue
			}
			if seen[n] {
				return nil, false, fmt.Errorf("two fields are called %s on the wire, and one would overwrite the other", n)
			}
			seen[n] = true
		}
	}
	return fields, tuple, nil
}

// embedded gives the fields of an embedded struct that msgpack flattens into the outer one.
func embedded(f reflect.StructField) (fields []wireField, inlined bool, err error) {
	t := f.Type
	if t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
		return nil, false, fmt.Errorf("embedded pointer *%s: nil would come back as a value; give the field a name", f.Name)
	}
	if c := codingOf(t); t.Kind() != reflect.Struct || t == timeType || c.enc != "" || c.dec != "" {
		return nil, false, nil
	}
	fields, _, err = wireFields(t)
	if err != nil {
		return nil, false, fmt.Errorf("embedded %s: %w", f.Name, err)
	}
	return fields, true, nil
}

// tagOptions are what follows the name in a tag: option -> value.
type tagOptions map[string]string

func (o tagOptions) has(name string) bool { _, ok := o[name]; return ok }

func parseTag(tag string) (name string, opts tagOptions) {
	for i, part := range strings.Split(tag, ",") {
		key, value, isPair := strings.Cut(strings.TrimSpace(part), ":")
		if i == 0 && !isPair {
			name = key
			continue
		}
		if opts == nil {
			opts = tagOptions{}
		}
		opts[key] = strings.Trim(value, "'")
	}
	return name, opts
}

var (
	timeType  = reflect.TypeFor[time.Time]()
	errorType = reflect.TypeFor[error]()
)

// A coding says with which methods a type encodes and decodes itself; empty for none.
type coding struct {
	enc, dec  string
	byPointer bool // the method that encodes is the pointer's
}

// codings are the pairs of methods that msgpack looks for, in its order.
var codings = []struct {
	name     string
	enc, dec reflect.Type
}{
	{"Msgpack encoder", reflect.TypeFor[msgpack.CustomEncoder](), reflect.TypeFor[msgpack.CustomDecoder]()},
	{"Msgpack", reflect.TypeFor[msgpack.Marshaler](), reflect.TypeFor[msgpack.Unmarshaler]()},
	{"Binary", reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.BinaryUnmarshaler]()},
	{"Text", reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()},
}

// codingOf finds the methods as msgpack does: those of the value first, then those of the pointer.
func codingOf(t reflect.Type) coding {
	var c coding
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer {
		return c
	}
	for _, at := range []reflect.Type{t, reflect.PointerTo(t)} {
		for _, m := range codings {
			if c.enc == "" && at.Implements(m.enc) {
				c.enc, c.byPointer = m.name, at != t
			}
			if c.dec == "" && at.Implements(m.dec) {
				c.dec = m.name
			}
		}
	}
	return c
}
