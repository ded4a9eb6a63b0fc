//go:build linux

package main

// One member through all its processes.

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// exitPatience is how long a process may take to end that was told to. It promises two seconds; the machine may be busy.
const exitPatience = 20 * time.Second

// A life is one process of a slot.
type life struct {
	p     *lab.Process
	ended int64 // when it was told to end, by a signal; 0 while it lives
	mark  int   // of a living one at the end of the round: how many lines are judged
}

// A slot is one name on one host.
type slot struct {
	c     *cluster
	index int
	name  string
	host  *lab.Host

	busy bool // a fault has it; the scheduler's

	mu    sync.Mutex
	lives []*life // the last one is running if its ended is 0
	tags  int
	heard heard
}

// heard is what a slot's running process has said so far.
type heard struct {
	mark    int
	open    map[string]bool // ops that wait for an answer
	view    lab.Line        // the last one; zero while it is no member
	blocked bool
	out     bool // its membership ended, or a join failed
	viewAt  time.Time
}

func newHeard() heard { return heard{open: map[string]bool{}} }

// start starts a process.
func (s *slot) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := lab.Start(s.host, s.name, []string{
		s.c.bench.Command, "node", "-name", s.name, "-listen", s.host.Addr.String() + ":7946", "-seeds", strings.Join(s.c.addrs, ","),
		"-key-file", s.c.bench.KeyFile, "-group", groupName, "-size", strconv.Itoa(s.c.plan.size), "-trace",
		"-log", filepath.Join(s.c.dir, fmt.Sprintf("%s-%d.log", s.name, len(s.lives))),
	})
	if err != nil {
		return err
	}
	s.lives = append(s.lives, &life{p: p})
	s.heard = newHeard()
	return nil
}

// running is the running process, nil if none is.
func (s *slot) running() *lab.Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process()
}

func (s *slot) process() *lab.Process {
	if n := len(s.lives); n > 0 && s.lives[n-1].ended == 0 {
		return s.lives[n-1].p
	}
	return nil
}

// end ends the running process by a signal and waits until it is gone. How it ended matters where it was asked to.
func (s *slot) end(sig syscall.Signal) {
	s.mu.Lock()
	p := s.process()
	if p == nil {
		s.mu.Unlock()
		return
	}
	s.lives[len(s.lives)-1].ended = lab.Monotonic()
	s.mu.Unlock()
	if sig == syscall.SIGKILL {
		p.End()
		return
	}
	_ = p.Signal(sig)
	timer := time.NewTimer(exitPatience)
	defer timer.Stop()
	select {
	case <-p.Gone():
		if err := p.Ended(); !p.Clean() {
			s.c.violate("exit: %s was told to end: %v", s.name, err)
		}
	case <-timer.C:
		s.c.violate("exit: %s was told to end and did not within %v", s.name, exitPatience)
	}
	p.End()
}

// listen takes in what the running process has printed since the last time, and says what it knows now.
func (s *slot) listen() heard {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.process()
	if p == nil {
		return heard{}
	}
	h := &s.heard
	lines := p.Since(h.mark)
	h.mark += len(lines)
	h.take(lines)
	if err := p.Ended(); err != nil {
		s.lives[len(s.lives)-1].ended = lab.Monotonic()
		s.c.violate("process: %s ended by itself: %v", s.name, err)
	}
	copied := *h
	copied.open = maps.Clone(h.open)
	return copied
}

// take follows what a process said.
func (h *heard) take(lines []lab.Line) {
	for _, l := range lines {
		switch l.Ev {
		case "view":
			h.view, h.viewAt, h.out = l, l.Read, false
			h.blocked = !l.Primary
		case "blocked":
			h.blocked = true
		case "left":
			h.view, h.out = lab.Line{}, true
		case "accepted", "applied", "replies", "flushed", "state":
			delete(h.open, l.Tag)
		case "error":
			delete(h.open, l.Tag)
			if l.Op == "join" && h.view.Ev == "" { // asked twice, the second join fails of a member that is in
				h.out = true
			}
		}
	}
}

// An op is one operation as cmd/lockstep reads it.
type op struct {
	Op     string `json:"op"`
	Order  string `json:"order,omitempty"`
	Data   string `json:"data,omitempty"`
	Tag    string `json:"tag,omitempty"`
	Count  int    `json:"count,omitempty"`
	Size   int    `json:"size,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	Need   string `json:"need,omitempty"`
}

// do gives the running process an operation with a fresh tag, and returns the tag; "" if there is no process. It blocks while the
// process does not read.
func (s *slot) do(o op) string {
	s.mu.Lock()
	p := s.process()
	if p == nil {
		s.mu.Unlock()
		return ""
	}
	s.tags++
	o.Tag = s.name + strconv.Itoa(s.tags)
	switch o.Op {
	case "send", "apply":
		o.Data = o.Tag + " " + o.Data
	case "burst":
		o.Prefix = o.Tag
	case "join", "leave":
		s.heard.out = false // until it says so again
	}
	if o.Op != "join" && o.Op != "leave" {
		s.heard.open[o.Tag] = true
	}
	s.mu.Unlock()
	b, err := json.Marshal(o)
	if err == nil {
		err = p.Do(string(b))
	}
	if err != nil {
		return "" // it has been killed
	}
	return o.Tag
}

// runs are the slot's processes as they are judged.
func (s *slot) runs() []run {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []run
	for _, f := range s.lives {
		lines := f.p.Since(0)
		if f.mark > 0 {
			lines = lines[:f.mark]
		}
		if f.ended > 0 && len(lines) > 0 && lines[len(lines)-1].Raw == "" || len(lines) > 0 && f.ended > 0 && lines[len(lines)-1].At == 0 {
			lines = lines[:len(lines)-1] // it was killed while it wrote the line
		}
		list = append(list, run{name: s.name, lines: lines, ended: f.ended})
	}
	return list
}
