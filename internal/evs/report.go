package evs

// How a check says what it found.

import "fmt"

// A reporter collects violations of one group, or of the rings.
type reporter struct {
	name       string // of the group; none for the rings
	violations []Violation
	reported   map[Property]int
}

func (r *reporter) report(p Property, m Member, format string, args ...any) {
	if r.reported == nil {
		r.reported = map[Property]int{}
	}
	if r.reported[p]++; r.reported[p] > MaxViolations {
		return
	}
	r.violations = append(r.violations, Violation{Property: p, Group: r.name, Member: m, Text: fmt.Sprintf(format, args...)})
}
