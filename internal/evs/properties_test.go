package evs

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestEveryPropertyIsListedAndExplained: whoever adds a property adds it to the list, and says in doc.go what it means.
func TestEveryPropertyIsListedAndExplained(t *testing.T) {
	source, err := os.ReadFile("properties.go")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`Property = "([^"]+)"`).FindAllSubmatch(source, -1)
	if len(named) != len(Properties()) {
		t.Errorf("%d properties are named, %d are listed", len(named), len(Properties()))
	}
	for i, p := range Properties() {
		if slices.Index(Properties(), p) != i {
			t.Errorf("%q is listed twice", p)
		}
		if !regexp.MustCompile(`(?m)^//\t` + regexp.QuoteMeta(string(p)) + `  +\S`).Match(doc) {
			t.Errorf("doc.go does not explain %q", p)
		}
	}
}
