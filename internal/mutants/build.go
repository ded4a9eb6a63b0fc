package main

// A program from a patched tree: the go command reads the changed files from elsewhere.

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// moduleRoot is the directory with go.mod in which this one is.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no go.mod here or above")
		}
		dir = up
	}
}

// build makes this program anew, in a directory of its own, from the tree with some files changed; it returns the program's path.
func build(ctx context.Context, root, dir string, changed map[string]string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for path, text := range changed {
		to := filepath.Join(dir, strings.ReplaceAll(path, "/", "_"))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		overlay.Replace[filepath.Join(root, path)] = to
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	list, program := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "hunt")
	if err := os.WriteFile(list, b, 0o600); err != nil {
		return "", err
	}
	// Without paths and versions in it, what did not change is built once for all mutants.
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-overlay", list, "-o", program, "./internal/mutants")
	c.Dir = root
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("it does not build: %w\n%s", err, out)
	}
	return program, nil
}
