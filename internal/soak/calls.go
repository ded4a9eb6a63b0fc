//go:build linux

package main

// What callers were told, and when: an apply or query that returned before another was called, at any member, comes first.

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// A call is an apply or query that returned with an answer: what it says about the length of the log.
type call struct {
	member string
	tag    string
	query  bool
	began  int64
	ended  int64
	count  uint64 // the log's length after the apply, or at the query

	founding int    // of the log
	chain    string // of the log
}

func (c call) String() string {
	kind := "apply"
	if c.query {
		kind = "query"
	}
	return fmt.Sprintf("%s %s of %s", kind, c.tag, c.member)
}

// answer is the count that a member answered to a query.
func answer(l lab.Line, member string) (uint64, bool) {
	_, count, found := strings.Cut(l.Replies[member], ":")
	n, err := strconv.ParseUint(count, 10, 64)
	return n, found && err == nil
}

// calls collects the answered calls of all runs, and checks each by itself: an apply has the position of its delivery, and all
// members answer a query alike, for they answer at one place in the order.
func calls(runs []run, trouble func(format string, args ...any)) []call {
	views := map[string][]string{}
	for _, r := range runs {
		for _, l := range r.lines {
			if l.Ev == "view" {
				views[l.View] = l.Members
			}
		}
	}
	var list []call
	descents := lineage(runs)
	for i, r := range runs {
		self := string(r.member())
		open := map[string]lab.Line{}
		delivered := map[string]lab.Line{} // own applies, by data
		counted := map[uint64]string{}     // the log by its length, since the last load
		for _, l := range r.lines {
			switch l.Ev {
			case "calling":
				open[l.Tag] = l
			case "loaded":
				clear(counted)
				counted[l.Count] = l.Chain
			case "upcall":
				if l.Kind == "founded" {
					clear(counted)
					counted[0] = noLog
				}
			case "deliver":
				counted[l.Count] = l.Chain
				if l.Sender == self {
					delivered[l.Data] = l
				}
			case "applied":
				c, called := open[l.Tag]
				d, here := delivered[c.Data]
				if !called || !here || d.Seq != l.Seq {
					trouble("%s: apply %s returned with position %d, its delivery has %d", self, l.Tag, l.Seq, d.Seq)
					continue
				}
				list = append(list, call{member: self, tag: l.Tag, began: c.At, ended: l.At, count: d.Count,
					founding: foundingAt(descents[i], d.At), chain: d.Chain})
			case "replies":
				c, called := open[l.Tag]
				n, alike := alike(l)
				if !called || !alike {
					trouble("%s: query %s was answered by %v: members differ at one place in the order", self, l.Tag, l.Replies)
					continue
				}
				if all := views[l.View]; strings.Contains(c.Raw, `"need":"all"`) && !covers(l, all) {
					trouble("%s: query %s needs all of view %s, %v: answered by %v, failed %v", self, l.Tag, l.View, all, l.Replies, l.Failed)
				}
				if chain, known := counted[n]; known && len(l.Replies) > 0 {
					list = append(list, call{member: self, tag: l.Tag, query: true, began: c.At, ended: l.At, count: n,
						founding: foundingAt(descents[i], l.At), chain: chain})
				}
			}
		}
	}
	return list
}

// alike is the count that all who answered gave.
func alike(l lab.Line) (n uint64, same bool) {
	first := true
	for member := range l.Replies {
		k, ok := answer(l, member)
		if !ok || !first && k != n {
			return 0, false
		}
		n, first = k, false
	}
	return n, true
}

// covers reports whether each member of a view is accounted for once.
func covers(l lab.Line, all []string) bool {
	if len(l.Replies)+len(l.Failed) != len(all) {
		return false
	}
	for _, m := range all {
		if _, answered := l.Replies[m]; !answered && !slices.Contains(l.Failed, m) {
			return false
		}
	}
	return true
}

// realTime checks the order of calls that did not overlap: whoever was called later finds the log longer, or for a query at least
// as long. A log that was founded anew begins anew; and of a log that forked, package evs says whether it might.
func realTime(list []call, g logs, trouble func(format string, args ...any)) {
	began, ended := slices.Clone(list), slices.Clone(list)
	slices.SortStableFunc(began, func(a, b call) int { return cmp.Compare(a.began, b.began) })
	slices.SortStableFunc(ended, func(a, b call) int { return cmp.Compare(a.ended, b.ended) })
	returned := 0 // so many of ended, before the call that is looked at was made
	for _, c := range began {
		for returned < len(ended) && ended[returned].ended < c.began {
			returned++
		}
		var worst *call
		for i := range ended[:returned] {
			e := &ended[i]
			if e.founding != c.founding || e.count < c.count || e.count == c.count && c.query || worst != nil && e.count <= worst.count {
				continue
			}
			if g.begins(c.chain, e.chain) {
				worst = e
			}
		}
		if worst != nil {
			trouble("%v saw %d entries though %v had returned with %d before it was called", c, c.count, *worst, worst.count)
		}
	}
}
