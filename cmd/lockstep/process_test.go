package main

// Real processes for tests: the test binary is started again as the command.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/loopback"
)

// asCommand in the environment makes the test binary behave as the command lockstep.
const asCommand = "LOCKSTEP_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for a line. A healthy run needs far less.
const patience = 20 * time.Second

// command is the command line of a real process. Nothing is started yet.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// line is one line of output: the fields that tests look at.
type line struct {
	Ev, Member, View, Tag, Op, Error, Order, Sender, Data, Chain string

	Members, Joined, With, Failed, Declined []string
	Left                                    any // a list of departures in a view
	Replies                                 map[string]string
	Primary, Uncertain                      bool
	Seq, Count, Founding                    uint64
	Size                                    int

	raw string
}

// reasons are the departures of a view: NAME/INCARNATION to reason.
func (l line) reasons() map[string]string {
	out := map[string]string{}
	list, _ := l.Left.([]any)
	for _, x := range list {
		d, _ := x.(map[string]any)
		member, _ := d["member"].(string)
		reason, _ := d["reason"].(string)
		out[member] = reason
	}
	return out
}

// process is one running "lockstep node". Its lines are collected as they come.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	told bytes.Buffer // standard error; read after the end
	gone chan struct{}

	mu    sync.Mutex
	lines []line
	more  chan struct{} // closed and replaced when a line comes
}

// startNode starts a member and ends it with the test.
func startNode(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, gone: make(chan struct{}), more: make(chan struct{})}
	p.cmd = command(t, append([]string{"node", "-name", name}, args...)...)
	p.cmd.Stderr = &p.told
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.collect(out)
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.gone
		if t.Failed() {
			t.Logf("%s said:\n%s\nstandard error: %s", name, p.said(), p.told.String())
		}
	})
	return p
}

func (p *process) collect(out io.Reader) {
	defer close(p.gone)
	s := bufio.NewScanner(out)
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		l := line{raw: s.Text()}
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			l.Ev = "not JSON: " + err.Error()
		}
		p.mu.Lock()
		p.lines = append(p.lines, l)
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
	_ = p.cmd.Wait()
}

// said is the last of what the process printed.
func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for i, l := range p.lines {
		if n := len(p.lines); n > 40 && i >= 10 && i < n-30 {
			if i == 10 {
				fmt.Fprintf(&b, "  ... %d lines ...\n", n-40)
			}
			continue
		}
		fmt.Fprintf(&b, "  %.240s\n", l.raw)
	}
	return b.String()
}

// all are the lines so far. Do not change them.
func (p *process) all() []line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lines[:len(p.lines):len(p.lines)]
}

// mark is how many lines there are now, to wait for later ones.
func (p *process) mark() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

// wait returns the first line from the mark on that matches, and fails the test if none comes in time.
func (p *process) wait(from int, what string, match func(line) bool) line {
	p.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		p.mu.Lock()
		lines, more := p.lines, p.more
		p.mu.Unlock()
		for ; from < len(lines); from++ { // match may end the test, whose end looks at the lines too
			if match(lines[from]) {
				return lines[from]
			}
		}
		select {
		case <-more:
		case <-p.gone:
			p.t.Fatalf("%s ended while the test waited for %s", p.name, what)
		case <-deadline.C:
			p.t.Fatalf("%s: no %s within %v", p.name, what, patience)
		}
	}
}

// waitEvent waits for an event of the name and tag.
func (p *process) waitEvent(from int, ev, tag string) line {
	p.t.Helper()
	return p.wait(from, ev+" "+tag, func(l line) bool {
		if l.Ev == "error" && tag != "" && l.Tag == tag {
			p.t.Fatalf("%s: %s", p.name, l.raw)
		}
		return l.Ev == ev && l.Tag == tag
	})
}

// waitView waits for a primary view of so many members.
func (p *process) waitView(from, members int) line {
	p.t.Helper()
	return p.wait(from, fmt.Sprintf("primary view of %d", members), func(l line) bool {
		return l.Ev == "view" && l.Primary && len(l.Members) == members
	})
}

// do writes one operation and returns the mark from before.
func (p *process) do(format string, args ...any) int {
	p.t.Helper()
	from := p.mark()
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
	return from
}

// end waits for the end of the process, which must be in time and with status 0.
func (p *process) end(within time.Duration) {
	p.t.Helper()
	select {
	case <-p.gone:
	case <-time.After(within):
		p.t.Fatalf("%s did not end within %v", p.name, within)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Fatalf("%s ended with status %d: %s", p.name, code, p.told.String())
	}
}

// kill is kill -9.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-p.gone
}

// threeNodes are the arguments of members a, b and c on loopback.
func threeNodes(t *testing.T, extra ...string) map[string][]string {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	if err := writeFreshKey(key); err != nil {
		t.Fatal(err)
	}
	addrs, err := loopback.FreeAddresses(3)
	if err != nil {
		t.Fatal(err)
	}
	nodes := map[string][]string{}
	for i, name := range []string{"a", "b", "c"} {
		nodes[name] = append([]string{
			"-listen", addrs[i], "-seeds", strings.Join(addrs, ","), "-key-file", key, "-group", "g",
		}, extra...)
	}
	return nodes
}
