//go:build linux

package main

// The command line, the rounds one after the other, and what is printed of them.

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// The exit statuses; see doc.go.
const (
	statusPassed = iota
	statusFailed
	statusUsage
	statusNoHosts
)

// findingsMost is how many findings of a round are printed; all are kept in its directory.
const findingsMost = 12

// options is the command line.
type options struct {
	rounds int
	seed   uint64
	lasts  time.Duration
	logs   string
	keep   bool
	race   bool
	judge  string
}

func main() { os.Exit(lab.Main(soak)) }

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("soak", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.IntVar(&o.rounds, "rounds", 1, "how many rounds")
	f.Uint64Var(&o.seed, "seed", 0, "the first round's `SEED`; the next ones have the numbers after it (0: fresh ones)")
	f.DurationVar(&o.lasts, "for", 25*time.Second, "how long a round's faults go on")
	f.StringVar(&o.logs, "logs", os.TempDir(), "`DIRECTORY` for what failed rounds leave")
	f.BoolVar(&o.keep, "keep", false, "keep what rounds leave that did not fail, too")
	f.BoolVar(&o.race, "race", false, "build the members with the race detector")
	f.StringVar(&o.judge, "judge", "", "judge the round kept in `DIRECTORY` again, and run none")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is no option", f.Arg(0))
	case o.rounds < 1 || o.lasts <= 0:
		return o, errors.New("-rounds must be at least 1, -for above 0")
	}
	return o, nil
}

// soak is the program; its result is the exit status. All that it started has ended when it returns.
func soak(ctx context.Context, args []string, out, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return statusPassed
	case err != nil:
		fmt.Fprintln(stderr, "soak:", err)
		return statusUsage
	}
	if o.judge != "" {
		return judgeAgain(o.judge, out, stderr)
	}
	if n, err := lab.Lay(1, 0); err != nil {
		fmt.Fprintf(out, banner, err)
		return statusNoHosts
	} else {
		n.Close()
	}
	if err := os.MkdirAll(o.logs, 0o755); err != nil {
		fmt.Fprintln(stderr, "soak: -logs:", err)
		return statusUsage
	}
	var flags []string
	if o.race {
		flags = append(flags, "-race")
	}
	b, err := lab.NewBench(ctx, flags...)
	if err != nil {
		fmt.Fprintln(stderr, "soak:", err)
		return statusFailed
	}
	defer b.Close()
	var sum totals
	for i := range o.rounds {
		seed := o.seed + uint64(i)
		if o.seed == 0 {
			seed = rand.Uint64N(1e9) + 1
		}
		r, err := round(ctx, b, o, seed)
		if ctx.Err() != nil {
			fmt.Fprintln(stderr, "soak: interrupted")
			return statusFailed
		}
		if err != nil {
			fmt.Fprintf(stderr, "soak: round %d, seed %d: %v\n", i+1, seed, err)
			return statusFailed
		}
		sum.add(r)
		r.print(out, i+1)
	}
	fmt.Fprintln(out, sum)
	if sum.failed > 0 {
		return statusFailed
	}
	return statusPassed
}

// banner is what is printed where there can be no hosts.
const banner = `
****************************************************************************************************
***  THE SOAK DID NOT RUN: NOTHING WAS TESTED ON REAL PROCESSES BEHIND A FAULTY NETWORK.
***  %v
****************************************************************************************************
`

// print tells of a round in one line, and of what is wrong with it.
func (r result) print(out io.Writer, number int) {
	verdict := "passed"
	if len(r.findings) > 0 {
		verdict = fmt.Sprintf("FAILED: %d findings", len(r.findings))
	}
	fmt.Fprintf(out, "round %d, seed %d: %d members, size %d, %d processes; %d faults (%s); packets %+v; %d messages, %d deliveries, %d views, "+
		"%d applied, %d queries (%d objects undecided); %s; %.0f s: %s\n", number, r.plan.seed, r.plan.members, r.plan.size, r.runs, r.faults, r.byKind, r.network,
		r.messages, r.deliveries, r.views, r.applied, r.queries, r.undecided, r.settled, r.took.Seconds(), verdict)
	for i, f := range r.findings {
		if i == findingsMost {
			fmt.Fprintf(out, "    ... and %d more\n", len(r.findings)-i)
			break
		}
		fmt.Fprintf(out, "    %s\n", f)
	}
	if r.logs != "" {
		fmt.Fprintf(out, "    kept in %s\n", r.logs)
	}
}

// totals are the sums over all rounds.
type totals struct{ rounds, failed, faults, messages, deliveries, views, applied, queries int }

func (t *totals) add(r result) {
	t.rounds++
	if len(r.findings) > 0 {
		t.failed++
	}
	t.faults += r.faults
	t.messages += r.messages
	t.deliveries += r.deliveries
	t.views += r.views
	t.applied += r.applied
	t.queries += r.queries
}

func (t totals) String() string {
	return fmt.Sprintf("soak: %d rounds, %d failed; %d faults, %d messages, %d deliveries, %d views, %d applied, %d queries", t.rounds, t.failed,
		t.faults, t.messages, t.deliveries, t.views, t.applied, t.queries)
}
