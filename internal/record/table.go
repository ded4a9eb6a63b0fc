package record

// Lines as a table, for a terminal and for a page.

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// head are the columns.
func head() []string {
	return []string{"work", "unit", "lockstep", "best peer", "which", "times better", "must", "moonshot", "verdict"}
}

// cells are a line's columns, as head names them.
func (l Line) cells() []string {
	c := []string{l.Work, l.Unit, "-", "-", l.PeerName, "-", l.goal(l.Must, l.MustAt), l.goal(l.Moonshot, l.MoonAt), l.Verdict()}
	if l.HasOurs {
		c[2] = Number(l.Ours)
	}
	if l.HasPeer {
		c[3] = Number(l.Peer)
	}
	if l.Better > 0 {
		c[5] = fmt.Sprintf("%.1f", l.Better)
	}
	return c
}

// goal is a bound as it is shown: where it depends on another figure, both.
func (l Line) goal(g Goal, at float64) string {
	switch {
	case g == Goal{}:
		return ""
	case g.Who == "":
		return Number(at)
	case at == 0:
		return fmt.Sprintf("%g x ?", g.Bound)
	}
	return fmt.Sprintf("%s (%g x)", Number(at), g.Bound)
}

// Number is a figure with three digits that count.
func Number(v float64) string {
	switch {
	case v >= 999.5:
		return group(fmt.Sprintf("%.0f", v))
	case v >= 99.95:
		return fmt.Sprintf("%.0f", v)
	case v >= 9.995:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// group puts a comma before every three digits.
func group(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Text is the lines as a table for a terminal, with a line above each part.
func Text(lines []Line) string {
	all := [][]string{head()}
	for _, l := range lines {
		all = append(all, l.cells())
	}
	widths := make([]int, len(all[0]))
	for _, cells := range all {
		for i, c := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	part := ""
	for k, cells := range all {
		if k > 0 && lines[k-1].Part != part {
			part = lines[k-1].Part
			fmt.Fprintf(&b, "-- %s\n", part)
		}
		var row strings.Builder
		for i, c := range cells {
			if numeric(i) {
				fmt.Fprintf(&row, "%*s  ", widths[i], c)
			} else {
				fmt.Fprintf(&row, "%-*s  ", widths[i], c)
			}
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	return b.String()
}

// numeric reports whether a column is of numbers, which stand to the right.
func numeric(column int) bool { return column == 2 || column == 3 || column >= 5 && column <= 7 }

// Markdown is the lines of one part as a table for a page.
func Markdown(lines []Line, part string) string {
	var b strings.Builder
	for i, name := range head() {
		if i == 0 {
			b.WriteString("|")
		}
		fmt.Fprintf(&b, " %s |", name)
	}
	b.WriteString("\n|")
	for i := range head() {
		if numeric(i) {
			b.WriteString(" ---: |")
		} else {
			b.WriteString(" --- |")
		}
	}
	b.WriteString("\n")
	for _, l := range lines {
		if l.Part != part {
			continue
		}
		b.WriteString("| " + strings.Join(l.cells(), " | ") + " |\n")
	}
	return b.String()
}

// Plain is the lines of one part that nothing is held against: work and figure.
func Plain(lines []Line, part string) string {
	var b strings.Builder
	b.WriteString("| what | figure | unit |\n| --- | ---: | --- |\n")
	for _, l := range lines {
		if l.Part == part {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", l.Work, Number(l.Ours), l.Unit)
		}
	}
	return b.String()
}
