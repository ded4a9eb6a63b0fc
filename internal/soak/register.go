//go:build linux

package main

// The log read as what it stands for: registers and locks. Applies of a member's caller change them, and a query of its reads the
// log's length and with it all that it stands for at that place. Whether callers could have been told so one at a time, in real time, is linear's to decide.

import (
	"fmt"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
	"github.com/lockstep-go/lockstep/internal/linear"
)

const (
	// keys is how many registers there are, and locks.
	keys = 3
	// readAll is the data of a query that reads all registers and locks.
	readAll = "read"
	// linearLimit is how long porcupine may think about a round.
	linearLimit = 15 * time.Second
)

// commandKinds are the words that an apply's data may have behind its tag, before the key.
var commandKinds = map[string]linear.Kind{"write": linear.Write, "lock": linear.Acquire, "unlock": linear.Release, "break": linear.Break}

// parseCommand reads "TAG WORD KEY".
func parseCommand(data string) (kind linear.Kind, key int, ok bool) {
	f := strings.Fields(data)
	if len(f) != 3 || len(f[2]) != 1 || f[2][0] < '0' || f[2][0] >= '0'+keys {
		return 0, 0, false
	}
	kind, ok = commandKinds[f[1]]
	return kind, int(f[2][0] - '0'), ok
}

// A table is the registers and locks at one place of the log.
type table struct {
	value  [keys]string
	holder [keys]string
	fence  [keys]uint64
}

// change carries out one entry of the log. The result is what its caller is told.
func (t table) change(l lab.Line) (table, linear.Result) {
	var r linear.Result
	kind, k, ok := parseCommand(l.Data)
	if !ok {
		return t, r
	}
	switch kind {
	case linear.Write:
		t.value[k] = l.Data
	case linear.Acquire:
		if t.holder[k] == "" {
			t.holder[k], t.fence[k] = l.Sender, l.Seq
		}
		if t.holder[k] == l.Sender {
			r.Fence = t.fence[k]
		}
	case linear.Release:
		if r.Done = t.holder[k] == l.Sender; r.Done {
			t.holder[k] = ""
		}
	case linear.Break:
		r.Done = t.holder[k] != ""
		t.holder[k] = ""
	}
	return t, r
}

// A node is one entry of the log, by the chain after it.
type node struct {
	before string // the chain before it
	line   lab.Line
	table  *table // after it; nil until it was worked out
	result linear.Result
}

// logs are all logs that any member had: they share their beginnings, as a tree.
type logs map[string]*node

func newLogs(runs []run) logs {
	g := logs{}
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
				}
				chain = l.Chain
			}
		}
	}
	return g
}

// at is the table at a chain.
func (g logs) at(chain string) table {
	var open []*node // not worked out yet, the last entry first
	n := g[chain]
	for ; n != nil && n.table == nil && len(open) <= len(g); n = g[n.before] {
		open = append(open, n)
	}
	var t table
	if n != nil && n.table != nil {
		t = *n.table
	}
	for i := len(open) - 1; i >= 0; i-- {
		t, open[i].result = t.change(open[i].line)
		after := t
		open[i].table = &after
	}
	return t
}

// records are the runs' applies and queries as linear takes them. An apply that nobody knows of anywhere changed nothing and told
// nobody anything, so it is left out, as is one that was refused; so is a founding's past for the next one.
func records(runs []run) []linear.Record {
	g := newLogs(runs)
	descents := lineage(runs)
	delivered := map[text]int{} // by message: the founding of whose log it is
	for i, r := range runs {
		for _, l := range r.lines {
			if l.Ev == "deliver" {
				delivered[textOf(l)] = foundingAt(descents[i], l.At)
			}
		}
	}
	var list []linear.Record
	for i, r := range runs {
		list = append(list, recordsOf(r, g, descents[i], delivered)...)
	}
	return list
}

// recordsOf are the calls of one process.
func recordsOf(r run, g logs, descents []descent, delivered map[text]int) []linear.Record {
	self := r.member()
	calling := map[string]lab.Line{}
	mine := map[string]lab.Line{}  // own deliveries, by data
	counted := map[uint64]string{} // the chain by its length, since the last load
	open := map[string]lab.Line{}  // applies without an answer
	var order []string             // their tags
	var list []linear.Record
	name := func(founding, key int) string { return fmt.Sprintf("%d of founding %d", key, founding) }
	for _, l := range r.lines {
		switch l.Ev {
		case "calling":
			calling[l.Tag] = l
			if l.Op == "apply" {
				open[l.Tag] = l
				order = append(order, l.Tag)
			}
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
			if l.Sender == string(self) {
				mine[l.Data] = l
			}
		case "error":
			if !l.Uncertain {
				delete(open, l.Tag)
			}
		case "applied":
			c, d := calling[l.Tag], mine[calling[l.Tag].Data]
			kind, key, ok := parseCommand(c.Data)
			delete(open, l.Tag)
			if !ok || d.Ev == "" {
				continue // calls says so
			}
			g.at(d.Chain)
			list = append(list, linear.Record{Client: string(self), Call: c.At, Return: l.At, Result: g[d.Chain].result,
				Op: linear.Op{Kind: kind, Key: name(foundingAt(descents, d.At), key), Value: c.Data}})
		case "replies":
			count, ok := alike(l)
			chain, known := counted[count]
			if !ok || !known || len(l.Replies) == 0 || calling[l.Tag].Data != readAll {
				continue
			}
			t := g.at(chain)
			for k := range keys {
				at := name(foundingAt(descents, l.At), k)
				read := linear.Record{Client: string(self), Call: calling[l.Tag].At, Return: l.At, Op: linear.Op{Kind: linear.Read, Key: at}}
				read.Result.Value = t.value[k]
				list = append(list, read)
				read.Op.Kind, read.Result.Value = linear.Holder, t.holder[k]
				list = append(list, read)
			}
		}
	}
	for _, tag := range order {
		c, still := open[tag]
		founding, somewhere := delivered[text{self, c.Data}]
		if kind, key, ok := parseCommand(c.Data); still && somewhere && ok {
			list = append(list, linear.Record{Client: string(self), Call: c.At, Open: true,
				Op: linear.Op{Kind: kind, Key: name(founding, key), Value: c.Data}})
		}
	}
	return list
}

// linearizable has the records decided. It returns how many objects could not be: realTime has then decided about the log itself.
func linearizable(list []linear.Record, limit time.Duration, trouble func(format string, args ...any)) (undecided int) {
	for _, f := range linear.Check(list, limit) {
		if f.Undecided {
			undecided++
			continue
		}
		trouble("%v", f)
	}
	return undecided
}
