package main

// The hunt: seeds, one after the other, until one shows a violation.

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/sim"
)

// A catch is what a hunt found.
type catch struct {
	Seeds    int  // how many were run
	Found    bool // the last of them shows a violation
	Seed     uint64
	Property evs.Property // of the first violation, one of the specification before others
	Also     []evs.Property
	Text     string // of that violation
}

// tooLong is how long one seed may take: far more than any takes, on a busy machine too.
const tooLong = 2 * time.Minute

// times is how many times as long as in a sweep each seed runs: some mistakes show only where something rare is under way, once in a
// hundred runs of the usual length.
const times = 3

// hunt runs seeds from a first one on.
func hunt(from uint64, seeds int) catch {
	for i := range seeds {
		seed := from + uint64(i)
		done := make(chan []evs.Violation, 1)
		go func() { done <- violations(seed) }()
		var found []evs.Violation
		select {
		case found = <-done:
		case <-time.After(tooLong):
			found = []evs.Violation{{Property: "hang", Text: fmt.Sprintf("the run is not over after %v", tooLong)}}
		}
		if len(found) > 0 {
			c := name(found)
			c.Seeds, c.Seed = i+1, seed
			return c
		}
	}
	return catch{Seeds: seeds}
}

// violations runs one seed. A panic is one, too.
func violations(seed uint64) (found []evs.Violation) {
	defer func() {
		if r := recover(); r != nil {
			found = []evs.Violation{{Property: "panic", Text: fmt.Sprint(r)}}
		}
	}()
	return sim.RunFor(seed, times).Violations
}

// name says which predicates were violated.
func name(found []evs.Violation) catch {
	c := catch{Found: true}
	specification := evs.Properties()
	first := max(0, slices.IndexFunc(found, func(v evs.Violation) bool { return slices.Contains(specification, v.Property) }))
	c.Property, c.Text = found[first].Property, found[first].String()
	for _, v := range found {
		if v.Property != c.Property && !slices.Contains(c.Also, v.Property) {
			c.Also = append(c.Also, v.Property)
		}
	}
	return c
}

// send lets a program that was built from a patched tree hunt.
func send(ctx context.Context, program string, from uint64, seeds int) (c catch, err error) {
	x := exec.CommandContext(ctx, program, "-hunt", "-from", strconv.FormatUint(from, 10), "-seeds", strconv.Itoa(seeds))
	out, err := x.Output()
	if err != nil {
		return c, fmt.Errorf("its hunt ended badly: %w", err)
	}
	return c, json.Unmarshal(out, &c)
}
