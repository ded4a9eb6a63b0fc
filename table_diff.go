package lockstep

// In what the handlers of two members differ, in words. The texts compared come from other members and are not trusted.

import (
	"fmt"
	"strings"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// shapeDepthMax bounds the recursion over shapes; what is deeper is compared as a whole.
const shapeDepthMax = 64

// A tableDifference is one point in which two tables differ.
type tableDifference struct {
	text string
	// harmless: members with the two tables understand each other. A field or a type that only one of them has is such a
	// difference; what the other does not know it skips, and what it does not get stays zero.
	harmless bool
	// query says that it concerns a query, which every member answers for itself.
	query bool
}

// compareTables lists all differences: those of mine in its order, then what only theirs has, in its order.
func compareTables(mine, theirs []wire.HandlerEntry) []tableDifference {
	type key struct {
		name string
		kind uint8
	}
	there := make(map[key]wire.HandlerEntry, len(theirs))
	for _, e := range theirs {
		there[key{e.Name, e.Kind}] = e
	}
	here := make(map[key]bool, len(mine))
	var diffs []tableDifference
	for _, m := range mine {
		k := key{m.Name, m.Kind}
		here[k] = true
		what := fmt.Sprintf("%v %s", handlerKind(m.Kind), m.Name)
		query := handlerKind(m.Kind) == kindQuery
		t, ok := there[k]
		if !ok {
			diffs = append(diffs, tableDifference{text: what + ": not handled there", harmless: true, query: query})
			continue
		}
		for _, d := range compareShapes(m.Shape, t.Shape) {
			d.text, d.query = what+": "+d.text, query
			diffs = append(diffs, d)
		}
	}
	for _, t := range theirs {
		if !here[key{t.Name, t.Kind}] {
			query := handlerKind(t.Kind) == kindQuery
			diffs = append(diffs, tableDifference{
				text:     fmt.Sprintf("%v %s: not handled here", handlerKind(t.Kind), t.Name),
				harmless: query,
				query:    query,
			})
		}
	}
	return diffs
}

// diffTables lists in words every point in which the tables differ, harmless or not; empty for none.
func diffTables(mine, theirs []wire.HandlerEntry) []string {
	var texts []string
	for _, d := range compareTables(mine, theirs) {
		texts = append(texts, d.text)
	}
	return texts
}

// refusals lists in words why a member with the table mine may not join a group whose members have theirs: an ordered type
// that it does not handle, or a field that the two understand differently. Empty: it may join.
func refusals(mine, theirs []wire.HandlerEntry) []string {
	var texts []string
	for _, d := range compareTables(mine, theirs) {
		if !d.harmless {
			texts = append(texts, d.text)
		}
	}
	return texts
}

// compareShapes compares what is sent and, for queries, what is answered.
func compareShapes(here, there string) []tableDifference {
	hereAsk, hereAnswer, _ := strings.Cut(here, shapeAnswer)
	thereAsk, thereAnswer, _ := strings.Cut(there, shapeAnswer)
	diffs := compareShape("", hereAsk, thereAsk, 0)
	for _, d := range compareShape("", hereAnswer, thereAnswer, 0) {
		d.text = "result: " + d.text
		diffs = append(diffs, d)
	}
	return diffs
}

// compareShape compares the types at path, which is empty at the top.
func compareShape(path, here, there string, depth int) []tableDifference {
	if here == there {
		return nil
	}
	h, t, inner := here, there, path
	for { // what holds them both says nothing about the difference inside
		p := holder(h)
		if p == "" || !strings.HasPrefix(t, p) {
			break
		}
		h, t = h[len(p):], t[len(p):]
		if p != "*" {
			inner += "[]"
		}
	}
	hf, hok := parseFields(h)
	tf, tok := parseFields(t)
	if !hok || !tok || depth >= shapeDepthMax {
		text := fmt.Sprintf("is %s here, %s there", clipShape(here), clipShape(there))
		if path != "" {
			text = "field " + path + " " + text
		}
		return []tableDifference{{text: text}}
	}
	at := func(name string) string {
		if inner == "" {
			return fieldText(name)
		}
		return inner + "." + fieldText(name)
	}
	theirs := make(map[string]string, len(tf))
	for _, f := range tf {
		theirs[f.name] = f.shape
	}
	mine := make(map[string]bool, len(hf))
	var diffs []tableDifference
	for _, f := range hf {
		mine[f.name] = true
		if shape, ok := theirs[f.name]; ok {
			diffs = append(diffs, compareShape(at(f.name), f.shape, shape, depth+1)...)
			continue
		}
		diffs = append(diffs, tableDifference{text: fmt.Sprintf("field %s %s is only here", at(f.name), clipShape(f.shape)), harmless: true})
	}
	for _, f := range tf {
		if !mine[f.name] {
			diffs = append(diffs, tableDifference{text: fmt.Sprintf("field %s %s is only there", at(f.name), clipShape(f.shape)), harmless: true})
		}
	}
	return diffs
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

// shapeShown bounds a shape in a text for people, in bytes.
const shapeShown = 160

func clipShape(s string) string {
	if len(s) <= shapeShown {
		return s
	}
	return strings.ToValidUTF8(s[:shapeShown], "") + shapeCut
}
