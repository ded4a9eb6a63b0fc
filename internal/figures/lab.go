//go:build linux

package main

// What all parts share: the built command, a directory, a key, the output, and how a program is run to its end.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// errorTextMost is how much of a failed program's output an error quotes, in bytes.
const errorTextMost = 2000

// A lab is where the parts measure. Close it.
type lab struct {
	options
	out      io.Writer
	root     string // the module's directory
	dir      string // temporary
	command  string // the built lockstep
	keyFile  string
	results  []string // what was measured so far
	failures int      // parts not measured, targets missed
}

// newLab builds the command and makes a key.
func newLab(ctx context.Context, o options, out io.Writer) (_ *lab, err error) {
	l := &lab{options: o, out: out}
	if l.dir, err = os.MkdirTemp("", "lockstep-figures"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	if o.logs != "" {
		if err := os.MkdirAll(o.logs, 0o755); err != nil {
			return nil, fmt.Errorf("-logs: %w", err)
		}
	}
	root, err := l.runProgram(ctx, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	l.root = strings.TrimSpace(root)
	l.command = filepath.Join(l.dir, "lockstep")
	l.keyFile = filepath.Join(l.dir, "key")
	if _, err := l.runProgram(ctx, "go", "build", "-o", l.command, "./cmd/lockstep"); err != nil {
		return nil, err
	}
	_, err = l.runProgram(ctx, l.command, "keygen", "-out", l.keyFile)
	return l, err
}

func (l *lab) close() { _ = os.RemoveAll(l.dir) }

func (l *lab) print(format string, args ...any) { fmt.Fprintf(l.out, format+"\n", args...) }

// result prints a line and keeps it for the summary.
func (l *lab) result(format string, args ...any) {
	l.results = append(l.results, fmt.Sprintf(format, args...))
	l.print("%s", l.results[len(l.results)-1])
}

// fail makes the exit status 1 and returns the line that says why.
func (l *lab) fail(format string, args ...any) string {
	l.failures++
	return fmt.Sprintf(format, args...)
}

// judge says how a figure stands to its target.
func (l *lab) judge(met bool, target string) string {
	if met {
		return "target " + target + ": met"
	}
	return l.fail("target %s: MISSED", target)
}

// runProgram runs a program in the module's directory to its end and returns its standard output, also beside an error. When ctx
// ends, the program and all that it started are told to end, and after three seconds made to.
func (l *lab) runProgram(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = l.root
	cmd.Env = append(os.Environ(), "TMPDIR="+l.dir) // what it leaves behind when it is interrupted goes with the lab
	// A group of its own, so that the children of "go run" end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 3 * time.Second
	var out, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &told
	err := cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // mostly nobody is left there
	}
	if err != nil {
		text := strings.TrimSpace(told.String())
		if text == "" {
			text = strings.TrimSpace(out.String())
		}
		if len(text) > errorTextMost {
			text = "... " + text[len(text)-errorTextMost:]
		}
		err = fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(args, " "), errors.Join(err, ctx.Err()), text)
	}
	return out.String(), err
}

// machine is the line that says what was measured where.
func (l *lab) machine(ctx context.Context) string {
	commit, err := l.runProgram(ctx, "git", "describe", "--always", "--dirty")
	if err != nil {
		commit = "unknown"
	}
	version, err := l.runProgram(ctx, "go", "env", "GOVERSION")
	if err != nil {
		version = runtime.Version()
	}
	return fmt.Sprintf("machine: %d cores (%s), Linux %s, %s %s/%s, lockstep %s", runtime.NumCPU(), processorModel(), kernelRelease(),
		strings.TrimSpace(version), runtime.GOOS, runtime.GOARCH, strings.TrimSpace(commit))
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
