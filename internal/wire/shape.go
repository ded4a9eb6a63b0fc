package wire

// Shapes: a message's type as text, so that members can compare what they mean by a name: "struct{Key string; Value float64}". Here is
// the grammar as far as it is needed to compare; the root package writes the texts. A shape that came from another member
// is not trusted: whatever is not of this form is compared as a whole.

import (
	"strconv"
	"strings"
	"unicode"
)

const (
	// ShapeAnswer stands between what a query asks and what it answers.
	ShapeAnswer = " -> "
	// ShapeCut ends a shape that was too long and was cut.
	ShapeCut = "…"
)

// ShapeFieldName is the name of a field as it stands in a shape: in quotes unless it is an identifier.
func ShapeFieldName(name string) string {
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

// parseFields splits "struct{A int; B struct{C int}}" into its fields; false if the text is no such struct.
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
	name, shape, ok = strings.Cut(s, " ")
	return name, shape, ok && ShapeFieldName(name) == name
}

// holder is the "[]", "[n]", "map[K]" or "*" at the start of a shape, or empty.
func holder(s string) string {
	if strings.HasPrefix(s, "*") {
		return "*"
	}
	open := 0
	if strings.HasPrefix(s, "map[") {
		open = len("map")
	} else if !strings.HasPrefix(s, "[") {
		return ""
	}
	end := open + 1 + shapeEnd(s[open+1:])
	if end >= len(s) || s[end] != ']' {
		return ""
	}
	return s[:end+1]
}

// commonHolders is how much of both shapes holds what they differ in: what is left of each is of the same depth.
func commonHolders(a, b string) int {
	n := 0
	for {
		p := holder(a[n:])
		if p == "" || !strings.HasPrefix(b[n:], p) {
			return n
		}
		n += len(p)
	}
}
