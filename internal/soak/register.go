//go:build linux

package main

// The log read as what it stands for: registers and locks. Applies of a member's caller change them, and a query of its reads the
// log's length and with it all that it stands for at that place. Whether callers could have been told so one at a time, in real time, is linear's to decide.

import (
	"cmp"
	"fmt"
	"slices"
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

// An outcome is what a caller is told.
type outcome = linear.Result

// A table is the registers and locks at one place of the log.
type table struct {
	value  [keys]string
	holder [keys]string
	fence  [keys]uint64
}

// change carries out one entry of the log. The result is what its caller is told.
func (t table) change(l lab.Line) (table, outcome) {
	var r outcome
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

// A told call is a record, and the log on which it rests; none where nobody knows.
type told struct {
	linear.Record
	founding int
	chain    string
}

// records are the runs' applies and queries as linear takes them. An apply that nobody delivered anywhere changed nothing and told
// nobody anything, so it is left out, as is one that was refused.
//
// The foundings of a group are different objects. And where an older state went on, because everybody who had a newer one was gone,
// what was told on the lost branch is not to be explained by the other: whether the group may go on so is for package evs to say.
// Its applies are left open here and its queries left out.
func records(runs []run) []linear.Record {
	g := newLogs(runs)
	descents := lineage(runs)
	delivered := map[text]entry{}
	for i, r := range runs {
		for _, l := range r.lines {
			if l.Ev == "deliver" {
				delivered[textOf(l)] = entry{foundingAt(descents[i], l.At), l.Count}
			}
		}
	}
	var all []told
	for i, r := range runs {
		all = append(all, recordsOf(r, g, descents[i], delivered)...)
	}
	slices.SortStableFunc(all, func(a, b told) int { return cmp.Compare(a.Return, b.Return) })
	last := map[int]string{} // by founding: the log on which the last call rests, or the longest that this one begins
	for _, x := range all {
		if !x.Open && !g.begins(x.chain, last[x.founding]) {
			last[x.founding] = x.chain
		}
	}
	var list []linear.Record
	for _, x := range all {
		if !x.Open && !g.begins(x.chain, last[x.founding]) {
			if x.Op.Kind == linear.Read || x.Op.Kind == linear.Holder {
				continue
			}
			x.Open, x.Return, x.Result, x.Place = true, 0, outcome{}, 0
		}
		list = append(list, x.Record)
	}
	return list
}

// An entry is where a message was delivered: the founding of whose log it is, and the log's length with it. A call's place is twice that,
// and one more where it read what the log then stood for.
type entry struct {
	founding int
	count    uint64
}

// recordsOf are the calls of one process.
func recordsOf(r run, g logs, descents []descent, delivered map[text]entry) []told {
	self := r.member()
	calling := map[string]lab.Line{}
	mine := map[string]lab.Line{}  // own deliveries, by data
	counted := map[uint64]string{} // the chain by its length, since the last load
	open := map[string]lab.Line{}  // applies without an answer
	var order []string             // their tags
	var list []told
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
			f := foundingAt(descents, d.At)
			list = append(list, told{linear.Record{Client: string(self), Call: c.At, Return: l.At, Result: g[d.Chain].told, Place: 2 * d.Count,
				Op: linear.Op{Kind: kind, Key: name(f, key), Value: c.Data}}, f, d.Chain})
		case "replies":
			count, ok := alike(l)
			chain, known := counted[count]
			if !ok || !known || len(l.Replies) == 0 || calling[l.Tag].Data != readAll {
				continue
			}
			t := g.at(chain)
			for k := range keys {
				f := foundingAt(descents, l.At)
				read := told{linear.Record{Client: string(self), Call: calling[l.Tag].At, Return: l.At, Place: 2*count + 1,
					Op: linear.Op{Kind: linear.Read, Key: name(f, k)}}, f, chain}
				read.Result.Value = t.value[k]
				list = append(list, read)
				read.Op.Kind, read.Result.Value = linear.Holder, t.holder[k]
				list = append(list, read)
			}
		}
	}
	for _, tag := range order {
		c, still := open[tag]
		e, somewhere := delivered[text{self, c.Data}]
		if kind, key, ok := parseCommand(c.Data); still && somewhere && ok {
			list = append(list, told{linear.Record{Client: string(self), Call: c.At, Open: true, Place: 2 * e.count,
				Op: linear.Op{Kind: kind, Key: name(e.founding, key), Value: c.Data}}, e.founding, ""})
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
