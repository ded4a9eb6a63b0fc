package main

// A patch: words, and a unified diff that is applied where its lines are found, wherever they have moved to.

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A patch is one mutant.
type patch struct {
	name  string
	words string
	files []fileChange
}

// A fileChange is what becomes of one file; its path is from the module's root.
type fileChange struct {
	path  string
	hunks []hunk
}

// A hunk replaces lines. line is where it was when the patch was made, counted from 1.
type hunk struct {
	line        int
	before, now []string
}

// readPatches reads all patches of a directory, by name.
func readPatches(dir string) ([]patch, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.patch"))
	if err != nil {
		return nil, err
	}
	var all []patch
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		p, err := parsePatch(strings.TrimSuffix(filepath.Base(path), ".patch"), string(b))
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// parsePatch reads words and a diff.
func parsePatch(name, text string) (patch, error) {
	p := patch{name: name}
	fail := func(i int, why string) (patch, error) {
		return patch{}, fmt.Errorf("%s.patch:%d: %s", name, i+1, why)
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	i := 0
	var words []string
	for ; i < len(lines) && !strings.HasPrefix(lines[i], "--- "); i++ {
		words = append(words, lines[i])
	}
	p.words = strings.TrimSpace(strings.Join(words, "\n"))
	for i < len(lines) {
		switch {
		case strings.HasPrefix(lines[i], "--- "):
			if i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "+++ b/") {
				return fail(i, "a line +++ b/FILE should follow")
			}
			p.files = append(p.files, fileChange{path: strings.TrimPrefix(lines[i+1], "+++ b/")})
			i += 2
		case strings.HasPrefix(lines[i], "@@ ") && len(p.files) > 0:
			line, err := hunkLine(lines[i])
			if err != nil {
				return fail(i, err.Error())
			}
			h := hunk{line: line}
			for i++; i < len(lines) && !strings.HasPrefix(lines[i], "@@ ") && !strings.HasPrefix(lines[i], "--- "); i++ {
				switch kind, rest := lines[i][:min(1, len(lines[i]))], lines[i][min(1, len(lines[i])):]; kind {
				case "-":
					h.before = append(h.before, rest)
				case "+":
					h.now = append(h.now, rest)
				case " ", "": // some editors take the blank away from an empty line
					h.before, h.now = append(h.before, rest), append(h.now, rest)
				default:
					return fail(i, "neither kept, removed nor added")
				}
			}
			f := &p.files[len(p.files)-1]
			f.hunks = append(f.hunks, h)
		default:
			return fail(i, "neither a file nor a hunk")
		}
	}
	if p.words == "" || len(p.files) == 0 {
		return fail(0, "words and a diff are wanted")
	}
	for _, f := range p.files {
		if len(f.hunks) == 0 {
			return fail(0, "nothing is changed in "+f.path)
		}
	}
	return p, nil
}

// hunkLine reads the first number of "@@ -12,7 +12,6 @@".
func hunkLine(head string) (int, error) {
	_, rest, _ := strings.Cut(head, "-")
	number, _, _ := strings.Cut(rest, " ")
	number, _, _ = strings.Cut(number, ",")
	return strconv.Atoi(number)
}

// apply returns the file's text after the change.
func (f *fileChange) apply(text string) (string, error) {
	lines := strings.Split(text, "\n")
	moved := 0 // by how much the hunks so far made the file longer
	for _, h := range f.hunks {
		at, err := find(lines, h, h.line-1+moved)
		if err != nil {
			return "", fmt.Errorf("%s: %w", f.path, err)
		}
		lines = slices.Replace(lines, at, at+len(h.before), h.now...)
		moved += len(h.now) - len(h.before)
	}
	return strings.Join(lines, "\n"), nil
}

// find returns where the lines of a hunk are: of several places the one nearest to where they were.
func find(lines []string, h hunk, was int) (int, error) {
	best := -1
	for at := 0; len(h.before) > 0 && at+len(h.before) <= len(lines); at++ {
		if slices.Equal(lines[at:at+len(h.before)], h.before) && (best < 0 || distance(at, was) < distance(best, was)) {
			best = at
		}
	}
	if best < 0 {
		return 0, fmt.Errorf("the lines that were at line %d are not there any more", h.line)
	}
	return best, nil
}

func distance(a, b int) int { return max(a-b, b-a) }

// applied returns the changed files by their path from the module's root.
func (p *patch) applied(root string) (map[string]string, error) {
	changed := map[string]string{}
	for i := range p.files {
		f := &p.files[i]
		b, err := os.ReadFile(filepath.Join(root, f.path))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		text, err := f.apply(string(b))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		if text == string(b) {
			return nil, fmt.Errorf("%s: %s stays as it is", p.name, f.path)
		}
		changed[f.path] = text
	}
	return changed, nil
}
