package lockstep

// A type as text, so that members can compare what they mean by a name: "struct{Key string; Value float64}". Package wire has the
// grammar and the comparison.

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// shapeMax bounds a shape, in bytes; what is longer is cut there. Shapes travel in a group's join.
const shapeMax = 4096

// shapeOf describes how values of the type are encoded: structs by the names and types of their fields on the wire, named
// types by what they are made of, types that encode themselves by their name. A type inside itself is "^n": the n-th named type
// around it, counted from the inside. Equal types have equal shapes in every process.
func shapeOf(t reflect.Type) string {
	var s shaper
	s.write(t, nil)
	text := s.String()
	if len(text) > shapeMax {
		n := shapeMax - len(wire.ShapeCut)
		for !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n] + wire.ShapeCut
	}
	return text
}

type shaper struct{ strings.Builder }

// write appends the type's text; around are the named types that it is inside of.
func (s *shaper) write(t reflect.Type, around []reflect.Type) {
	if s.Len() > shapeMax {
		return
	}
	if c := codingOf(t); t == timeType || c.enc != "" || c.dec != "" {
		s.WriteString(t.String())
		return
	}
	if t.Name() != "" && mayNest(t) {
		for i := range around {
			if around[len(around)-1-i] == t {
				s.WriteString("^" + strconv.Itoa(i+1))
				return
			}
		}
		around = append(around[:len(around):len(around)], t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		s.WriteByte('*')
		s.write(t.Elem(), around)
	case reflect.Slice:
		s.WriteString("[]")
		s.write(t.Elem(), around)
	case reflect.Array:
		fmt.Fprintf(s, "[%d]", t.Len())
		s.write(t.Elem(), around)
	case reflect.Map:
		s.WriteString("map[")
		s.write(t.Key(), around)
		s.WriteByte(']')
		s.write(t.Elem(), around)
	case reflect.Interface:
		switch {
		case t == errorType:
			s.WriteString("error")
		case t.NumMethod() == 0:
			s.WriteString("any")
		default:
			s.WriteString(t.String())
		}
	case reflect.Uint8:
		s.WriteString("byte")
	case reflect.Struct:
		fields, tuple, err := wireFields(t)
		if err != nil {
			s.WriteString(t.String()) // only for types that registration refuses
			return
		}
		if tuple {
			s.WriteString("tuple{")
		} else {
			s.WriteString("struct{")
		}
		for i, f := range fields {
			if i > 0 {
				s.WriteString("; ")
			}
			s.WriteString(wire.ShapeFieldName(f.name))
			s.WriteByte(' ')
			s.write(f.typ, around)
		}
		s.WriteByte('}')
	default:
		s.WriteString(t.Kind().String())
	}
}
