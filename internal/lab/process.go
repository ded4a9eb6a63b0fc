//go:build linux

package lab

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

	"golang.org/x/sys/unix"
)

// patience is how long a line may take to come. A healthy run needs far less.
const patience = 30 * time.Second

// lineMost is the longest line that is read.
const lineMost = 16 << 20

// A Departure is one who left with a view, and why.
type Departure struct{ Member, Reason string }

// A Line is one event that a node printed; package main of cmd/lockstep says what each field means. Fields that the event does not
// have are zero.
type Line struct {
	Ev, Kind, Op, Tag, Error           string
	Name, Member, View, Resumes, Donor string
	Order, Sender, Data, Prefix, Chain string
	Members, Joined, With, Loading     []string
	Failed, Declined                   []string
	Left                               []Departure
	Replies                            map[string]string
	Primary, Transitional, Uncertain   bool
	Seq, Count, Position, Cut          uint64
	Size                               int
	At                                 int64 // of a traced node: when it printed the line, by Monotonic

	Raw  string    `json:"-"`
	Read time.Time `json:"-"` // when it was read
}

// Monotonic is nanoseconds on the clock by which traced nodes stamp their lines. All processes of one kernel share it.
func Monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0
	}
	return ts.Nano()
}

// IsView reports whether the line is a primary view of so many members.
func (l Line) IsView(members int) bool {
	return l.Ev == "view" && l.Primary && len(l.Members) == members
}

// Reason is why a member left with this view.
func (l Line) Reason(member string) string {
	for _, d := range l.Left {
		if d.Member == member {
			return d.Reason
		}
	}
	return "?"
}

// ParseLine reads one line. What is no event gives a line that says so.
func ParseLine(b []byte) Line {
	l := Line{Raw: string(b)}
	if err := json.Unmarshal(b, &l); err != nil {
		l.Ev = "not an event: " + err.Error()
	}
	return l
}

// A Process is one running node. Any goroutine may look at its lines; end it once.
type Process struct {
	Name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	told bytes.Buffer // standard error; read after the end
	gone chan struct{}

	mu    sync.Mutex
	lines []Line
	more  chan struct{} // closed and replaced when a line comes
}

// Start starts a node on a host, or on this one where that is nil. It is killed, should the thread that starts it end: that is the
// host's, or the caller's, who therefore has locked the main goroutine to its thread.
func Start(on *Host, name string, args []string) (*Process, error) {
	p := &Process{Name: name, cmd: exec.Command(args[0], args[1:]...), gone: make(chan struct{}), more: make(chan struct{})}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.cmd.Stderr = &p.told
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := startOn(on, p.cmd); err != nil {
		return nil, err
	}
	go p.collect(out)
	return p, nil
}

func (p *Process) collect(out io.Reader) {
	defer close(p.gone)
	s := bufio.NewScanner(out)
	s.Buffer(nil, lineMost)
	for s.Scan() {
		l := ParseLine(s.Bytes())
		l.Read = time.Now()
		p.mu.Lock()
		p.lines = append(p.lines, l)
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
	_ = p.cmd.Wait()
}

// Mark is how many lines there are now, to look for later ones.
func (p *Process) Mark() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

// Since are the lines from a mark on.
func (p *Process) Since(mark int) []Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines[mark:])
}

// Wait returns the first line from the mark on that matches. An error says what the process printed instead.
func (p *Process) Wait(ctx context.Context, from int, what string, match func(Line) bool) (Line, error) {
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
			return Line{}, fmt.Errorf("no %s: %w", what, p.Ended())
		case <-deadline.C:
			return Line{}, fmt.Errorf("%s: no %s within %v; it printed\n%s", p.Name, what, patience, p.Said(from))
		case <-ctx.Done():
			return Line{}, ctx.Err()
		}
	}
}

// Ended is an error once the process is gone: how it ended, and its last words.
func (p *Process) Ended() error {
	select {
	case <-p.gone:
		return fmt.Errorf("%s has ended (%v): %s; it printed\n%s", p.Name, p.cmd.ProcessState, strings.TrimSpace(p.told.String()), p.Said(0))
	default:
		return nil
	}
}

// Said are the lines from a mark on, the last twenty of them, shortened.
func (p *Process) Said(from int) string {
	var b strings.Builder
	lines := p.Since(from)
	for _, l := range lines[max(0, len(lines)-20):] {
		fmt.Fprintf(&b, "    %s %.300s\n", l.Read.Format("15:04:05.000"), l.Raw)
	}
	return b.String()
}

// Do writes one operation.
func (p *Process) Do(op string) error {
	if _, err := io.WriteString(p.in, op+"\n"); err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	return nil
}

// ID is the process's id.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Gone is closed when the process has ended and all that it printed has been read.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Signal sends a signal.
func (p *Process) Signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("%s: %v: %w", p.Name, s, err)
	}
	return nil
}

// End is kill -9, and waits until the process is gone. It may be gone already.
func (p *Process) End() {
	_ = p.cmd.Process.Kill()
	<-p.gone
	_ = p.in.Close()
}

// Clean reports whether the process has ended, and with status 0.
func (p *Process) Clean() bool {
	select {
	case <-p.gone:
		return p.cmd.ProcessState.Success()
	default:
		return false
	}
}
