package linear

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// told is a call that returned.
func told(client string, call, ret int64, op Op, result Result) Record {
	return Record{Client: client, Call: call, Return: ret, Op: op, Result: result}
}

func open(client string, call int64, op Op) Record {
	return Record{Client: client, Call: call, Open: true, Op: op}
}

var (
	write1   = Op{Write, "x", "1"}
	write2   = Op{Write, "x", "2"}
	read     = Op{Kind: Read, Key: "x"}
	acquired = Op{Kind: Acquire, Key: "l"}
	release  = Op{Kind: Release, Key: "l"}
	breakIt  = Op{Kind: Break, Key: "l"}
	holder   = Op{Kind: Holder, Key: "l"}
	entry    = Op{Kind: Append, Key: "g"}
)

func value(v string) Result { return Result{Value: v} }
func fence(f uint64) Result { return Result{Fence: f} }
func done(yes bool) Result  { return Result{Done: yes} }

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name    string
		good    bool
		records []Record
	}{
		{"a read sees the write before it", true, []Record{told("a", 1, 2, write1, Result{}), told("b", 3, 4, read, value("1"))}},
		{"a read misses the write before it", false, []Record{told("a", 1, 2, write1, Result{}), told("b", 3, 4, read, value(""))}},
		{"a read beside a write sees either", true, []Record{told("a", 1, 9, write1, Result{}), told("b", 2, 3, read, value("")), told("c", 4, 5, read, value("1"))}},
		{"two reads beside a write go back", false, []Record{told("a", 1, 9, write1, Result{}), told("b", 2, 3, read, value("1")), told("c", 4, 5, read, value(""))}},
		{"an open write is seen late", true, []Record{open("a", 1, write1), told("b", 2, 3, read, value("")), told("c", 8, 9, read, value("1"))}},
		{"an open write is never seen", true, []Record{open("a", 1, write1), told("b", 8, 9, read, value(""))}},
		{"an open write is seen and gone", false, []Record{open("a", 1, write1), told("b", 2, 3, read, value("1")), told("c", 4, 5, read, value(""))}},
		{"a value that nobody wrote", false, []Record{told("a", 1, 2, write1, Result{}), told("b", 3, 4, read, value("7"))}},
		{"the later write counts", false, []Record{told("a", 1, 2, write1, Result{}), told("b", 3, 4, write2, Result{}), told("c", 5, 6, read, value("1"))}},
		{"two holders", false, []Record{told("a", 1, 2, acquired, fence(5)), told("b", 3, 4, acquired, fence(6))}},
		{"one after the other", true, []Record{told("a", 1, 2, acquired, fence(5)), told("a", 3, 4, release, done(true)), told("b", 5, 6, acquired, fence(6))}},
		{"a fence that falls", false, []Record{told("a", 1, 2, acquired, fence(5)), told("a", 3, 4, release, done(true)), told("b", 5, 6, acquired, fence(4))}},
		{"refused while held", true, []Record{told("a", 1, 2, acquired, fence(5)), told("b", 3, 4, acquired, fence(0))}},
		{"refused though free", false, []Record{told("b", 3, 4, acquired, fence(0))}},
		{"granted to one whom nobody asked for", false, []Record{told("b", 3, 4, holder, value("a"))}},
		{"an open acquire holds", true, []Record{open("a", 1, acquired), told("b", 3, 4, acquired, fence(0)), told("b", 5, 6, holder, value("a"))}},
		{"acquired again", true, []Record{told("a", 1, 2, acquired, fence(5)), told("a", 3, 4, acquired, fence(5))}},
		{"acquired again with another fence", false, []Record{told("a", 1, 2, acquired, fence(5)), told("a", 3, 4, acquired, fence(6))}},
		{"acquired again after an open call", true, []Record{open("a", 1, acquired), told("a", 3, 4, acquired, fence(6)), told("a", 5, 6, acquired, fence(6))}},
		{"acquired anew with the old fence", false, []Record{told("a", 1, 2, acquired, fence(5)), told("a", 3, 4, release, done(true)),
			open("a", 5, acquired), told("a", 7, 8, acquired, fence(5))}},
		{"released by one who does not hold", false, []Record{told("a", 1, 2, acquired, fence(5)), told("b", 3, 4, release, done(true))}},
		{"broken", true, []Record{told("a", 1, 2, acquired, fence(5)), told("b", 3, 4, breakIt, done(true)), told("a", 5, 6, release, done(false))}},
		{"nothing to break", false, []Record{told("b", 3, 4, breakIt, done(true))}},
		{"places in the order of calls", true, []Record{told("a", 1, 2, entry, fence(5)), open("b", 1, entry), told("b", 3, 4, entry, fence(9))}},
		{"a place before one that was given", false, []Record{told("a", 1, 2, entry, fence(5)), told("b", 3, 4, entry, fence(4))}},
		{"other keys are other objects", true, []Record{told("a", 1, 2, write1, Result{}), told("b", 3, 4, Op{Kind: Read, Key: "y"}, value("")), told("b", 5, 6, acquired, fence(1))}},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			found := Check(c.records, time.Minute)
			switch {
			case c.good && len(found) > 0:
				t.Errorf("found %v", found)
			case !c.good && (len(found) != 1 || found[0].Undecided || !strings.HasPrefix(found[0].String(), "linearizability: ")):
				t.Errorf("found %v", found)
			}
		})
	}
}

// TestUndecided: what could not be decided in time is said.
func TestUndecided(t *testing.T) {
	records := []Record{told("a", 1, 2, write1, Result{})}
	if found := Check(records, 0); len(found) != 1 || !found[0].Undecided {
		t.Errorf("without time: %v", found)
	}
	// Many open acquires and breaks, and a holder whom nobody knows: every subset has to be tried.
	records = nil
	for i := range 40 {
		records = append(records, open(fmt.Sprint(i), int64(i), acquired), open(fmt.Sprint(i), int64(i), breakIt))
	}
	records = append(records, told("b", 1000, 1001, holder, value("nobody")))
	if found := Check(records, 100*time.Millisecond); len(found) != 1 || !found[0].Undecided {
		t.Errorf("with too little time: %v", found)
	}
}

func TestRecordsReadWell(t *testing.T) {
	for want, r := range map[string]Record{
		`a: write x 1 [1-`:          open("a", 1, write1),
		`b: read x = "1" [3-4]`:     told("b", 3, 4, read, value("1")),
		`b: acquire l = 5 [3-4]`:    told("b", 3, 4, acquired, fence(5)),
		`b: release l = true [3-4]`: told("b", 3, 4, release, done(true)),
	} {
		if got := r.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
