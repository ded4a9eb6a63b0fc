//go:build linux

package main

// What a round leaves behind, and how it is judged again.

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// The files of a kept round, besides each process's log: what each printed up to the end of the history, what was done when, what
// was found, and whether the end was one in peace.
const (
	eventsSuffix = ".events"
	faultsFile   = "faults"
	findingsFile = "findings"
	quietFile    = "quiet"
)

// endedLine is the last line of a process that ended, written by the soak.
const endedLine = `{"ev":"ended","at":%d}` + "\n"

// keep writes down what the judge read, beside the members' logs.
func (c *cluster) keep(r result, quiet bool) error {
	var errs []error
	write := func(name, text string) {
		errs = append(errs, os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600))
	}
	for _, s := range c.slots {
		for i, x := range s.runs() {
			var b strings.Builder
			for _, l := range x.lines {
				b.WriteString(l.Raw + "\n")
			}
			if x.ended > 0 {
				fmt.Fprintf(&b, endedLine, x.ended)
			}
			write(fmt.Sprintf("%s-%d%s", s.name, i, eventsSuffix), b.String())
		}
	}
	write(faultsFile, c.log.String())
	write(findingsFile, strings.Join(r.findings, "\n")+"\n")
	if quiet {
		write(quietFile, "")
	}
	return errors.Join(errs...)
}

// kept reads a round that was kept.
func kept(dir string) (runs []run, quiet bool, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+eventsSuffix))
	if err != nil || len(names) == 0 {
		return nil, false, errors.Join(err, fmt.Errorf("%s holds no round: there is no *%s", dir, eventsSuffix))
	}
	slices.Sort(names)
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, false, err
		}
		r := run{name: strings.TrimSuffix(filepath.Base(name), eventsSuffix)}
		for line := range strings.Lines(string(b)) {
			l := lab.ParseLine([]byte(strings.TrimSpace(line)))
			if l.Ev == "ended" {
				r.ended = l.At
				continue
			}
			r.lines = append(r.lines, l)
		}
		runs = append(runs, r)
	}
	_, err = os.Stat(filepath.Join(dir, quietFile))
	return runs, err == nil, nil
}

// judgeAgain judges a kept round, and returns the exit status.
func judgeAgain(dir string, out, stderr io.Writer) int {
	runs, quiet, err := kept(dir)
	if err != nil {
		fmt.Fprintln(stderr, "soak:", err)
		return statusUsage
	}
	v := judge(runs, quiet)
	for _, x := range v.violations {
		fmt.Fprintln(out, x)
	}
	fmt.Fprintf(out, "%d processes, quiet %v: %d messages, %d deliveries, %d views, %d applied, %d queries, %d objects undecided: %d violations\n",
		len(runs), quiet, v.messages, v.deliveries, v.views, v.applied, v.queries, v.undecided, len(v.violations))
	if len(v.violations) > 0 {
		return statusFailed
	}
	return statusPassed
}
