package main

// lockstep bench: the command line, and which of the two ways to run it asks for.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/lockstep-go/lockstep"
)

const benchAbout = `Measures ordered delivery between real processes on a real network, encrypted. Each process waits until -members of them are
in the group, settles for a second, runs for -for, and prints one line last:

  send    sends as fast as the group lets it, and counts what is delivered here, of all senders
  listen  only counts; beside a ping it measures from the sender's send to its own handler (both on one kernel's clock)
  ping    sends one message at a time and measures until its own handler sees it
  load    sends at -rate without waiting, counts what is delivered here, and measures each from its send to its own handler
  join    comes to a group of others with a -state, and measures until that is here and all that was missed meanwhile is handled

Start the same command with another -listen on each host, or let -local 3 start that many processes on this one.`

// benchOptions is the command line of "lockstep bench".
type benchOptions struct {
	nodeFlags
	name    string
	group   string
	members int
	mode    string
	order   string
	size    int
	runFor  time.Duration
	pause   time.Duration
	wait    time.Duration
	local   int
	senders int
	typed   bool
	rate    int
	state   int64
	samples string
	asJSON  bool
	profile string

	how lockstep.Order // order, parsed
}

func runBench(args []string, std stdio) error {
	var o benchOptions
	fs := newFlags("bench", "-listen HOST:PORT -seeds HOST:PORT,... -key-file FILE -members 3 -mode send|listen|ping [flags]\n"+
		"       lockstep bench -local 3 [-senders 1] [flags]", benchAbout, std)
	fs.StringVar(&o.name, "name", "", "this process's `NAME` (default: made of host and process id)")
	fs.StringVar(&o.group, "group", "bench", "`GROUP` to measure in")
	fs.IntVar(&o.members, "members", 3, "how many members to wait for")
	fs.StringVar(&o.mode, "mode", "send", "send, listen, ping, load or join")
	fs.StringVar(&o.order, "order", "ordered", "fifo, causal, ordered, safe, safe-quorum or safe-K (safe at K members)")
	fs.IntVar(&o.size, "size", 64, "payload of a message in `BYTES`")
	fs.DurationVar(&o.runFor, "for", 4*time.Second, "how long to measure")
	fs.DurationVar(&o.pause, "pause", 0, "how long to wait between two pings")
	fs.DurationVar(&o.wait, "wait", time.Minute, "how long to wait for the members")
	fs.IntVar(&o.local, "local", 0, "start `N` processes on loopback, with a fresh key, and end them")
	fs.IntVar(&o.senders, "senders", 1, "with -local: how many of the processes run in -mode; the others listen")
	fs.BoolVar(&o.typed, "typed", false, "in -mode send: a struct of -size bytes when encoded, instead of plain bytes")
	fs.IntVar(&o.rate, "rate", 0, "in -mode send and load: at most so many messages a second (0: as fast as the group lets it)")
	fs.Int64Var(&o.state, "state", 0, "`BYTES` of state that the group has and who joins loads (0: none); the same everywhere")
	fs.StringVar(&o.samples, "samples", "", "`FILE` for each ping as this process saw it: nanoseconds at which it was sent, and until the handler")
	fs.StringVar(&o.profile, "profile", "", "write a profile of the processor's time while measuring to `FILE`")
	fs.BoolVar(&o.asJSON, "json", false, "print the result as one JSON object")
	o.register(fs)
	if err := parse(fs, args, 0, std); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.local > 0 {
		return o.runLocal(ctx, std)
	}
	r, err := o.runOne(ctx)
	if err != nil {
		return err
	}
	return o.report(std.out, r)
}

// check refuses what cannot be run.
func (o *benchOptions) check() error {
	how, ok := lockstep.ParseOrder(o.order)
	o.how = how
	switch {
	case !ok:
		return wrongUsage("-order must be fifo, causal, ordered, safe, safe-quorum or safe-K, is %q", o.order)
	case o.mode != "send" && o.mode != "listen" && o.mode != "ping" && o.mode != "load" && o.mode != "join":
		return wrongUsage("-mode must be send, listen, ping, load or join, is %q", o.mode)
	case o.state < 0:
		return wrongUsage("-state must not be negative, is %d", o.state)
	case o.mode == "join" && o.local > 0:
		return wrongUsage("-mode join does not go with -local: it comes to others that run")
	case o.size < 1 || (o.mode == "ping" || o.mode == "load") && o.size < stampSize:
		return wrongUsage("-size must be at least 1, and %d for a ping, is %d", stampSize, o.size)
	case o.typed && (o.mode == "ping" || o.mode == "load" || o.size < readingLeast || o.size > readingMost):
		return wrongUsage("-typed goes with -mode send and a -size from %d to %d", readingLeast, readingMost)
	case o.rate < 0:
		return wrongUsage("-rate must not be negative, is %d", o.rate)
	case o.runFor <= 0 || o.pause < 0 || o.wait <= 0:
		return wrongUsage("-for and -wait must be positive, -pause not negative")
	case o.local < 0 || o.local == 0 && o.members < 1:
		return wrongUsage("-members must be at least 1 and -local not negative")
	case o.local > 0 && (o.senders < 1 || o.senders > o.local):
		return wrongUsage("-senders must be between 1 and -local, is %d", o.senders)
	case o.local > 0 && o.samples != "":
		return wrongUsage("-samples does not go with -local: each process has its own")
	case o.local > 0 && (o.keyFile != "" || o.seeds != ""):
		return wrongUsage("-local makes its own key and seeds; leave -key-file and -seeds out")
	}
	if o.name == "" {
		host, err := os.Hostname()
		if err != nil || host == "" {
			host = "bench"
		}
		o.name = fmt.Sprintf("%s-%d", host, os.Getpid())
	}
	return nil
}

// report prints a result, as text or as JSON.
func (o *benchOptions) report(w io.Writer, r benchResult) error {
	if !o.asJSON {
		_, err := fmt.Fprintln(w, r.text())
		return err
	}
	return json.NewEncoder(w).Encode(r)
}
