package wire

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestCompareShapes(t *testing.T) {
	for _, c := range []struct {
		name, here, there string
		harm, harmless    []string // the differences, by kind
	}{
		{"equal", "int", "int", nil, nil},
		{"a field's type", "struct{Key string; Value float64}", "struct{Key string; Value int}",
			[]string{"field Value is float64 here, int in the group"}, nil},
		{"a field that one has", "struct{A int; B []struct{X int; Y string}}", `struct{"a b" byte; A int; B []struct{X int}}`,
			nil, []string{"field B[].Y string is only here", `field "a b" byte is only in the group`}},
		{"no field at all", "struct{}", "struct{A int}", nil, []string{"field A int is only in the group"}},
		{"inside", "struct{M map[string]*struct{P struct{X int}}; L [3]struct{X int}}",
			"struct{M map[string]*struct{P struct{X int8}}; L [4]struct{X int}}",
			[]string{"field M[].P.X is int here, int8 in the group", "field L is [3]struct{X int} here, [4]struct{X int} in the group"}, nil},
		{"one pointer more", "struct{P *int}", "struct{P **int}", []string{"field P is *int here, **int in the group"}, nil},
		{"tuples cannot grow", "tuple{A int}", "tuple{A int; B int}", []string{"tuple{A int} here, tuple{A int; B int} in the group"}, nil},
		{"an answer's field", "struct{A int} -> struct{V int}", "struct{A int} -> struct{V string; W int}",
			[]string{"result: field V is int here, string in the group"}, []string{"result: field W int is only in the group"}},
		{"text that is no shape", "struct{A int}", "struct{A int; }}{[\"", []string{`struct{A int} here, struct{A int; }}{[" in the group`}, nil},
	} {
		var harm, harmless []string
		for _, d := range CompareShapes(c.here, c.there) {
			if d.Harmless {
				harmless = append(harmless, d.Text)
			} else {
				harm = append(harm, d.Text)
			}
		}
		if !reflect.DeepEqual(harm, c.harm) || !reflect.DeepEqual(harmless, c.harmless) {
			t.Errorf("%s\ngot  %q and harmless %q\nwant %q and harmless %q", c.name, harm, harmless, c.harm, c.harmless)
		}
		if ShapesAgree(c.here, c.there) != (c.harm == nil) || ShapesAgree(c.there, c.here) != (c.harm == nil) {
			t.Errorf("%s: agree here %v, there %v", c.name, ShapesAgree(c.here, c.there), ShapesAgree(c.there, c.here))
		}
	}
	long := "struct{A " + strings.Repeat("[]", 500) + "int}"
	if d := CompareShapes(long, "int"); len(d) != 1 || len(d[0].Text) > 250 {
		t.Errorf("a text of %d bytes", len(d[0].Text))
	}
}

func TestUniteShapes(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"int", "int", "int"},
		{"struct{A int}", "struct{B int; A int}", "struct{A int; B int}"},
		{"struct{A []*struct{X int}}", `struct{A []*struct{"y z" map[string]int; X int}}`, `struct{A []*struct{X int; "y z" map[string]int}}`},
		{"struct{} -> struct{V int}", "struct{A int} -> struct{W int}", "struct{A int} -> struct{V int; W int}"},
	} {
		if got := UniteShapes(c.a, c.b); got != c.want {
			t.Errorf("%s and %s\ngot  %s\nwant %s", c.a, c.b, got, c.want)
		}
	}
	var wide [2]strings.Builder
	for i := range wide {
		wide[i].WriteString("struct{Z int")
		for k := range 5000 {
			fmt.Fprintf(&wide[i], "; F%d_%d int", i, k)
		}
		wide[i].WriteString("}")
	}
	a, b := wide[0].String(), wide[1].String()
	if len(a) > MaxShape || len(a)+len(b) < MaxShape {
		t.Fatal("the shapes are of no use here:", len(a), len(b))
	}
	if got := UniteShapes(a, b); got != a {
		t.Errorf("a shape of %d bytes", len(got))
	}
}

// TestUniteTellsThirdVersions: two versions that each agree with a first one, and not with each other.
func TestUniteTellsThirdVersions(t *testing.T) {
	v1, v2, v3 := "struct{A int}", "struct{A int; B int}", "struct{A int; B string}"
	if !ShapesAgree(v2, v1) || !ShapesAgree(v3, v1) {
		t.Fatal("a new field is refused")
	}
	if ShapesAgree(v3, UniteShapes(v1, v2)) {
		t.Error("a field of two types is taken")
	}
}

// FuzzShapes: a shape from another member is text, and any text may come.
func FuzzShapes(f *testing.F) {
	mine := `struct{Key string; Tags map[string][]*struct{X int; "a b" [2]byte}; Next *^1}`
	f.Add(mine)
	f.Add(`struct{"a b" int; b any}`)
	f.Add("struct{A map[struct{X int}][]*struct{Y [2]int}}")
	f.Add("struct{Key string; Tags map[string][]*struct{Y int}} -> struct{}")
	f.Add("struct{{ }}")
	f.Fuzz(func(t *testing.T, theirs string) {
		if d := CompareShapes(theirs, theirs); d != nil {
			t.Fatalf("%q differs from itself: %v", theirs, d)
		}
		there, back := CompareShapes(mine, theirs), CompareShapes(theirs, mine)
		if (len(there) == 0) != (len(back) == 0) {
			t.Fatalf("%q: %v one way, %v the other", theirs, there, back)
		}
		both := UniteShapes(mine, theirs)
		if len(both) > MaxShape+len(mine) {
			t.Fatalf("%q makes a shape of %d bytes", theirs, len(both))
		}
		if !ShapesAgree(both, mine) {
			t.Fatalf("%q makes %q, which is no more what it was", theirs, both)
		}
	})
}
