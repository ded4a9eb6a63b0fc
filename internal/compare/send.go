//go:build linux

package main

// The throughput rows.

import (
	"context"
	"errors"
	"strconv"

	"github.com/lockstep-go/lockstep/internal/record"
)

// memoryMost is the largest payload whose runs count for the memory of a member, in bytes.
const memoryMost = 64 << 10

func (s *study) sendJobs() (jobs []job) {
	for _, order := range []string{"ordered", "safe"} {
		for _, size := range record.Sizes() {
			for _, senders := range []int{1, 3} {
				key := record.SendKey(order, size, senders)
				jobs = append(jobs, job{key, func(ctx context.Context) error { return s.send(ctx, key, order, size, senders) }})
			}
		}
	}
	return append(jobs, job{"typed", func(ctx context.Context) error { return s.send(ctx, "typed", "ordered", 64, 1, "-typed") }})
}

// send has some members send as fast as they may.
func (s *study) send(ctx context.Context, key, order string, size, senders int, more ...string) error {
	members, err := s.bench(ctx, s.runFor, func(i int) []string {
		args := []string{"-mode", sendOrListen(i, senders), "-order", order, "-size", strconv.Itoa(size)}
		if i < senders {
			args = append(args, more...)
		}
		return args
	})
	if err != nil {
		return err
	}
	rate := slowest(members)
	if rate <= 0 {
		return errors.New("a member delivered nothing")
	}
	s.add(record.Lockstep, key, "msg/s", rate)
	most := peakOf(members)
	s.print("    %-24s %14s MiB, of it %s of heap", "memory", record.Number(most.resident/(1<<20)), record.Number(most.heap/(1<<20)))
	if size <= memoryMost {
		s.peak.see(most)
	}
	if key == record.SendKey("ordered", 64, 1) {
		s.add(record.Lockstep, "allocs/sender", "allocs", members[0].Allocations)
		s.add(record.Lockstep, "allocs/listener", "allocs", members[hosts-1].Allocations)
	}
	return nil
}

// sendOrListen is the mode of member i when so many send.
func sendOrListen(i, senders int) string {
	if i < senders {
		return "send"
	}
	return "listen"
}
