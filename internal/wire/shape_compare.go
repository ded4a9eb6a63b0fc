package wire

// In what two shapes differ, in words, and whether members with the two understand each other.

import (
	"fmt"
	"strings"
)

const (
	// shapeDepthMax bounds the recursion over shapes; what is deeper is compared as a whole.
	shapeDepthMax = 64
	// shapeShown bounds a shape in a text for people, in bytes.
	shapeShown = 160
)

// A ShapeDifference is one point in which a joiner's shape differs from its group's.
type ShapeDifference struct {
	Text string
	// Harmless: a field that only one of the two has. Who does not know it skips it, and who does not get it finds zero.
	Harmless bool
}

// CompareShapes lists all differences: those of here's fields in their order, then what only there has, in its order. It looks at
// what is sent and, for queries, at what is answered. Equal shapes give none.
func CompareShapes(here, there string) []ShapeDifference {
	if here == there {
		return nil
	}
	hereAsk, hereAnswer, _ := strings.Cut(here, ShapeAnswer)
	thereAsk, thereAnswer, _ := strings.Cut(there, ShapeAnswer)
	diffs := compareShape("", hereAsk, thereAsk, 0)
	for _, d := range compareShape("", hereAnswer, thereAnswer, 0) {
		d.Text = "result: " + d.Text
		diffs = append(diffs, d)
	}
	return diffs
}

// ShapesAgree reports whether members with the two shapes understand each other.
func ShapesAgree(here, there string) bool {
	for _, d := range CompareShapes(here, there) {
		if !d.Harmless {
			return false
		}
	}
	return true
}

// compareShape compares the types at path, which is empty at the top.
func compareShape(path, here, there string, depth int) []ShapeDifference {
	if here == there {
		return nil
	}
	held := commonHolders(here, there) // it says nothing about the difference inside
	inner := path
	for rest := here[:held]; rest != ""; {
		p := holder(rest)
		if rest = rest[len(p):]; p != "*" {
			inner += "[]"
		}
	}
	mine, okMine := parseFields(here[held:])
	theirs, okTheirs := parseFields(there[held:])
	if !okMine || !okTheirs || depth >= shapeDepthMax {
		text := fmt.Sprintf("%s here, %s in the group", clipShape(here), clipShape(there))
		if path != "" {
			text = "field " + path + " is " + text
		}
		return []ShapeDifference{{Text: text}}
	}
	at := func(name string) string {
		if inner == "" {
			return ShapeFieldName(name)
		}
		return inner + "." + ShapeFieldName(name)
	}
	shapes := make(map[string]string, len(theirs))
	for _, f := range theirs {
		shapes[f.name] = f.shape
	}
	known := make(map[string]bool, len(mine))
	var diffs []ShapeDifference
	for _, f := range mine {
		known[f.name] = true
		if shape, ok := shapes[f.name]; ok {
			diffs = append(diffs, compareShape(at(f.name), f.shape, shape, depth+1)...)
			continue
		}
		diffs = append(diffs, ShapeDifference{fmt.Sprintf("field %s %s is only here", at(f.name), clipShape(f.shape)), true})
	}
	for _, f := range theirs {
		if !known[f.name] {
			diffs = append(diffs, ShapeDifference{fmt.Sprintf("field %s %s is only in the group", at(f.name), clipShape(f.shape)), true})
		}
	}
	return diffs
}

func clipShape(s string) string {
	if len(s) <= shapeShown {
		return s
	}
	return strings.ToValidUTF8(s[:shapeShown], "") + ShapeCut
}
