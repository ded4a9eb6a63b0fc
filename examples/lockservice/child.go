package main

// A member process as the parent sees it: started by running this program again, spoken to over pipes, ended in one way or another.

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// A child is one member process. The parent's one goroutine owns it.
type child struct {
	name    string
	journal string // its file
	cmd     *exec.Cmd
	in      io.WriteCloser
	events  chan event // closed when the process's output ends
	member  string     // once joined
}

// shared is a writer for the complaints of several processes.
type shared struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

// eventsMost is how many events wait for the parent; a member that has more to say waits.
const eventsMost = 256

// startChild runs this program again with the given arguments.
func startChild(name, journal string, env []string, stderr io.Writer, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	c := &child{name: name, journal: journal, cmd: exec.Command(self, args...), events: make(chan event, eventsMost)}
	c.cmd.Env = append(os.Environ(), env...)
	c.cmd.Stderr = stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go c.listen(out)
	return c, nil
}

// listen reads the process's events until its output ends.
func (c *child) listen(out io.Reader) {
	defer close(c.events)
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			e = event{Ev: "error", Error: fmt.Sprintf("%q is no event", line)}
		}
		c.events <- e
	}
}

// say gives a command. What is wrong with the process shows when its answer is awaited.
func (c *child) say(command string) { _, _ = io.WriteString(c.in, command+"\n") }

// await returns the next event that fits, and leaves out those before it.
func (c *child) await(what string, limit time.Duration, fits func(event) bool) (event, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case e, ok := <-c.events:
			switch {
			case !ok:
				return event{}, fmt.Errorf("%s ended while it was to say %q", c.name, what)
			case e.Ev == "error":
				return event{}, fmt.Errorf("%s: %s", c.name, e.Error)
			case fits(e):
				return e, nil
			}
		case <-timer.C:
			return event{}, fmt.Errorf("%s did not say %q within %v", c.name, what, limit)
		}
	}
}

// awaitKind waits for an event of a kind, about a lock if one is given.
func (c *child) awaitKind(kind, lock string, limit time.Duration) (event, error) {
	return c.await(kind, limit, func(e event) bool { return e.Ev == kind && e.Lock == lock })
}

// kill is kill -9. It returns when the process is gone.
func (c *child) kill() error {
	if err := c.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill %s: %w", c.name, err)
	}
	_ = c.reap() // it was killed, and says so
	return nil
}

// reap takes what is left to read and waits for the process's end.
func (c *child) reap() error {
	for range c.events {
		continue
	}
	return c.cmd.Wait()
}

// exitTime bounds a clean leave.
const exitTime = 10 * time.Second

// exit has the process leave the group and end.
func (c *child) exit() error {
	c.say("exit")
	timer := time.AfterFunc(exitTime, func() { _ = c.cmd.Process.Kill() })
	err := c.reap()
	if !timer.Stop() {
		return fmt.Errorf("%s did not end within %v", c.name, exitTime)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return nil
}

// abandon ends the process, however it is, after something went wrong.
func (c *child) abandon() {
	if err := c.cmd.Process.Kill(); errors.Is(err, os.ErrProcessDone) {
		return
	}
	_ = c.reap()
}

// evidence reads what the process wrote down. It is done when the process has ended.
func (c *child) evidence() (*evidence, error) {
	f, err := os.Open(c.journal)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readEvidence(f)
}
