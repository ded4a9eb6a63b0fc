package main

// What a search came to, in words, and the story of one path.

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// report prints what a search has done and what it found.
func report(out io.Writer, e *explorer) {
	s := &e.stats
	fmt.Fprintf(out, "%s: %s\n", e.start.name, e.start.about)
	fmt.Fprintf(out, "  %d steps, %d to new states, %d to known ones, in %v\n", s.steps, len(e.nodes), s.same, s.took.Round(time.Millisecond))
	fmt.Fprintf(out, "  states by faults: %s\n", levels(e))
	fmt.Fprintf(out, "  %d quiet ends, %d different sets of histories judged; %d member states, %d reactions, %d packets\n", s.ends, s.verdicts,
		len(e.members), len(e.reactions), len(e.packets)-1)
	if e.found == nil {
		fmt.Fprintf(out, "  nothing is wrong; bound: %s\n", bound(e))
		return
	}
	path := e.path(e.found)
	for _, w := range e.found.wrong {
		fmt.Fprintf(out, "  WRONG: %s\n", w)
	}
	if len(path) > maxPath {
		fmt.Fprintf(out, "  the first %d of %d moves:\n", maxPath, len(path))
		path = path[:maxPath]
	}
	fmt.Fprintf(out, "  go run ./internal/explore -start %s -lag %d -replay '%s'\n", e.start.name, e.limits.lag, pathText(path))
}

// maxPath is how many moves of a path are printed.
const maxPath = 400

func levels(e *explorer) string {
	var list []string
	rest := len(e.nodes)
	for i, n := range e.stats.level {
		list = append(list, fmt.Sprintf("%d: %d, all", i, n))
		rest -= n
	}
	if len(e.stats.level) <= e.limits.faults {
		list = append(list, fmt.Sprintf("%d: %d so far", len(e.stats.level), rest))
	}
	return strings.Join(list, "; ")
}

// bound says how far a search got.
func bound(e *explorer) string {
	switch e.stats.done {
	case e.limits.faults:
		return fmt.Sprintf("%s: all paths with at most %d such faults were taken", e.stats.bound, e.stats.done)
	case -1:
		return e.stats.bound + ", before all paths without a fault were taken"
	}
	return fmt.Sprintf("%s, after all paths with at most %d such faults were taken", e.stats.bound, e.stats.done)
}

func pathText(path []move) string {
	list := make([]string, len(path))
	for i, v := range path {
		list[i] = v.String()
	}
	return strings.Join(list, ", ")
}

// story plays a path again and tells what happens, step by step. It reports whether all was well.
func story(out io.Writer, e *explorer, path string) bool {
	w, fault := e.start.make(e)
	if fault != "" {
		fmt.Fprintln(out, "the start:", fault)
		return false
	}
	now := time.Duration(0)
	e.notice = func(who uint8, n membership.Notice) {
		fmt.Fprintf(out, "             %s: ring %v: %s\n", name(who), n.Ring, n.Text)
	}
	clear(e.reactions) // or what is known would not be told again
	for _, text := range strings.Split(path, ",") {
		text = strings.TrimSpace(text)
		var v move
		list := e.faults(e.moves(nil, &w, false), &w)
		for _, o := range list {
			if o.String() == text {
				v = o
			}
		}
		if v.kind == 0 {
			fmt.Fprintf(out, "%q cannot happen here; what can is %s\n", text, pathText(list))
			return false
		}
		if d := e.summaries[w.at[v.a]].deadline; (v.kind == moveTimer || v.kind == moveLateness) && d > 0 {
			now += d
		}
		fmt.Fprintf(out, "%10v  %s%s\n", now, text, e.what(&w, v))
		before := w
		clear(e.reactions)
		if w, fault = e.apply(w, v); fault != "" {
			fmt.Fprintln(out, "WRONG:", fault)
			return false
		}
		for i := range size {
			if before.lives(i) && w.lives(i) {
				was, is := e.events(e.summaries[before.at[i]].log), e.events(e.summaries[w.at[i]].log)
				for _, x := range is[len(was):] {
					fmt.Fprintf(out, "             %s %v\n", name(uint8(i)), x)
				}
			}
		}
	}
	if !e.ended(&w) {
		fmt.Fprintln(out, "the path does not end quietly")
		return true
	}
	e.nodes = []node{{w: w, parent: none}}
	if !e.end(0) {
		for _, x := range e.found.wrong {
			fmt.Fprintln(out, "WRONG:", x)
		}
		return false
	}
	fmt.Fprintln(out, "a quiet end; nothing is wrong")
	return true
}

// what describes the packet that a move is about.
func (e *explorer) what(w *world, v move) string {
	p := int32(0)
	switch v.kind {
	case moveArrive, moveDrop, moveDuplicate:
		p = e.lists[w.way[int(v.a)*size+int(v.b)]].head
	case moveOvertake:
		p = e.lists[e.lists[w.way[int(v.a)*size+int(v.b)]].rest].head
	case moveLate:
		p = w.late[v.a]
	}
	if p == 0 {
		return ""
	}
	q := &e.packets[p]
	if q.hint {
		return ": the news that its sockets are closed"
	}
	parsed, err := wire.Parse([]byte(q.body))
	if err != nil {
		return ": " + err.Error()
	}
	return fmt.Sprintf(": %v", parsed)
}
