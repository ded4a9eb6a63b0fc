package main

// Single pings, as one process saw them.

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// A sight is one ping at one handler: when it was sent, by the sender's monotonic clock, and how long it took.
type sight struct {
	sent int64
	took time.Duration
}

// sights are pings in the order in which they were seen, in pieces: a list that grows by being copied stops whoever sees them for tens
// of milliseconds, all members of a bench at the same moment, and that would be measured.
type sights struct {
	pieces [][]sight
	n      int
}

const sightsPiece = 1 << 12

func (s *sights) add(it sight) {
	if s.n%sightsPiece == 0 {
		s.pieces = append(s.pieces, make([]sight, 0, sightsPiece))
	}
	last := &s.pieces[len(s.pieces)-1]
	*last = append(*last, it)
	s.n++
}

// all is one list of them.
func (s *sights) all() []sight { return slices.Concat(s.pieces...) }

// writeSamples writes a line for each; no name, nothing.
func writeSamples(name string, pings []sight) (err error) {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("-samples: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	for _, p := range pings {
		fmt.Fprintln(w, p.sent, p.took.Nanoseconds())
	}
	return w.Flush()
}
