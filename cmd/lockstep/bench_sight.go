package main

// Single pings, as one process saw them.

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"time"
)

// A sight is one ping at one handler: when it was sent, by the sender's monotonic clock, and how long it took.
type sight struct {
	sent int64
	took time.Duration
}

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
