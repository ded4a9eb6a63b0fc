package arrows

// Reading the module: every Go file, whatever its build tags, against the table.

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Finding is one broken rule.
type Finding struct {
	Where string // file:line, below the module's root
	Why   string
}

func (f Finding) String() string { return f.Where + ": " + f.Why }

// Check reads every Go file below root, which is the module's directory, and returns what breaks a rule, by file. An error means
// that a file could not be read or parsed. It only reads; it may be called from any goroutine.
func Check(root string, rules map[string]Rule) ([]Finding, error) {
	c := checker{root: root, rules: rules, documented: map[string]bool{}}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != root && (d.Name() == "testdata" || d.Name() == "vendor" || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go"):
			return nil
		}
		return c.file(file)
	})
	if err != nil {
		return nil, err
	}
	for _, dir := range slices.Sorted(maps.Keys(c.documented)) {
		if !c.documented[dir] {
			c.report(display(dir), 0, "the package has no package comment that teaches")
		}
	}
	return c.findings, nil
}

type checker struct {
	root       string
	rules      map[string]Rule
	documented map[string]bool // by directory: a package comment was found
	findings   []Finding
}

func (c *checker) report(where string, line int, format string, args ...any) {
	if line > 0 {
		where += ":" + strconv.Itoa(line)
	}
	c.findings = append(c.findings, Finding{where, fmt.Sprintf(format, args...)})
}

func (c *checker) file(name string) error {
	rel, err := filepath.Rel(c.root, name)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	dir := path.Dir(rel)
	if dir == "." {
		dir = ""
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if n := bytes.Count(src, []byte("\n")); n > MaxLines {
		c.report(rel, 0, "%d lines, more than %d: split it", n, MaxLines)
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, rel, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	test := strings.HasSuffix(rel, "_test.go")
	if !test {
		c.documented[dir] = c.documented[dir] || file.Doc != nil
	}
	c.unfinished(rel, src)
	rule, ok := c.rules[dir]
	if !ok {
		c.report(rel, 0, "package %q has no row in the table of internal/arrows/rules.go", dir)
		return nil
	}
	line := func(at token.Pos) int { return set.Position(at).Line }
	for _, imp := range file.Imports {
		target, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			return err
		}
		if why := c.judge(dir, rule, test, target); why != "" {
			c.report(rel, line(imp.Pos()), "%s", why)
		}
	}
	if test {
		c.idle(rel, file, line)
	} else if rule.Pure || rule.Replayed {
		impureCode(file, func(at token.Pos, why string) { c.report(rel, line(at), "%s", why) })
	}
	return nil
}

// judge says why the package in dir may not import target, or nothing.
func (c *checker) judge(dir string, rule Rule, test bool, target string) string {
	if target == Module || strings.HasPrefix(target, Module+"/") {
		to := strings.TrimPrefix(strings.TrimPrefix(target, Module), "/")
		if slices.Contains(rule.Ours, to) || test && (to == dir || slices.Contains(rule.TestOurs, to)) {
			return ""
		}
		return fmt.Sprintf("%s must not import %s", display(dir), display(to))
	}
	if first, _, _ := strings.Cut(target, "/"); !strings.Contains(first, ".") {
		if !test && (rule.Pure || rule.Replayed) {
			return impureImport(target, rule.Replayed)
		}
		return ""
	}
	allowed := rule.Theirs
	if test {
		allowed = slices.Concat(allowed, rule.TestTheirs)
	}
	for _, m := range allowed {
		if target == m || strings.HasPrefix(target, m+"/") {
			return ""
		}
	}
	return fmt.Sprintf("%s must not depend on %s", display(dir), target)
}

func display(dir string) string {
	if dir == "" {
		return "the root"
	}
	return dir
}

// idle reports tests that wait on the wall clock or do not run.
func (c *checker) idle(rel string, file *ast.File, line func(token.Pos) int) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		switch {
		case !ok:
		case x.Name == "time" && sel.Sel.Name == "Sleep":
			c.report(rel, line(call.Pos()), "a test must not sleep: wait for what it waits for")
		case (x.Name == "t" || x.Name == "tb" || x.Name == "b" || x.Name == "f") && strings.HasPrefix(sel.Sel.Name, "Skip"):
			c.report(rel, line(call.Pos()), "a test must not be skipped")
		}
		return true
	})
}

// promises are words that say the work is not done. They are put together here so that this file does not hold them.
var promises = [][]byte{[]byte("TO" + "DO"), []byte("FIX" + "ME"), []byte("not imple" + "mented"), []byte("place" + "holder")}

func (c *checker) unfinished(rel string, src []byte) {
	for i, text := range bytes.Split(src, []byte("\n")) {
		for _, w := range promises {
			if bytes.Contains(text, w) {
				c.report(rel, i+1, "%q: finish it, or say in the documentation what is not there", w)
			}
		}
	}
}
