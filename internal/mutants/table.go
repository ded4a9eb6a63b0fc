package main

// What is printed: one line a mutant.

import (
	"fmt"
	"io"
	"strings"
)

// An outcome is what came of one mutant.
type outcome struct {
	name string
	catch
	err error
}

// ok reports whether the mutant did not get away.
func (o *outcome) ok() bool { return o.err == nil && o.Found }

// print writes the mutant's line.
func (o *outcome) print(w io.Writer, width int) {
	switch {
	case o.err != nil:
		fmt.Fprintf(w, "%-*s  BROKEN  %v\n", width, o.name, o.err)
	case o.Found:
		fmt.Fprintf(w, "%-*s  caught  %-26s after %3d seeds%s\n", width, o.name, o.Property, o.Seeds, o.also())
	default:
		fmt.Fprintf(w, "%-*s  MISSED  %-26s after %3d seeds\n", width, o.name, "-", o.Seeds)
	}
}

// also lists what else the seed violated, a few of it.
func (o *outcome) also() string {
	if len(o.Also) == 0 {
		return ""
	}
	const few = 3
	var names []string
	for _, p := range o.Also[:min(few, len(o.Also))] {
		names = append(names, string(p))
	}
	if len(o.Also) > few {
		names = append(names, fmt.Sprintf("%d more", len(o.Also)-few))
	}
	return "  (also: " + strings.Join(names, ", ") + ")"
}
