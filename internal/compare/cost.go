//go:build linux

package main

// Idle members, the memory of busy ones, and locks a second.

import (
	"context"

	"github.com/lockstep-go/lockstep/internal/record"
)

func (s *study) costJobs() []job {
	return []job{
		{"idle", s.idle},
		{"locks", func(ctx context.Context) error {
			_, rate, err := s.Lockservice(ctx)
			if err == nil {
				s.add(record.Lockstep, "locks", "locks/s", rate)
			}
			return err
		}},
	}
}

// idle looks at three members that have nothing to say.
func (s *study) idle(ctx context.Context) error {
	members, err := s.bench(ctx, s.idleFor, func(int) []string { return []string{"-mode", "listen"} })
	if err != nil {
		return err
	}
	s.add(record.Lockstep, "idle", "% of a core", busy(members))
	return nil
}

// busy is the processor time of all members together, in percent of a core.
func busy(members []memberResult) (percent float64) {
	for _, m := range members {
		if m.Seconds > 0 {
			percent += 100 * m.ProcessorSeconds / m.Seconds
		}
	}
	return percent
}

// A peak is the most memory that a member had in any run of a round.
type peak struct{ resident, heap float64 }

func (p *peak) see(o peak) {
	p.resident, p.heap = max(p.resident, o.resident), max(p.heap, o.heap)
}

// peakOf is the most memory that any of the members had.
func peakOf(members []memberResult) (p peak) {
	for _, m := range members {
		p.see(peak{m.PeakBytes, m.HeapBytes})
	}
	return p
}

func (p *peak) add(r *record.Report) {
	if p.resident > 0 {
		r.Add(record.Lockstep, "memory/rss", "MiB", p.resident/(1<<20))
		r.Add(record.Lockstep, "memory/heap", "MiB", p.heap/(1<<20))
	}
}
