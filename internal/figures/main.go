//go:build linux

package main

// The command line, the parts, and what is printed around them.

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// A part measures one thing. It prints as it goes, and what is to be pasted by study.result.
type part struct {
	name string
	run  func(ctx context.Context, l *study) error
}

var parts = []part{
	{"kill", measureKill},
	{"cut", measureCut},
	{"stop", measureStop},
	{"idle", measureIdle},
	{"bench", measureBench},
	{"lockservice", measureLockservice},
	{"join", measureJoin},
	{"crowd", measureCrowd},
}

// options is the command line.
type options struct {
	only     []string
	skipCut  bool
	times    int
	runs     int
	idleFor  time.Duration
	benchFor time.Duration
	size     int
	logs     string

	joinFor   time.Duration
	joinState int64
	joinRate  int
}

func main() { os.Exit(lab.Main(run)) }

// run is the program; its result is the exit status. All that it started has ended when it returns.
func run(ctx context.Context, args []string, out, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "figures:", err)
		return 2
	}
	l, err := newStudy(ctx, o, out)
	if err != nil {
		fmt.Fprintln(stderr, "figures:", err)
		return 1
	}
	defer l.Close()
	head := "machine: " + l.Machine(ctx)
	l.print("%s", head)
	for _, p := range parts {
		if !slices.Contains(o.only, p.name) || ctx.Err() != nil {
			continue
		}
		l.print("")
		before := lab.TakeUsage()
		if err := p.run(ctx, l); err != nil {
			l.result("%s", l.fail("%s: NOT MEASURED: %v", p.name, err))
		}
		l.result("  %s", before.Until(lab.TakeUsage()))
	}
	l.print("\nFigures, %s\n%s\n%s", time.Now().UTC().Format("2006-01-02 15:04 UTC"), head, strings.Join(l.results, "\n"))
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "figures: interrupted")
		return 1
	}
	if l.failures > 0 {
		return 1
	}
	return 0
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	f := flag.NewFlagSet("figures", flag.ContinueOnError)
	f.SetOutput(stderr)
	only := f.String("only", strings.Join(names, ","), "the `PARTS` to measure, separated by commas")
	f.BoolVar(&o.skipCut, "skip-cut", false, "leave out the part that needs root and network namespaces")
	f.IntVar(&o.times, "times", 10, "how often to kill, cut and stop")
	f.IntVar(&o.runs, "runs", 3, "how often to run each bench and the lock service")
	f.DurationVar(&o.idleFor, "idle-for", 20*time.Second, "how long to look at idle members")
	f.DurationVar(&o.benchFor, "bench-for", 4*time.Second, "how long each bench measures")
	f.IntVar(&o.size, "size", 0, "the group's configured size, as in lockstep node")
	f.DurationVar(&o.joinFor, "join-for", 45*time.Second, "how long the load lasts to which a member comes, its join included")
	f.Int64Var(&o.joinState, "join-state", 1<<30, "`BYTES` of state that it loads")
	f.IntVar(&o.joinRate, "join-rate", 80<<20, "at most so many `BYTES` a second of it (0: no limit)")
	f.StringVar(&o.logs, "logs", "", "`DIRECTORY` for the nodes' logs (default: no logs)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is no option", f.Arg(0))
	}
	if o.times < 1 || o.runs < 1 || o.idleFor < time.Second || o.benchFor <= 0 || o.size < 0 || o.joinFor < 10*time.Second || o.joinState < 1 || o.joinRate < 0 {
		return o, errors.New("-times and -runs must be at least 1, -idle-for 1s, -bench-for above 0, -size and -join-rate not negative, " +
			"-join-for at least 10s, -join-state at least 1")
	}
	for name := range strings.SplitSeq(*only, ",") {
		if !slices.Contains(names, name) {
			return o, fmt.Errorf("-only: %q is none of %s", name, strings.Join(names, ", "))
		}
		if name == "cut" && o.skipCut {
			continue
		}
		o.only = append(o.only, name)
	}
	return o, nil
}
