package lockstep_test

// The tables of docs/partitions.md, cell by cell, with real nodes on virtual time: who may go on when members leave, crash or are cut
// off one after the other, and which side of a cut may.

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// tableAfter returns the rows of the first table behind a heading, its own heading left out, with trimmed cells.
func tableAfter(t *testing.T, heading string) (rows [][]string) {
	t.Helper()
	b, err := os.ReadFile("docs/partitions.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(b), "\n"+heading+"\n")
	if !found {
		t.Fatalf("docs/partitions.md has no %q", heading)
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "|"):
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, cells)
		case len(rows) > 0:
			return rows[2:]
		}
	}
	return rows[2:]
}

// tableConfigs are the first column of both tables.
var tableConfigs = map[string]lockstep.GroupConfig{
	"no size":                     {},
	"no size, `LastMember: GoOn`": {LastMember: lockstep.GoOn},
	"size 5":                      {Size: 5},
	"size 3":                      {Size: 3},
	"`ReadOnly`, no size":         {Partition: lockstep.ReadOnly},
	"`Partitionable`":             {Partition: lockstep.Partitionable},
}

var tableWays = []string{"the youngest leaves", "the oldest leaves", "the youngest crashes", "the oldest crashes",
	"the youngest is cut off", "the oldest is cut off"}

// TestFromFiveToOneIsAsDocumented: each row is a cluster of five of which one after the other goes; each cell what the rest may do then.
// At the end all come back, and the group goes on with what was answered.
func TestFromFiveToOneIsAsDocumented(t *testing.T) {
	rows := tableAfter(t, "## From five to one")
	if want := len(tableConfigs) * len(tableWays); len(rows) != want {
		t.Errorf("the table has %d rows, want one for each of %d", len(rows), want)
	}
	seen := map[string]bool{}
	for _, row := range rows {
		cfg, known := tableConfigs[row[0]]
		if !known || !slices.Contains(tableWays, row[1]) || len(row) != 6 || seen[row[0]+row[1]] {
			t.Fatalf("what is row %q?", row)
		}
		seen[row[0]+row[1]] = true
		t.Run(row[0]+", "+row[1], func(t *testing.T) {
			locksteptest.Run(t, 5, func(t *testing.T, c *locksteptest.Cluster) { shrinks(t, c, cfg, row[1], row[2:]) })
		})
	}
}

// shrinks lets one member after the other go, in one way, and compares what becomes of the rest with a row's cells.
func shrinks(t *testing.T, c *locksteptest.Cluster, cfg lockstep.GroupConfig, way string, cells []string) {
	all, groups := tallies(c, cfg)
	var rest []int // by age
	for _, m := range groups[0].View().Members {
		rest = append(rest, int(m.Name[0]-'a'))
	}
	var gone []int
	sum, newest := 0, 0
	for _, cell := range cells {
		i := 0
		if strings.HasPrefix(way, "the youngest") {
			i = len(rest) - 1
		}
		who := rest[i]
		rest = slices.Delete(rest, i, i+1)
		gone = append(gone, who)
		switch {
		case strings.HasSuffix(way, "leaves"):
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if err := groups[who].Leave(ctx); err != nil {
				t.Fatal("leave:", err)
			}
			cancel()
		case strings.HasSuffix(way, "crashes"):
			c.Kill(who)
		default:
			apart := make([][]int, len(gone))
			for k, g := range gone {
				apart[k] = []int{g}
			}
			c.Split(apart...)
		}
		var names []string
		for _, r := range rest {
			names = append(names, c.Name(r))
		}
		switch cell {
		case "on":
			for _, r := range rest {
				if cfg.Partition == lockstep.Partitionable {
					c.WantMembers(groups[r], 5*time.Second, names...)
				} else {
					c.WantView(groups[r], 5*time.Second, names...)
				}
			}
			sum++
			newest = rest[0]
			if n, err := lockstep.Apply[int](t.Context(), groups[newest], entry{sum}); err != nil || n != sum {
				t.Fatalf("%d are left and go on, and entry %d is the %d., %v", len(rest), sum, n, err)
			}
		case "blocked":
			for _, r := range rest {
				c.WantBlocked(groups[r], 5*time.Second)
			}
			<-time.After(2 * time.Second) // nothing changes by itself
			for _, r := range rest {
				if _, err := lockstep.Apply[int](t.Context(), groups[r], entry{-1}); !errors.Is(err, lockstep.ErrNotPrimary) {
					t.Fatalf("%d are left and should be blocked: %v", len(rest), err)
				}
				if err := groups[r].Send(t.Context(), entry{-1}); !errors.Is(err, lockstep.ErrNotPrimary) {
					t.Fatalf("%d are left and should be blocked: %v", len(rest), err)
				}
			}
		default:
			t.Fatalf("what is %q?", cell)
		}
	}
	// All come back, and what was answered is there.
	c.Heal()
	for _, who := range gone {
		if strings.HasSuffix(way, "crashes") {
			all[who] = &tally{}
			groups[who] = c.Restart(who).Group("tally", cfg)
			all[who].open(groups[who])
		}
	}
	if !strings.HasSuffix(way, "cut off") {
		c.Each(func(ctx context.Context, i int, _ *lockstep.Node) error {
			if !slices.Contains(gone, i) {
				return nil
			}
			return groups[i].Join(ctx)
		})
	}
	c.WantViews(groups, 20*time.Second, "a", "b", "c", "d", "e")
	// Of two that both went on, one has to give up its state.
	both := cfg.LastMember == lockstep.GoOn && strings.HasSuffix(way, "cut off")
	c.Want(10*time.Second, "all with what was answered", func() bool {
		for _, a := range all {
			if a.text() != all[newest].text() || !a.has(sum) && !both {
				return false
			}
		}
		return true
	})
}

