//go:build linux

package lab

// Programs that are run to their end.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// errorTextMost is how much of a failed program's output an error quotes, in bytes.
const errorTextMost = 2000

// A Bench is a temporary directory with the built command lockstep and a key in it. Close it.
type Bench struct {
	Root    string // the module's directory
	Dir     string // temporary
	Command string // the built lockstep
	KeyFile string
}

// NewBench builds the command, with the flags given to "go build" besides, and makes a key.
func NewBench(ctx context.Context, buildFlags ...string) (_ *Bench, err error) {
	b := &Bench{}
	if b.Dir, err = os.MkdirTemp("", "lockstep-lab"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			b.Close()
		}
	}()
	root, err := b.Run(ctx, nil, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	b.Root = strings.TrimSpace(root)
	b.Command = filepath.Join(b.Dir, "lockstep")
	b.KeyFile = filepath.Join(b.Dir, "key")
	build := append(append([]string{"build"}, buildFlags...), "-o", b.Command, "./cmd/lockstep")
	if _, err := b.Run(ctx, nil, "go", build...); err != nil {
		return nil, err
	}
	_, err = b.Run(ctx, nil, b.Command, "keygen", "-out", b.KeyFile)
	return b, err
}

// Close removes the directory.
func (b *Bench) Close() { _ = os.RemoveAll(b.Dir) }

// Run runs a program in the module's directory to its end, on a host, or on this one where that is nil, and returns its standard
// output, also beside an error. When ctx ends, the program and all that it started are told to end, and after three seconds made to.
func (b *Bench) Run(ctx context.Context, on *Host, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = b.Root
	cmd.Env = append(os.Environ(), "TMPDIR="+b.Dir) // what it leaves behind when it is interrupted goes with the bench
	// A group of its own, so that the children of "go run" end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 3 * time.Second
	var out, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &told
	err := startOn(on, cmd)
	if err == nil {
		err = cmd.Wait()
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

// startOn starts a command on a host, or on this one.
func startOn(on *Host, cmd *exec.Cmd) error {
	if on == nil {
		return cmd.Start()
	}
	return on.start(cmd)
}

// Pause waits, or returns the context's error.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
