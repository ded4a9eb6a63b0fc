package main

// The command line: without a name the demonstration, with one a member.

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep"
)

// options are the command line.
type options struct {
	name, listen, seeds, keyFile string
	size                         int
	clients, locks               int
	length                       time.Duration
	journal, resource, sabotage  string // given by the parent to its members
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, nil)) }

// run is the program: its result is the exit status. env is added to the environment of the processes it starts.
func run(args []string, in io.Reader, out, stderr io.Writer, env []string) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "lockservice:", err)
		return 2
	}
	ok := true
	switch {
	case o.name == "":
		ok, err = runParent(o, out, stderr, env)
	case o.journal != "":
		err = runDriven(o, in, out)
	default:
		err = runInteractive(o, in, out)
	}
	if err != nil {
		fmt.Fprintln(stderr, "lockservice:", err)
		return 1
	}
	if !ok {
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("lockservice", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.name, "name", "", "run one member of this name, driven by lines on standard input")
	f.StringVar(&o.listen, "listen", "", "the member's `host:port`")
	f.StringVar(&o.seeds, "seeds", "", "`host:port`s of the other members, separated by commas")
	f.StringVar(&o.keyFile, "key-file", "", "the cluster's key, as lockstep keygen writes it")
	f.IntVar(&o.size, "size", 0, "how many members vote; 0: the last primary view decides")
	f.IntVar(&o.clients, "clients", 256, "demonstration: clients at each member")
	f.IntVar(&o.locks, "locks", 4096, "demonstration: locks to contend for")
	f.DurationVar(&o.length, "for", 6*time.Second, "demonstration: how long they contend, about")
	f.StringVar(&o.sabotage, "sabotage", "", "demonstration: have one member break a rule, to see it found: release, fence or skip")
	f.StringVar(&o.journal, "journal", "", "given to the demonstration's members: where to write what clients believe")
	f.StringVar(&o.resource, "resource", "", "given to the demonstration's members: where the protected resource is")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is no option", f.Arg(0))
	case o.clients < 1 || o.clients > 1<<16:
		return o, fmt.Errorf("-clients: must be between 1 and %d, is %d", 1<<16, o.clients)
	case o.locks < 1 || o.locks > 1<<20:
		return o, fmt.Errorf("-locks: must be between 1 and %d, is %d", 1<<20, o.locks)
	case o.length < 100*time.Millisecond || o.length > time.Hour:
		return o, fmt.Errorf("-for: must be between 100ms and 1h, is %v", o.length)
	case o.name != "" && o.keyFile == "":
		return o, errors.New("-key-file: must be given with -name; lockstep keygen -out FILE makes one")
	}
	_, _, err := sabotaged(o.sabotage, nil)
	return o, err
}

// startNode starts the node of a member process.
func startNode(o options) (*lockstep.Node, error) {
	key, err := lockstep.LoadKey(o.keyFile)
	if err != nil {
		return nil, err
	}
	var seeds []string
	if o.seeds != "" {
		seeds = strings.Split(o.seeds, ",")
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	return lockstep.Start(ctx, lockstep.Config{Name: o.name, Listen: o.listen, Seeds: seeds, Key: key})
}
