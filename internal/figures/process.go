//go:build linux

package main

// One process of "lockstep node", and the lines it prints with the time at which each was read.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is how long a line may take to come. A healthy run needs far less.
const patience = 30 * time.Second

// A line is one event that a node printed: the fields that are looked at here.
type line struct {
	Ev, Member, Tag, Error string
	Data, View             string
	Members                []string
	Left                   []struct{ Member, Reason string }
	Primary                bool

	raw string
	at  time.Time // when it was read
}

// isView reports whether the line is a primary view of so many members.
func (l line) isView(members int) bool {
	return l.Ev == "view" && l.Primary && len(l.Members) == members
}

// reason is why a member left with this view.
func (l line) reason(member string) string {
	for _, d := range l.Left {
		if d.Member == member {
			return d.Reason
		}
	}
	return "?"
}

// A process is one running node. Any goroutine may look at its lines; end it once.
type process struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	told bytes.Buffer // standard error; read after the end
	gone chan struct{}

	mu    sync.Mutex
	lines []line
	more  chan struct{} // closed and replaced when a line comes
}

// startProcess starts a node; it is killed, should this program die without ending it.
func startProcess(name string, args []string) (*process, error) {
	p := &process{name: name, cmd: exec.Command(args[0], args[1:]...), gone: make(chan struct{}), more: make(chan struct{})}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.cmd.Stderr = &p.told
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.collect(out)
	return p, nil
}

func (p *process) collect(out io.Reader) {
	defer close(p.gone)
	s := bufio.NewScanner(out)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		l := line{at: time.Now(), raw: s.Text()}
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			l.Ev = "not an event: " + err.Error()
		}
		p.mu.Lock()
		p.lines = append(p.lines, l)
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
	_ = p.cmd.Wait()
}

// mark is how many lines there are now, to look for later ones.
func (p *process) mark() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

// since are the lines from a mark on.
func (p *process) since(mark int) []line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines[mark:])
}

// wait returns the first line from the mark on that matches. An error says what the process printed instead.
func (p *process) wait(ctx context.Context, from int, what string, match func(line) bool) (line, error) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for next := from; ; {
		p.mu.Lock()
		for ; next < len(p.lines); next++ {
			if match(p.lines[next]) {
				defer p.mu.Unlock()
				return p.lines[next], nil
			}
		}
		more := p.more
		p.mu.Unlock()
		select {
		case <-more:
		case <-p.gone:
			return line{}, fmt.Errorf("no %s: %w", what, p.ended())
		case <-deadline.C:
			return line{}, fmt.Errorf("%s: no %s within %v; it printed\n%s", p.name, what, patience, p.said(from))
		case <-ctx.Done():
			return line{}, ctx.Err()
		}
	}
}

// ended is an error once the process is gone: how it ended, and its last words.
func (p *process) ended() error {
	select {
	case <-p.gone:
		return fmt.Errorf("%s has ended (%v): %s; it printed\n%s", p.name, p.cmd.ProcessState, strings.TrimSpace(p.told.String()), p.said(0))
	default:
		return nil
	}
}

// said are the lines from a mark on, the last twenty of them, shortened.
func (p *process) said(from int) string {
	var b strings.Builder
	lines := p.since(from)
	for _, l := range lines[max(0, len(lines)-20):] {
		fmt.Fprintf(&b, "    %s %.300s\n", l.at.Format("15:04:05.000"), l.raw)
	}
	return b.String()
}

// do writes one operation.
func (p *process) do(op string) error {
	if _, err := io.WriteString(p.in, op+"\n"); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

func (p *process) signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("%s: %v: %w", p.name, s, err)
	}
	return nil
}

// end is kill -9, and waits until the process is gone. It may be gone already.
func (p *process) end() {
	_ = p.cmd.Process.Kill()
	<-p.gone
	_ = p.in.Close()
}
