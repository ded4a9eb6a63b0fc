package lockstep

// A type as text, so that members can compare what they mean by a name: "struct{Key string; Value float64}".

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shapeMax bounds a shape, in bytes; what is longer is cut there. Shapes travel in a group's join.
const shapeMax = 4096

// shapeCut ends a shape that was cut.
const shapeCut = "…"

// shapeOf describes how values of the type are encoded: structs by the names and types of their fields on the wire, named
// types by what they are made of, types that encode themselves by their name. A type inside itself is "^n": the n-th named type
// around it, counted from the inside. Equal types have equal shapes in every process.
func shapeOf(t reflect.Type) string {
	var s shaper
	s.write(t, nil)
	text := s.String()
	if len(text) > shapeMax {
		n := shapeMax - len(shapeCut)
		for !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n] + shapeCut
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
			s.WriteString(fieldText(f.name))
			s.WriteByte(' ')
			s.write(f.typ, around)
		}
		s.WriteByte('}')
	default:
		s.WriteString(t.Kind().String())
	}
}

// fieldText is the name of a field, in quotes unless it is an identifier.
func fieldText(name string) string {
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return strconv.Quote(name)
		}
	}
	if name == "" {
		return `""`
	}
	return name
}

// A shapeField is one field of a struct in a shape.
type shapeField struct{ name, shape string }

// parseFields splits "struct{A int; B struct{C int}}" into its fields. It is given texts from other members: whatever is not such
// a text gives false.
func parseFields(shape string) (fields []shapeField, ok bool) {
	body, ok := strings.CutPrefix(shape, "struct{")
	if !ok {
		return nil, false
	}
	for body != "}" {
		end := shapeEnd(body)
		name, text, ok := cutName(body[:end])
		if !ok || text == "" {
			return nil, false
		}
		fields = append(fields, shapeField{name, text})
		if body = body[end:]; body == "}" {
			break
		}
		if body, ok = strings.CutPrefix(body, "; "); !ok || body == "}" {
			return nil, false
		}
	}
	return fields, true
}

// shapeEnd is where the text ends at its own level: before a semicolon or a closing bracket that it did not open.
func shapeEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ';':
			if depth == 0 {
				return i
			}
		case '"':
			q, err := strconv.QuotedPrefix(s[i:])
			if err != nil {
				return len(s)
			}
			i += len(q) - 1
		}
	}
	return len(s)
}

// cutName splits "Name type".
func cutName(s string) (name, shape string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", "", false
		}
		if name, err = strconv.Unquote(q); err != nil {
			return "", "", false
		}
		shape, ok = strings.CutPrefix(s[len(q):], " ")
		return name, shape, ok
	}
	return strings.Cut(s, " ")
}
