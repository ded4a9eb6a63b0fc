//go:build linux

package main

// All logs that any member had. They share their beginnings, so they are a tree: it forks where a minority delivered what was then
// given up, and where an older state went on because everybody who had a newer one was gone.

import "github.com/lockstep-go/lockstep/internal/lab"

// A node is one entry of the log, by the chain after it.
type node struct {
	before string // the chain before it
	line   lab.Line
	state  *table // after it; nil until it was worked out
	told   outcome

	from, to int // its place in a walk of the tree, and that of the last one behind it
}

// logs is the tree, by chain. The empty log is in it.
type logs map[string]*node

func newLogs(runs []run) logs {
	g := logs{noLog: {}}
	behind := map[string][]string{}
	for _, r := range runs {
		chain := noLog
		for _, l := range r.lines {
			switch l.Ev {
			case "upcall":
				if l.Kind == "founded" {
					chain = noLog
				}
			case "loaded", "view":
				chain = l.Chain
			case "deliver":
				if orderOf(l.Order).Total() && g[l.Chain] == nil {
					g[l.Chain] = &node{before: chain, line: l}
					behind[chain] = append(behind[chain], l.Chain)
				}
				chain = l.Chain
			}
		}
	}
	// The walk keeps its own stack: a log may have any length.
	type visit struct {
		chain string
		next  int // of those behind it
	}
	place := 0
	for stack := []visit{{chain: noLog}}; len(stack) > 0; {
		v := &stack[len(stack)-1]
		if v.next == 0 {
			place++
			g[v.chain].from = place
		}
		if v.next == len(behind[v.chain]) {
			g[v.chain].to = place
			stack = stack[:len(stack)-1]
			continue
		}
		v.next++
		stack = append(stack, visit{chain: behind[v.chain][v.next-1]})
	}
	return g
}

// begins reports whether a log is the beginning of another, or the same.
func (g logs) begins(short, long string) bool {
	a, b := g[short], g[long]
	return a != nil && b != nil && a.from <= b.from && b.to <= a.to
}

// at is the table at a chain.
func (g logs) at(chain string) table {
	var open []*node // not worked out yet, the last entry first
	n := g[chain]
	for ; n != nil && n.state == nil && n.line.Ev != ""; n = g[n.before] {
		open = append(open, n)
	}
	var t table
	if n != nil && n.state != nil {
		t = *n.state
	}
	for i := len(open) - 1; i >= 0; i-- {
		t, open[i].told = t.change(open[i].line)
		after := t
		open[i].state = &after
	}
	return t
}
