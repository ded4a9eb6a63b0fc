//go:build linux

package main

// The command line, and what is printed around the figures.

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
	"github.com/lockstep-go/lockstep/internal/record"
)

// options is the command line.
type options struct {
	only    []string // prefixes of jobs; none: all
	peers   []string
	mtu     int
	rounds  int
	runFor  time.Duration
	idleFor time.Duration
	quick   bool
	out     string
	logs    string
}

func main() { os.Exit(lab.Main(run)) }

// run is the program; its result is the exit status: 1 when a promise was missed or a figure could not be had.
func run(ctx context.Context, args []string, out, stderr io.Writer) int {
	if len(args) > 0 && args[0] == lockClients {
		return runLockClients(ctx, args[1:], out, stderr)
	}
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "compare:", err)
		return 2
	}
	s, err := newStudy(ctx, o, out)
	if err != nil {
		fmt.Fprintln(stderr, "compare:", err)
		return 1
	}
	defer s.close()
	s.print("machine: %s", s.report.Machine)
	before := lab.TakeUsage()
	for round := range o.rounds {
		s.round(ctx, round)
	}
	s.report.Load = before.Until(lab.TakeUsage())
	return s.conclude(ctx, stderr)
}

// conclude prints the table, saves the report, and returns the exit status.
func (s *study) conclude(ctx context.Context, stderr io.Writer) int {
	lines := s.report.Lines(record.Rows())
	s.print("\n%s\n%s, MTU %d, medians of %d rounds of %v, %s", s.report.When, s.report.Machine, s.mtu, s.rounds, s.runFor, s.report.Load)
	s.print("%s", record.Text(append(lines, s.report.Lines(record.Limits())...)))
	for _, f := range s.report.Failures {
		s.print("NOT MEASURED: %s", f)
	}
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "compare: interrupted; nothing is saved")
		return 1
	}
	if s.out != "" {
		if err := record.Save(s.out, s.report); err != nil {
			fmt.Fprintln(stderr, "compare:", err)
			return 1
		}
		s.print("saved: %s", s.out)
	}
	if record.Missed(lines) > 0 || len(s.report.Failures) > 0 {
		return 1
	}
	return 0
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	f.SetOutput(stderr)
	only := f.String("only", "", "the `JOBS` to run, separated by commas, each with all below it: send/ordered/64,ping (default: all)")
	peers := f.String("peers", "udpu,knet,etcd", "`PEERS` to compare with, separated by commas: udpu and knet, corosync's transports, the latter with AES-256; etcd; none: no peer")
	f.IntVar(&o.mtu, "mtu", 1500, "of the hosts' network")
	f.IntVar(&o.rounds, "rounds", 3, "how often to measure everything; figures are the medians")
	f.DurationVar(&o.runFor, "for", 4*time.Second, "how long each run measures")
	f.DurationVar(&o.idleFor, "idle-for", 20*time.Second, "how long to look at idle members")
	f.BoolVar(&o.quick, "quick", false, "one round of one second each, unless -rounds, -for or -idle-for say otherwise; saved only if -out is given")
	f.StringVar(&o.out, "out", "", "`FILE` for the report (default: docs/benchmarks/mtuMTU.json when everything was measured)")
	f.StringVar(&o.logs, "logs", "", "`DIRECTORY` for the members' logs (default: no logs)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if o.quick {
		for name, short := range map[string]func(){
			"rounds": func() { o.rounds = 1 }, "for": func() { o.runFor = time.Second }, "idle-for": func() { o.idleFor = 3 * time.Second },
		} {
			if !given[name] {
				short()
			}
		}
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is no option", f.Arg(0))
	case o.rounds < 1 || o.runFor < 100*time.Millisecond || o.idleFor < time.Second:
		return o, errors.New("-rounds must be at least 1, -for 100ms, -idle-for 1s")
	}
	o.only = split(*only)
	if *peers != "none" {
		o.peers = split(*peers)
	}
	for _, p := range o.peers {
		if p != "udpu" && p != "knet" && p != "etcd" {
			return o, fmt.Errorf("-peers: %q is none of udpu, knet and etcd, nor none alone", p)
		}
	}
	if o.out == "" && !o.quick && len(o.only) == 0 {
		o.out = filepath.Join("docs", "benchmarks", fmt.Sprintf("mtu%d.json", o.mtu))
	}
	return o, nil
}

// split cuts a list at commas; empty parts do not count.
func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}
