package arrows

// The documentation against the tree: the tests that a page names exist, and its links lead somewhere.

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	testName = regexp.MustCompile("`((?:Test|Fuzz|Example)[A-Z]\\w*)`")
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example)\w*)\(`)
	pageLink = regexp.MustCompile(`\]\(([\w./-]+)(?:#\w+)?\)`)
)

// CheckDocs reads every Markdown page below root and returns the tests it names that are nowhere, and the links to files that are
// not there. It only reads.
func CheckDocs(root string) ([]Finding, error) {
	tests := map[string]bool{}
	pages := map[string]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != root && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		page := strings.HasSuffix(file, ".md")
		if d.IsDir() || !page && !strings.HasSuffix(file, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if page {
			pages[file] = string(text)
			return nil
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(text), -1) {
			tests[m[1]] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var found []Finding
	for file, text := range pages {
		for _, m := range testName.FindAllStringSubmatch(text, -1) {
			if !tests[m[1]] {
				found = append(found, Finding{file, "there is no " + m[1]})
			}
		}
		for _, m := range pageLink.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), filepath.FromSlash(m[1]))); err != nil {
				found = append(found, Finding{file, "a link leads nowhere: " + m[1]})
			}
		}
	}
	return found, nil
}
