//go:build linux

package main

// What all parts share: the options, the built command, the output and what was measured.

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// A study is what the parts share. Close it.
type study struct {
	options
	*lab.Bench
	out      io.Writer
	results  []string // what was measured so far
	failures int      // parts not measured, targets missed
}

// newStudy builds the command and makes a key.
func newStudy(ctx context.Context, o options, out io.Writer) (*study, error) {
	if o.logs != "" {
		if err := os.MkdirAll(o.logs, 0o755); err != nil {
			return nil, fmt.Errorf("-logs: %w", err)
		}
	}
	b, err := lab.NewBench(ctx)
	return &study{options: o, Bench: b, out: out}, err
}

func (l *study) print(format string, args ...any) { fmt.Fprintf(l.out, format+"\n", args...) }

// result prints a line and keeps it for the summary.
func (l *study) result(format string, args ...any) {
	l.results = append(l.results, fmt.Sprintf(format, args...))
	l.print("%s", l.results[len(l.results)-1])
}

// fail makes the exit status 1 and returns the line that says why.
func (l *study) fail(format string, args ...any) string {
	l.failures++
	return fmt.Sprintf(format, args...)
}

// judge says how a figure stands to its target.
func (l *study) judge(met bool, target string) string {
	if met {
		return "target " + target + ": met"
	}
	return l.fail("target %s: MISSED", target)
}
