//go:build linux

package main

// "lockstep bench" on the hosts, a member on each.

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	benchPort = 7946
	// patience is how long a run may take besides what it measures.
	patience = 40 * time.Second
)

// A memberResult is what one member prints with -json.
type memberResult struct {
	Mode             string  `json:"mode"`
	PerSecond        float64 `json:"msg_per_s"`
	N                int     `json:"n"`
	P50              float64 `json:"p50_us"`
	P99              float64 `json:"p99_us"`
	ProcessorSeconds float64 `json:"cpu_s"`
	PeakBytes        float64 `json:"rss_peak"`
	HeapBytes        float64 `json:"heap"`
	Allocations      float64 `json:"allocs_msg"`
	Seconds          float64 `json:"seconds"`
}

// bench runs a member on each host; args says what is particular of each.
func (s *study) bench(ctx context.Context, runFor time.Duration, args func(i int) []string) ([]memberResult, error) {
	ctx, cancel := context.WithTimeout(ctx, patience+runFor)
	defer cancel()
	var seeds []string
	for i := range hosts {
		seeds = append(seeds, s.address(i, benchPort))
	}
	return together(ctx, hosts, func(ctx context.Context, i int) (r memberResult, err error) {
		name := "h" + strconv.Itoa(i+1)
		line := append([]string{
			"bench", "-name", name, "-listen", seeds[i], "-seeds", strings.Join(seeds, ","), "-key-file", s.KeyFile,
			"-members", strconv.Itoa(hosts), "-wait", (patience / 2).String(), "-for", runFor.String(), "-json",
		}, args(i)...)
		if s.logs != "" {
			line = append(line, "-log", filepath.Join(s.logs, name+".log"))
		}
		out, err := s.Run(ctx, s.net.Hosts[i], s.Command, line...)
		if err != nil {
			return r, err
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			return r, fmt.Errorf("lockstep bench printed %q: %w", out, err)
		}
		return r, nil
	})
}

// together runs n of a kind at once: a program on each host, or clients. When one fails the others are ended, and its error is
// returned.
func together[R any](ctx context.Context, n int, run func(ctx context.Context, i int) (R, error)) ([]R, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]R, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			var err error
			if results[i], err = run(ctx, i); err != nil {
				cancel(fmt.Errorf("%d of %d: %w", i+1, n, err)) // the first reason counts
			}
		})
	}
	wg.Wait()
	return results, context.Cause(ctx)
}

// slowest is the least of what the members delivered a second.
func slowest(members []memberResult) float64 {
	least := members[0].PerSecond
	for _, m := range members {
		least = min(least, m.PerSecond)
	}
	return least
}
