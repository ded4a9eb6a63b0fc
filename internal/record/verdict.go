package record

// A row with its figures.

import "fmt"

// A Line is a row with what was measured.
type Line struct {
	Row
	Ours, Peer        float64 // in the row's unit
	HasOurs, HasPeer  bool
	PeerName          string  // the best of them
	Better            float64 // by how much ours is better than the peer's: 2 is twice as fast, or takes half as long
	MustAt, MoonAt    float64 // the bounds, in the row's unit; 0: none
	Judged, Met, Moon bool
}

// Lines sets a report's figures beside rows. A row that nobody has a figure for is left out.
func (r *Report) Lines(rows []Row) (lines []Line) {
	for _, row := range rows {
		if l := r.line(row); l.HasOurs || l.HasPeer {
			lines = append(lines, l)
		}
	}
	return lines
}

func (r *Report) line(row Row) Line {
	l := Line{Row: row}
	l.Ours, l.HasOurs = r.Value(Lockstep, row.Key)
	if !l.HasOurs {
		l.Ours, l.HasOurs = r.Value(Bare, row.Key)
	}
	l.Ours *= row.Scale
	for _, peer := range r.Peers() {
		v, ok := r.Value(peer, row.Key)
		v *= row.Scale
		if ok && (!l.HasPeer || row.better(v, l.Peer)) {
			l.Peer, l.HasPeer, l.PeerName = v, true, peer
		}
	}
	if l.HasOurs && l.HasPeer && l.Ours > 0 && l.Peer > 0 {
		l.Better = l.Ours / l.Peer
		if row.Least {
			l.Better = l.Peer / l.Ours
		}
	}
	l.MustAt, l.MoonAt = r.bound(row.Must), r.bound(row.Moonshot)
	if l.HasOurs && l.MustAt > 0 {
		l.Judged, l.Met = true, row.better(l.Ours, l.MustAt)
	}
	l.Moon = l.HasOurs && l.MoonAt > 0 && row.better(l.Ours, l.MoonAt)
	return l
}

// better reports whether a is at least as good as b.
func (row Row) better(a, b float64) bool {
	if row.Least {
		return a <= b
	}
	return a >= b
}

// bound is a goal in the row's unit: 0 for none, and when the figure that it refers to was not measured.
func (r *Report) bound(g Goal) float64 {
	if g.Who == "" {
		return g.Bound
	}
	v, ok := r.Value(g.Who, g.Key)
	if !ok {
		return 0
	}
	return g.Bound * v
}

// Verdict says how a line stands to what was promised; nothing where nothing was.
func (l Line) Verdict() string {
	switch {
	case !l.HasOurs:
		return "NOT MEASURED"
	case !l.Judged && l.Must != Goal{}:
		return "NOT JUDGED: the figure it is held against is missing"
	case !l.Judged:
		return ""
	case l.Met && l.Moon:
		return "met, moonshot"
	case l.Met:
		return "met"
	}
	share := l.Ours / l.MustAt
	if l.Least {
		share = l.MustAt / l.Ours
	}
	return fmt.Sprintf("MISSED (%.0f %% of it)", 100*share)
}

// Missed counts the lines that missed what they must, or could not be judged.
func Missed(lines []Line) (n int) {
	for _, l := range lines {
		if (l.Must != Goal{}) && !l.Met {
			n++
		}
	}
	return n
}
