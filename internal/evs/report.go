package evs

// How a check says what it found.

import "fmt"

func (g *group) report(p Property, m Member, format string, args ...any) {
	if g.reported[p]++; g.reported[p] > MaxViolations {
		return
	}
	g.violations = append(g.violations, Violation{Property: p, Group: g.name, Member: m, Text: fmt.Sprintf(format, args...)})
}
