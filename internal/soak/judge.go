//go:build linux

package main

// The verdict on a round.

import (
	"fmt"
	"maps"
	"slices"

	"github.com/lockstep-go/lockstep/internal/evs"
)

// problemsMost bounds how many problems of a kind are told: the first ones tell most.
const problemsMost = 10

// A verdict is what was found, and how much there was to find it in.
type verdict struct {
	violations []string

	deliveries, views, applied, queries, messages int

	undecided int // registers and locks about which porcupine had not decided in time
}

// judge checks what the runs printed. Quiet says that they ended in peace, so that nothing may be owed any more.
func judge(runs []run, quiet bool) verdict {
	var v verdict
	trouble := func(name string) func(format string, args ...any) {
		n := 0
		return func(format string, args ...any) {
			if n++; n <= problemsMost {
				v.violations = append(v.violations, name+": "+fmt.Sprintf(format, args...))
			}
		}
	}
	h := history(runs, quiet, trouble("stream"))
	for _, found := range evs.Check(h) {
		v.violations = append(v.violations, found.String())
	}
	list := calls(runs, trouble("calls"))
	realTime(list, newLogs(runs), trouble("real time"))
	v.undecided = linearizable(records(runs), linearLimit, trouble("linearizable"))
	for _, l := range h.Logs {
		for _, e := range l.Events {
			switch e.Kind {
			case evs.Deliver:
				v.deliveries++
			case evs.View:
				v.views++
			case evs.Send:
				v.messages++
			}
		}
	}
	for _, c := range list {
		if c.query {
			v.queries++
		} else {
			v.applied++
		}
	}
	if quiet {
		unanswered(runs, trouble("liveness"))
	}
	return v
}

// unanswered reports what a living member was asked and never said a word about.
func unanswered(runs []run, trouble func(format string, args ...any)) {
	for _, r := range runs {
		if r.ended > 0 {
			continue
		}
		open := map[string]string{}
		for _, l := range r.lines {
			switch l.Ev {
			case "sending", "calling":
				open[l.Tag] = l.Raw
			case "accepted", "applied", "replies", "flushed", "error":
				delete(open, l.Tag)
			}
		}
		for _, tag := range slices.Sorted(maps.Keys(open)) {
			trouble("%s never answered %.200s", r.member(), open[tag])
		}
	}
}
