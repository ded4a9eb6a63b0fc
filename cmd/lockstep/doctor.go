package main

// lockstep doctor: what a node finds out about its place at its start, with advice.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

const doctorAbout = `Looks at this host as a node would at its start, and says what it finds with advice: the address that others would dial, the
largest datagram, the kernel's socket buffers, processors and their quota, how late timers are, and each seed. With the key
it also asks the seeds how they are. It changes nothing and joins nothing. It ends with status 1 if something would keep
a node from working.`

// A verdict says how bad a finding is.
type verdict string

const (
	fine    verdict = "ok"
	told    verdict = "note"
	warning verdict = "warn"
	broken  verdict = "BAD"
)

// A finding is one thing looked at.
type finding struct {
	verdict verdict
	what    string
	value   string
	advice  string // what to do about it; may be empty
}

// doctorTime bounds the whole examination.
const doctorTime = 15 * time.Second

// An examination is what doctor was told, and what follows from it.
type examination struct {
	nodeFlags
	findings []finding
}

func runDoctor(args []string, std stdio) error {
	var e examination
	fs := newFlags("doctor", "[-listen HOST:PORT] [-seeds HOST:PORT,...] [-key-file FILE]", doctorAbout, std)
	e.register(fs)
	if err := parse(fs, args, 0, std); err != nil {
		return err
	}
	if e.keyFile != "" && e.insecure {
		return wrongUsage("-key-file and -insecure exclude each other")
	}
	ctx, cancel := context.WithTimeout(context.Background(), doctorTime)
	defer cancel()
	e.examine(ctx)
	if err := e.print(std.out); err != nil {
		return err
	}
	for _, f := range e.findings {
		if f.verdict == broken {
			return errors.New("something would keep a node from working; see BAD above")
		}
	}
	return nil
}

// examine looks at everything, the host first.
func (e *examination) examine(ctx context.Context) {
	e.processors()
	e.timers(ctx)
	e.socketBuffers()
	e.place(ctx)
	e.lookAtSeeds(ctx)
}

// say notes a finding.
func (e *examination) say(v verdict, what, value, advice string) {
	e.findings = append(e.findings, finding{v, what, value, advice})
}

func (e *examination) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, f := range e.findings {
		fmt.Fprintf(t, "%s\t%s\t%s\n", f.verdict, f.what, f.value)
		if f.advice != "" {
			fmt.Fprintf(t, "\t\t-> %s\n", f.advice)
		}
	}
	return t.Flush()
}
