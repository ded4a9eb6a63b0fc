//go:build linux

package main

// The latency rows: pings, each until its sender's own handler and until the slowest member's.

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/lockstep-go/lockstep/internal/record"
)

func (s *study) pingJobs() []job {
	return []job{
		{"ping", func(ctx context.Context) error { return s.ping(ctx, "", "ordered", 0) }},
		{"ping/5ms", func(ctx context.Context) error { return s.ping(ctx, "/5ms", "ordered", 5*time.Millisecond) }},
		{"ping/safe", func(ctx context.Context) error { return s.ping(ctx, "/safe", "safe", 0) }},
	}
}

// ping has each member ping in turn, for where a member stands on the ring makes a difference, and puts the pings of all together.
func (s *study) ping(ctx context.Context, suffix, order string, pause time.Duration) error {
	var own, all []time.Duration
	for pinger := range hosts {
		files := make([]string, hosts)
		for i := range files {
			files[i] = filepath.Join(s.Dir, "samples"+strconv.Itoa(i))
		}
		_, err := s.bench(ctx, s.runFor, func(i int) []string {
			mode := "listen"
			if i == pinger {
				mode = "ping"
			}
			return []string{"-mode", mode, "-order", order, "-pause", pause.String(), "-samples", files[i]}
		})
		if err != nil {
			return err
		}
		seen := make([]map[int64]time.Duration, hosts)
		for i, name := range files {
			if seen[i], err = readSamples(name); err != nil {
				return err
			}
		}
		for _, d := range seen[pinger] {
			own = append(own, d)
		}
		all = append(all, slowestOf(seen)...)
	}
	if len(own) == 0 || len(all) == 0 {
		return fmt.Errorf("%d pings came back, %d of them were seen by all", len(own), len(all))
	}
	for _, f := range []struct {
		key    string
		delays []time.Duration
	}{{"ping", own}, {"turn", all}} {
		slices.Sort(f.delays)
		s.add(record.Lockstep, f.key+suffix+"/p50", "us", percentile(f.delays, 50))
		s.add(record.Lockstep, f.key+suffix+"/p99", "us", percentile(f.delays, 99))
	}
	return nil
}

// slowestOf is how long each ping took until the last member saw it. One that somebody missed, since its run had ended, is left out.
func slowestOf(seen []map[int64]time.Duration) (all []time.Duration) {
	for sent, d := range seen[0] {
		n := 1
		for _, other := range seen[1:] {
			if e, ok := other[sent]; ok {
				d = max(d, e)
				n++
			}
		}
		if n == len(seen) {
			all = append(all, d)
		}
	}
	return all
}

// percentile is the smallest of the sorted delays that at least p percent do not exceed, in microseconds.
func percentile(sorted []time.Duration, p int) float64 {
	return float64(sorted[max(0, (len(sorted)*p+99)/100-1)]) / float64(time.Microsecond)
}

// readSamples reads what a member saw of each ping, by the time at which it was sent.
func readSamples(name string) (map[int64]time.Duration, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseSamples(f)
}

func parseSamples(r io.Reader) (map[int64]time.Duration, error) {
	seen := map[int64]time.Duration{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var sent, took int64
		if _, err := fmt.Sscanf(lines.Text(), "%d %d", &sent, &took); err != nil {
			return nil, fmt.Errorf("a sample is %q: %w", lines.Text(), err)
		}
		seen[sent] = time.Duration(took)
	}
	return seen, lines.Err()
}
