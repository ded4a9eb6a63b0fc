package main

// The command line.

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lockstep-go/lockstep/internal/record"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "plots:", err)
		os.Exit(1)
	}
}

func run(args []string, out, stderr io.Writer) error {
	f := flag.NewFlagSet("plots", flag.ContinueOnError)
	f.SetOutput(stderr)
	docs := f.String("docs", "docs", "the `DIRECTORY` of benchmarks.md, with the reports in benchmarks/ below it")
	sweep := f.Bool("members", false, "run the simulator's sweep over members anew")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%q is no option", f.Arg(0))
	}
	if *sweep {
		r, err := sweepMembers(memberCounts(), out)
		if err != nil {
			return err
		}
		if err := record.Save(filepath.Join(*docs, "benchmarks", "members.json"), r); err != nil {
			return err
		}
	}
	d, err := load(filepath.Join(*docs, "benchmarks"))
	if err != nil {
		return err
	}
	files, err := draw(d)
	if err != nil {
		return err
	}
	for name, text := range files {
		name = filepath.Join(*docs, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
		fmt.Fprintln(out, name)
	}
	return nil
}

// A data is all that was measured.
type data struct {
	Main    record.Report // at MTU 1500
	Jumbo   *record.Report
	Members record.MembersReport
}

// load reads the reports. That of large packets may be missing.
func load(dir string) (d data, err error) {
	if err = record.Load(filepath.Join(dir, "mtu1500.json"), &d.Main); err != nil {
		return d, err
	}
	if err = record.Load(filepath.Join(dir, "members.json"), &d.Members); err != nil {
		return d, err
	}
	var jumbo record.Report
	switch err = record.Load(filepath.Join(dir, "mtu8800.json"), &jumbo); {
	case err == nil:
		d.Jumbo = &jumbo
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	return d, err
}

// draw makes every file of the page, by its name below docs.
func draw(d data) (map[string]string, error) {
	files := map[string]string{}
	for _, p := range pictures(d) {
		files["benchmarks/"+p.file] = p.chart.svg()
	}
	page, err := page(d)
	files["benchmarks.md"] = page
	return files, err
}
