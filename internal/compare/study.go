//go:build linux

package main

// Rounds and jobs: what all of them share, and the order in which they come.

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
	"github.com/lockstep-go/lockstep/internal/record"
)

// A job measures one thing, or a few that come together, and adds them to the report.
type job struct {
	name string
	run  func(ctx context.Context) error
}

// A phase is one program's jobs, between its begin and its end; both may be nil.
type phase struct {
	who   string
	begin func(ctx context.Context) error
	end   func()
	jobs  []job
}

// A study is what the jobs share. Close it.
type study struct {
	options
	*lab.Bench
	net    *lab.Bridge
	w      io.Writer
	report *record.Report
	peak   peak // of this round
}

// newStudy builds the programs and the hosts.
func newStudy(ctx context.Context, o options, w io.Writer) (s *study, err error) {
	b, err := lab.NewBench(ctx)
	if err != nil {
		return nil, err
	}
	s = &study{options: o, Bench: b, w: w}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.out != "" && !filepath.IsAbs(s.out) {
		s.out = filepath.Join(b.Root, s.out)
	}
	if o.logs != "" {
		if err := os.MkdirAll(o.logs, 0o755); err != nil {
			return nil, fmt.Errorf("-logs: %w", err)
		}
	}
	if _, err := s.Run(ctx, nil, "go", "build", "-o", s.barePath(), "./internal/bare"); err != nil {
		return nil, err
	}
	s.report = &record.Report{
		Machine: s.Machine(ctx), When: time.Now().UTC().Format("2006-01-02 15:04 UTC"), MTU: o.mtu, Rounds: o.rounds,
		Seconds: o.runFor.Seconds(), Quick: o.quick,
	}
	s.net, err = lab.LayBridge(hosts, o.mtu)
	return s, err
}

// hosts is how many there are, with a member on each.
const hosts = 3

func (s *study) close() {
	if s.net != nil {
		s.net.Close()
	}
	s.Close()
}

func (s *study) print(format string, args ...any) { fmt.Fprintf(s.w, format+"\n", args...) }

// round runs every phase once.
func (s *study) round(ctx context.Context, n int) {
	s.peak = peak{}
	phases := []phase{
		{who: record.Bare, jobs: s.bareJobs()},
		{who: record.Lockstep, jobs: slices.Concat(s.sendJobs(), s.pingJobs(), s.costJobs(), s.loadJobs())},
	}
	for _, p := range s.peers {
		if p == "etcd" {
			phases = append(phases, s.etcd())
			continue
		}
		phases = append(phases, s.corosync(p))
	}
	for _, p := range phases {
		s.phase(ctx, n, p)
	}
	s.peak.add(s.report)
}

// phase runs the jobs of a phase that were asked for. A job that fails is noted, and the next one runs.
func (s *study) phase(ctx context.Context, round int, p phase) {
	p.jobs = slices.DeleteFunc(p.jobs, func(j job) bool { return !s.wanted(j.name) })
	if len(p.jobs) == 0 || ctx.Err() != nil {
		return
	}
	s.print("\nround %d of %d: %s", round+1, s.rounds, p.who)
	if p.end != nil {
		defer p.end()
	}
	if p.begin != nil {
		if err := p.begin(ctx); err != nil {
			s.fail("round %d: %s: %v", round+1, p.who, err)
			return
		}
	}
	for _, j := range p.jobs {
		if ctx.Err() != nil {
			return
		}
		before := lab.TakeUsage()
		if err := j.run(ctx); err != nil {
			s.fail("round %d: %s: %s: %v", round+1, p.who, j.name, err)
			continue
		}
		s.print("  %-22s %s", j.name, before.Until(lab.TakeUsage()))
	}
}

// wanted reports whether a job was asked for: by its name, or by a beginning of it. Rotations are always measured: rows are held
// against them.
func (s *study) wanted(name string) bool {
	if len(s.only) == 0 || name == "rotation" {
		return true
	}
	return slices.ContainsFunc(s.only, func(p string) bool { return name == p || strings.HasPrefix(name, p+"/") })
}

// fail notes what could not be measured.
func (s *study) fail(format string, args ...any) {
	s.report.Failures = append(s.report.Failures, fmt.Sprintf(format, args...))
	s.print("  NOT MEASURED: "+format, args...)
}

// add notes a figure and shows it.
func (s *study) add(who, key, unit string, v float64) {
	s.report.Add(who, key, unit, v)
	s.print("    %-24s %14s %s", key, record.Number(v), unit)
}
