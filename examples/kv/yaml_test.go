package main

// A reader of as much YAML as deploy/ uses: maps and lists in blocks, quoted and plain scalars, flat [lists] and {}. What it does not
// know it refuses, so that a manifest cannot mean something else to others than it does here.

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

type yamlLine struct {
	number, indent int
	text           string
}

type yamlReader struct{ lines []yamlLine }

// parseYAML returns the documents in a text; maps are map[string]any, lists []any, scalars string.
func parseYAML(text string) (docs []any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	for _, part := range splitDocs(text) {
		r := &yamlReader{part}
		if len(part) == 0 {
			continue
		}
		docs = append(docs, r.block(part[0].indent))
		if len(r.lines) > 0 {
			panic(fmt.Sprintf("line %d: indented as nothing before it", r.lines[0].number))
		}
	}
	return docs, nil
}

func splitDocs(text string) [][]yamlLine {
	docs := [][]yamlLine{nil}
	for i, l := range strings.Split(text, "\n") {
		body := strings.TrimLeft(l, " ")
		if at := strings.Index(body, " #"); at >= 0 && strings.Count(body[:at], `"`)%2 == 0 {
			body = body[:at]
		}
		body = strings.TrimRight(body, " ")
		switch {
		case strings.Contains(l, "\t"):
			panic(fmt.Sprintf("line %d: a tab", i+1))
		case body == "---":
			docs = append(docs, nil)
		case body != "" && body[0] != '#':
			k := len(docs) - 1
			docs[k] = append(docs[k], yamlLine{i + 1, len(l) - len(strings.TrimLeft(l, " ")), body})
		}
	}
	return docs
}

// block reads what begins at the indent: a list if its first line begins with a dash, else a map.
func (r *yamlReader) block(indent int) any {
	if strings.HasPrefix(r.lines[0].text, "- ") {
		var list []any
		for len(r.lines) > 0 && r.lines[0].indent == indent && strings.HasPrefix(r.lines[0].text, "- ") {
			l := &r.lines[0]
			rest := strings.TrimLeft(l.text[2:], " ")
			if _, _, isMap := cutKey(rest); !isMap {
				list = append(list, scalar(l.number, rest))
				r.lines = r.lines[1:]
				continue
			}
			l.indent, l.text = l.indent+len(l.text)-len(rest), rest // the map goes on below its first key
			list = append(list, r.block(l.indent))
		}
		return list
	}
	m := map[string]any{}
	for len(r.lines) > 0 && r.lines[0].indent == indent && !strings.HasPrefix(r.lines[0].text, "- ") {
		l := r.lines[0]
		r.lines = r.lines[1:]
		key, value, ok := cutKey(l.text)
		if _, twice := m[key]; !ok || twice {
			panic(fmt.Sprintf("line %d: no key, or one that was there: %q", l.number, l.text))
		}
		switch {
		case value != "":
			m[key] = scalar(l.number, value)
		case len(r.lines) > 0 && r.lines[0].indent > indent:
			m[key] = r.block(r.lines[0].indent)
		default:
			panic(fmt.Sprintf("line %d: %s has no value", l.number, key))
		}
	}
	return m
}

func cutKey(text string) (key, value string, ok bool) {
	if strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "[") {
		return "", "", false
	}
	if strings.HasSuffix(text, ":") && !strings.Contains(text, ": ") {
		return text[:len(text)-1], "", true
	}
	key, value, ok = strings.Cut(text, ": ")
	return key, strings.TrimLeft(value, " "), ok
}

func scalar(line int, text string) any {
	switch {
	case text == "{}":
		return map[string]any{}
	case strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]"):
		var list []any
		for _, s := range strings.SplitAfter(text[1:len(text)-1], ", ") {
			s = strings.TrimSuffix(s, ", ")
			list = append(list, scalar(line, s))
		}
		return list
	case len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' && !strings.ContainsAny(text[1:len(text)-1], `"\`):
		return text[1 : len(text)-1]
	case strings.ContainsAny(text[:1], "\"'[]{}&*!|>%@`#-?") || strings.Contains(text, ": ") || strings.Contains(text, " #"):
		panic(fmt.Sprintf("line %d: more YAML than this reader knows: %q", line, text))
	}
	return text
}

func TestYAML(t *testing.T) {
	docs, err := parseYAML("# x\na: 1 # y\nb:\n  c: \"d: e\"\n  f: [g, \"h i\"]\nl:\n  - m: n\n    o:\n      p: {}\n  - q\n---\nr: s\n")
	want := []any{
		map[string]any{"a": "1", "b": map[string]any{"c": "d: e", "f": []any{"g", "h i"}},
			"l": []any{map[string]any{"m": "n", "o": map[string]any{"p": map[string]any{}}}, "q"}},
		map[string]any{"r": "s"},
	}
	if err != nil || !reflect.DeepEqual(docs, want) {
		t.Errorf("%v, %v, want %v", docs, err, want)
	}
	for _, bad := range []string{"a", "a: 1\na: 2", "a:\nb: 1", "a: |\n  x", "a: 'b'", "\ta: 1", "a: 1\n  b: 2", "a: [b", "a: *b"} {
		if docs, err := parseYAML(bad); err == nil {
			t.Errorf("%q is %v", bad, docs)
		}
	}
}
