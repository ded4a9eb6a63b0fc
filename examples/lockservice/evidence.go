package main

// Reading the journals: from lines to holds, uses and views. Like prove.go it shares nothing with the table.

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A hold is one client's belief that it had a lock, from when it knew until just before it gave it back.
type hold struct {
	lock       string
	fence      uint64
	who        string // member and client
	member     string
	from, to   int64
	wait       time.Duration
	queued     bool
	complete   bool // it was given back
	lost       bool // the client was told that it had lost it
	unreliable bool // granted while the member was out of the group and did not know: only its fence counts
}

// A use is one touch of the resource.
type use struct {
	at     int64
	lock   string
	fence  uint64
	member string
	who    string
	stale  bool // refused
}

// A sighting is a primary view as one member saw it.
type sighting struct {
	at      int64
	number  uint64
	members []string
}

// evidence is what one process wrote down.
type evidence struct {
	member string
	holds  []*hold
	uses   []use
	views  []sighting
	last   int64 // the time of the last line: what came after it, if anything, is not known
}

// readEvidence reads a journal. A last line without an end was cut short by the process's death and is left out; anything else that
// cannot be read is an error.
func readEvidence(r io.Reader) (*evidence, error) {
	e := &evidence{}
	open := map[string]*hold{} // by client, lock and fence
	lines := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = e.take(strings.Fields(line), open)
		}
		if err != nil {
			return nil, fmt.Errorf("journal of %s, line %d: %w", e.member, n, err)
		}
	}
	if e.member == "" {
		return nil, errors.New("a journal without a first line")
	}
	for _, h := range e.holds {
		if !h.complete {
			h.to = e.last
		}
	}
	return e, nil
}

// take reads the words of one line.
func (e *evidence) take(w []string, open map[string]*hold) error {
	if len(w) < 3 || len(w[0]) != 1 {
		return errors.New("too few words")
	}
	at, err := strconv.ParseInt(w[1], 10, 64)
	if err != nil {
		return fmt.Errorf("no time: %w", err)
	}
	if at < e.last {
		return fmt.Errorf("time runs backwards, from %d to %d", e.last, at)
	}
	e.last = at
	if (w[0] == "m") != (e.member == "") {
		return errors.New("the member must be named once, in the first line")
	}
	switch w[0] {
	case "m":
		e.member = w[2]
		return nil
	case "v":
		number, _, _ := strings.Cut(w[2], ".")
		v := sighting{at: at, members: w[3:]}
		if v.number, err = strconv.ParseUint(number, 10, 64); err != nil {
			return fmt.Errorf("no view: %w", err)
		}
		e.views = append(e.views, v)
		return nil
	}
	return e.takeLock(at, w, open)
}

// takeLock reads a line about a lock.
func (e *evidence) takeLock(at int64, w []string, open map[string]*hold) error {
	if len(w) < 5 {
		return errors.New("too few words")
	}
	fence, err := strconv.ParseUint(w[3], 10, 64)
	if err != nil {
		return fmt.Errorf("no fence: %w", err)
	}
	who := e.member + ":" + w[4]
	key := w[4] + " " + w[2] + " " + w[3]
	switch w[0] {
	case "g":
		if len(w) < 7 {
			return errors.New("too few words")
		}
		wait, err := strconv.ParseInt(w[5], 10, 64)
		if err != nil {
			return fmt.Errorf("no wait: %w", err)
		}
		h := &hold{
			lock: w[2], fence: fence, who: who, member: e.member, from: at,
			wait: time.Duration(wait), queued: w[6] == "1",
		}
		e.holds = append(e.holds, h)
		open[key] = h
	case "r", "l":
		h := open[key]
		if h == nil {
			return fmt.Errorf("client %s gives back lock %s with fence %d, which it does not hold", w[4], w[2], fence)
		}
		delete(open, key)
		h.to, h.complete, h.lost = at, true, w[0] == "l"
	case "u", "s":
		e.uses = append(e.uses, use{at: at, lock: w[2], fence: fence, member: e.member, who: who, stale: w[0] == "s"})
	default:
		return fmt.Errorf("no line begins with %q", w[0])
	}
	return nil
}
