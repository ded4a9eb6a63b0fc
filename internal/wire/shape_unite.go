package wire

// The shape that a group remembers of a type whose members' versions have different fields: all of them. So a third version is
// compared with every field that any member has brought, and no two members mean different things by one field.

import "strings"

// UniteShapes gives the shape with the fields of both, which must agree: those of a in their order, then what only b has. Where
// that would be longer than MaxShape it is a.
func UniteShapes(a, b string) string {
	if a == b {
		return a
	}
	askA, answerA, isQuery := strings.Cut(a, ShapeAnswer)
	askB, answerB, _ := strings.Cut(b, ShapeAnswer)
	both := uniteShape(askA, askB, 0)
	if isQuery {
		both += ShapeAnswer + uniteShape(answerA, answerB, 0)
	}
	if len(both) > MaxShape {
		return a
	}
	return both
}

func uniteShape(a, b string, depth int) string {
	if a == b || depth >= shapeDepthMax {
		return a
	}
	held := commonHolders(a, b)
	fields, okA := parseFields(a[held:])
	more, okB := parseFields(b[held:])
	if !okA || !okB {
		return a
	}
	at := make(map[string]int, len(fields))
	for i, f := range fields {
		at[f.name] = i
	}
	for _, f := range more {
		if i, ok := at[f.name]; ok {
			fields[i].shape = uniteShape(fields[i].shape, f.shape, depth+1)
			continue
		}
		at[f.name] = len(fields)
		fields = append(fields, f)
	}
	var s strings.Builder
	s.WriteString(a[:held])
	s.WriteString("struct{")
	for i, f := range fields {
		if i > 0 {
			s.WriteString("; ")
		}
		s.WriteString(ShapeFieldName(f.name))
		s.WriteByte(' ')
		s.WriteString(f.shape)
	}
	s.WriteByte('}')
	return s.String()
}