// TestEachSideOfACutIsAsDocumented: members are numbered by age. Each row is a cut, and says which side goes on.
func TestEachSideOfACutIsAsDocumented(t *testing.T) {
	rows := tableAfter(t, "## Cut into sides")
	if len(rows) < 9 {
		t.Errorf("the table has %d rows", len(rows))
	}
	for _, row := range rows {
		if len(row) != 3 {
			t.Fatalf("what is row %q?", row)
		}
		for k, config := range []string{"no size", "size of all"} {
			t.Run(row[0]+", "+config, func(t *testing.T) {
				n := len(strings.Fields(strings.ReplaceAll(row[0], "/", " ")))
				cfg := lockstep.GroupConfig{}
				if k == 1 {
					cfg.Size = n
				}
				locksteptest.Run(t, n, func(t *testing.T, c *locksteptest.Cluster) { parts(t, c, cfg, row[0], row[1+k]) })
			})
		}
	}
}

// parts cuts a cluster into sides and wants one of them, or none, to go on.
func parts(t *testing.T, c *locksteptest.Cluster, cfg lockstep.GroupConfig, cut, on string) {
	_, groups := tallies(c, cfg)
	age := groups[0].View().Members
	var sides [][]int
	live := -1
	for s := range strings.SplitSeq(cut, "/") {
		var side []int
		for f := range strings.FieldsSeq(s) {
			side = append(side, int(age[f[0]-'1'].Name[0]-'a'))
		}
		if strings.TrimSpace(s) == on {
			live = len(sides)
		}
		sides = append(sides, side)
	}
	if live < 0 && on != "neither" {
		t.Fatalf("%q is no side of %q", on, cut)
	}
	c.Split(sides...)
	for k, side := range sides {
		var names []string
		for _, i := range side {
			names = append(names, c.Name(i))
		}
		for _, i := range side {
			if k == live {
				c.WantView(groups[i], 5*time.Second, names...)
				continue
			}
			c.WantBlocked(groups[i], 5*time.Second)
		}
	}
	<-time.After(3 * time.Second)
	for k, side := range sides {
		for _, i := range side {
			_, err := lockstep.Apply[int](t.Context(), groups[i], entry{1})
			if went := err == nil; went != (k == live) || !went && !errors.Is(err, lockstep.ErrNotPrimary) {
				t.Errorf("side %v: %v", side, err)
			}
		}
	}
	c.Heal()
	var names []string
	for i := range c.Len() {
		names = append(names, c.Name(i))
	}
	c.WantViews(groups, 20*time.Second, names...)
}
