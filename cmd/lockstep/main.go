package main

// The command line: which subcommand, and what a mistake costs.

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// Exit statuses.
const (
	statusOK     = 0
	statusFailed = 1
	statusUsage  = 2
)

// stdio is what a subcommand reads and writes; tests give their own.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// A subcommand is one verb of the command line.
type subcommand struct {
	name, does string
	run        func(args []string, std stdio) error
}

func subcommands() []subcommand {
	return []subcommand{
		{"keygen", "write a fresh cluster key to a file", runKeygen},
		{"node", "run one member, driven by lines of JSON", runNode},
		{"bench", "measure ordered delivery between processes", runBench},
		{"status", "ask a running member how it is", runStatus},
		{"doctor", "say what a node would find on this host", runDoctor},
	}
}

func main() {
	os.Exit(run(os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// run carries out one command line and gives the exit status.
func run(args []string, std stdio) int {
	if len(args) == 0 {
		usage(std.err)
		return statusUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(std.out)
		return statusOK
	}
	for _, c := range subcommands() {
		if c.name == args[0] {
			return statusOf(c.run(args[1:], std), c.name, std)
		}
	}
	fmt.Fprintf(std.err, "lockstep: there is no subcommand %q\n\n", args[0])
	usage(std.err)
	return statusUsage
}

// statusOf says what went wrong, unless that was done, and gives the exit status.
func statusOf(err error, name string, std stdio) int {
	var wrong *usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return statusOK
	case errors.As(err, &wrong):
		if !wrong.told {
			fmt.Fprintf(std.err, "lockstep %s: %v\nlockstep %s -h explains the flags.\n", name, wrong.err, name)
		}
		return statusUsage
	case errors.Is(err, errTold):
		return statusFailed
	}
	fmt.Fprintf(std.err, "lockstep %s: %v\n", name, err)
	return statusFailed
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: lockstep SUBCOMMAND [flags]\n\n")
	for _, c := range subcommands() {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.does)
	}
	fmt.Fprint(w, `
lockstep SUBCOMMAND -h explains one of them. To watch three members agree, in three terminals:

  lockstep keygen -out k
  lockstep node -name a -listen 127.0.0.1:7001 -seeds 127.0.0.1:7002,127.0.0.1:7003 -key-file k -group g
  lockstep node -name b -listen 127.0.0.1:7002 -seeds 127.0.0.1:7001,127.0.0.1:7003 -key-file k -group g
  lockstep node -name c -listen 127.0.0.1:7003 -seeds 127.0.0.1:7001,127.0.0.1:7002 -key-file k -group g

and then, in one of them: {"op":"send","order":"ordered","data":"hello"}
`)
}

// errTold is a failure of which the user was told already.
var errTold = errors.New("told already")

// A usageError is a wrong command line.
type usageError struct {
	err  error
	told bool // by package flag
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// wrongUsage makes a usageError.
func wrongUsage(format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...)}
}

// newFlags makes the flag set of a subcommand; about is what -h prints before the flags.
func newFlags(name, synopsis, about string, std stdio) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(std.err)
	fs.Usage = func() {
		fmt.Fprintf(fs.Output(), "usage: lockstep %s %s\n\n%s\n\nflags:\n", name, synopsis, about)
		fs.PrintDefaults()
	}
	return fs
}

// parse reads the flags and refuses arguments beyond the first most.
func parse(fs *flag.FlagSet, args []string, most int, std stdio) error {
	for _, a := range args {
		if a == "-h" || a == "-help" || a == "--help" {
			fs.SetOutput(std.out) // asked for, so no complaint
		}
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return &usageError{err: err, told: true}
	}
	if fs.NArg() > most {
		return wrongUsage("%q is one argument too many", fs.Arg(most))
	}
	return nil
}
