package evs

// Lines: an operator's override makes another founding of a group out of what one side of it has, and if the word was wrong, and those
// who were given up live, both go on. From there on they are two: each keeps the rules of primaries, places and answers for itself, and
// nobody goes from one to the other with its state. What follows a natural founding is line 0, all others are named by their founding.

// A founding is one of a group's.
type founding struct {
	group string
	id    uint64
}

// follow tells which line an event that is told now belongs to. The creator of a group is told first, since the others load from it.
func (l *Log) follow(e Event) uint64 {
	switch e.Kind {
	case Founded:
		l.founds = true
	case View:
		f := founding{l.Group, e.Founding}
		if l.founds && e.Founding != 0 {
			if l.history.founded == nil {
				l.history.founded = map[founding]bool{}
			}
			l.history.founded[f] = true
		}
		l.founds, l.line = false, e.Founding
		if l.history.founded[f] {
			l.line = 0
		}
	}
	return l.line
}

// checkLines: who comes into a line with the state it had in another comes with its first view, together with all who do; and nobody
// comes back so into line 0.
func checkLines(g *group) {
	first := map[uint64]*stay{}
	for _, s := range g.stays {
		if s.fresh || s.previous == nil || s.line() == s.previous.line() {
			continue
		}
		f := first[s.line()]
		if f == nil {
			first[s.line()] = s
		}
		switch {
		case s.line() == 0:
			g.report(LinesApart, s.log.Member, "came into view %s with the state it had in founding %d", s.view.View, s.previous.line())
		case f != nil && (f.view.View != s.view.View || f.previous.line() != s.previous.line()):
			g.report(LinesApart, s.log.Member, "came into founding %d in view %s from founding %d with a state, but %s in view %s from founding %d", s.line(),
				s.view.View, s.previous.line(), f.log.Member, f.view.View, f.previous.line())
		}
	}
}

// line is the line that a stay begins in.
func (s *stay) line() uint64 { return s.view.line }

// line is the line of whoever installed a view first.
func (v *view) line() uint64 { return v.first.line }
