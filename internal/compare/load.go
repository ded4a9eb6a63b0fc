//go:build linux

package main

// Latency and processor time by load: one member pings once a millisecond, the others send messages of 64 bytes at a given rate.

import (
	"context"
	"strconv"

	"github.com/lockstep-go/lockstep/internal/record"
)

func (s *study) loadJobs() (jobs []job) {
	for _, rate := range record.Loads() {
		jobs = append(jobs, job{"load/" + strconv.Itoa(rate), func(ctx context.Context) error { return s.load(ctx, rate) }})
	}
	return jobs
}

func (s *study) load(ctx context.Context, rate int) error {
	members, err := s.bench(ctx, s.runFor, func(i int) []string {
		if i == 0 {
			return []string{"-mode", "ping", "-pause", "1ms"}
		}
		return []string{"-mode", "send", "-rate", strconv.Itoa(rate / (hosts - 1))}
	})
	if err != nil {
		return err
	}
	s.add(record.Lockstep, record.LoadKey(rate, "delivered"), "msg/s", slowest(members))
	s.add(record.Lockstep, record.LoadKey(rate, "p50"), "us", members[0].P50)
	s.add(record.Lockstep, record.LoadKey(rate, "p99"), "us", members[0].P99)
	s.add(record.Lockstep, record.LoadKey(rate, "cpu"), "% of a core", busy(members))
	return nil
}
