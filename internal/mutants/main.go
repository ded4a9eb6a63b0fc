package main

// The command line, and the order of things.

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// options is the command line.
type options struct {
	only    []string
	list    bool
	texts   bool
	hunt    bool
	from    uint64
	seeds   int
	atOnce  int
	patches []patch
	root    string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run is the program; its result is the exit status.
func run(ctx context.Context, args []string, out, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return 2
	}
	if o.hunt {
		debug.SetGCPercent(800) // many short-lived clusters
		if err := json.NewEncoder(out).Encode(hunt(o.from, o.seeds)); err != nil {
			fmt.Fprintln(stderr, err)
			return 1
		}
		return 0
	}
	if err := o.choose(); err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	if o.list {
		for _, p := range o.patches {
			fmt.Fprintf(out, "%s\n    %s\n", p.name, strings.ReplaceAll(p.words, "\n", "\n    "))
		}
		return 0
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	return o.table(ctx, dir, out)
}

func parseOptions(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("mutants", flag.ContinueOnError)
	f.SetOutput(stderr)
	only := f.String("only", "", "`names` of mutants, separated by commas; none: all, and before them the tree as it is")
	f.BoolVar(&o.list, "list", false, "say what each mutant breaks, and run nothing")
	f.BoolVar(&o.texts, "v", false, "print each mutant's first violation, too")
	f.BoolVar(&o.hunt, "hunt", false, "run seeds until one shows a violation, and print what it is as JSON: what the other runs start")
	f.Uint64Var(&o.from, "from", 1, "the first `seed`")
	f.IntVar(&o.seeds, "seeds", 200, "how many seeds a mutant may survive")
	f.IntVar(&o.atOnce, "at-once", 2, "how many mutants hunt at one time")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 || o.seeds < 1 || o.atOnce < 1 {
		f.Usage()
		return nil, flag.ErrHelp
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	return o, nil
}

// choose reads the patches and keeps those that are wanted.
func (o *options) choose() (err error) {
	if o.root, err = moduleRoot(); err != nil {
		return err
	}
	all, err := readPatches(filepath.Join(o.root, "internal", "mutants", "patches"))
	if err != nil {
		return err
	}
	if len(o.only) == 0 {
		o.patches = all
		return nil
	}
	for _, name := range o.only {
		i := slices.IndexFunc(all, func(p patch) bool { return p.name == name })
		if i < 0 {
			return fmt.Errorf("there is no mutant %s", name)
		}
		o.patches = append(o.patches, all[i])
	}
	return nil
}

// table runs everything and prints it, in the order of the patches; its result is the exit status.
func (o *options) table(ctx context.Context, dir string, out io.Writer) int {
	if len(o.only) == 0 {
		tree := o.try(ctx, dir, patch{name: "as-it-is"})
		if tree.err != nil || tree.Found {
			fmt.Fprintf(out, "the tree as it is does not pass: %v %s (seed %d)\n", tree.err, tree.Text, tree.Seed)
			return 1
		}
		fmt.Fprintf(out, "the tree as it is passes %d seeds\n", tree.Seeds)
	}
	width := 0
	for _, p := range o.patches {
		width = max(width, len(p.name))
	}
	outcomes := make([]chan outcome, len(o.patches))
	for i := range outcomes {
		outcomes[i] = make(chan outcome, 1)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range o.atOnce {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(o.patches)); i = next.Add(1) - 1 {
				outcomes[i] <- o.try(ctx, dir, o.patches[i])
			}
		})
	}
	away := 0
	for _, c := range outcomes {
		x := <-c
		x.print(out, width)
		if o.texts && x.Found {
			fmt.Fprintf(out, "%*s    seed %d: %s\n", width, "", x.Seed, x.Text)
		}
		if !x.ok() {
			away++
		}
	}
	wg.Wait()
	fmt.Fprintf(out, "%d mutants, %d caught within %d seeds, %d not\n", len(o.patches), len(o.patches)-away, o.seeds, away)
	if away > 0 {
		return 1
	}
	return 0
}

// try builds a mutant and lets it hunt.
func (o *options) try(ctx context.Context, dir string, p patch) outcome {
	x := outcome{name: p.name}
	changed, err := p.applied(o.root)
	if err != nil {
		x.err = err
		return x
	}
	program, err := build(ctx, o.root, filepath.Join(dir, p.name), changed)
	if err != nil {
		x.err = err
		return x
	}
	x.catch, x.err = send(ctx, program, o.from, o.seeds)
	return x
}
