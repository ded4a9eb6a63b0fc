package main

// lockstep node: one member, from its start to its end.

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/lockstep-go/lockstep"
)

const (
	// leaveMost is how long the leave at the exit may take; after that the others are told by Close alone.
	leaveMost = time.Second
	// exitMost is when the process ends, whatever still waits.
	exitMost = 1900 * time.Millisecond
)

const nodeAbout = `Runs one member until the op "exit", the end of input, SIGTERM or SIGINT, each of which is a clean leave. It joins the
group at once and keeps a log as a hash chain there. Input and output are one JSON object a line.

  {"op":"send","order":"fifo|causal|ordered|safe|safe-quorum|safe-K","data":"text"}
  {"op":"burst","order":"ordered","count":1000,"size":64,"prefix":"x"}
  {"op":"apply","data":"text","tag":"t1"}                    "order":"safe" waits for safe
  {"op":"query","need":"all|majority|2","data":"text","tag":"t2"}
  {"op":"flush","tag":"t3"}
  {"op":"join"} {"op":"leave"} {"op":"state"} {"op":"stats"} {"op":"exit"}

What is sent while the member joins is sent when it has joined. In a partitionable group the sides keep the longer of their
logs when they meet again.`

// nodeOptions is the command line of "lockstep node".
type nodeOptions struct {
	nodeFlags
	name   string
	group  string
	size   int
	policy string
	events string
	trace  bool
	state  string
}

func runNode(args []string, std stdio) error {
	var o nodeOptions
	fs := newFlags("node", "-name NAME -group GROUP -key-file FILE [-listen HOST:PORT] [-seeds HOST:PORT,...] [flags]", nodeAbout, std)
	fs.StringVar(&o.name, "name", "", "this node's `NAME`, unique in the cluster")
	fs.StringVar(&o.group, "group", "", "`GROUP` to join")
	fs.IntVar(&o.size, "size", 0, "configured size of the group, of which a quorum is a majority (0: the last primary view decides)")
	fs.StringVar(&o.policy, "policy", "primary", "what a side without quorum does: primary (blocks), readonly (answers queries) or partitionable (goes on)")
	fs.StringVar(&o.events, "events", "all", "what to print: all, or views, which counts deliveries and does not print them")
	fs.StringVar(&o.state, "state-dir", "", "existing `DIR` of this node's own, in which it remembers what must not be used twice (empty: nothing)")
	fs.BoolVar(&o.trace, "trace", false, "print what a judge of histories needs besides; see the package documentation")
	o.register(fs)
	if err := parse(fs, args, 0, std); err != nil {
		return err
	}
	return o.run(std)
}

// groupConfig checks what concerns the group.
func (o *nodeOptions) groupConfig() (lockstep.GroupConfig, error) {
	policy, ok := lockstep.ParsePartitionPolicy(o.policy)
	switch {
	case o.name == "":
		return lockstep.GroupConfig{}, wrongUsage("-name is missing")
	case o.group == "":
		return lockstep.GroupConfig{}, wrongUsage("-group is missing")
	case !ok:
		return lockstep.GroupConfig{}, wrongUsage("-policy must be primary, readonly or partitionable, is %q", o.policy)
	case o.events != "all" && o.events != "views":
		return lockstep.GroupConfig{}, wrongUsage("-events must be all or views, is %q", o.events)
	case o.size < 0:
		return lockstep.GroupConfig{}, wrongUsage("-size must not be negative, is %d", o.size)
	}
	return lockstep.GroupConfig{Size: o.size, Partition: policy}, nil
}

// run is the life of the member.
func (o *nodeOptions) run(std stdio) error {
	group, err := o.groupConfig()
	if err != nil {
		return err
	}
	cfg, closeLog, err := o.config(o.name)
	if err != nil {
		return err
	}
	defer closeLog()
	cfg.StateDir = o.state
	// A reader of the output that goes away is the end of input by other means, not a reason to die without a leave.
	signal.Ignore(syscall.SIGPIPE)
	stop, stopped := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stopped()

	out := newLines(std.out)
	out.tracing = o.trace
	if o.trace {
		cfg.Logger = traced(cfg.Logger, out)
	}
	node, err := lockstep.Start(stop, cfg)
	if err != nil {
		return errors.Join(err, out.close())
	}
	a := &app{name: o.name, group: o.group, quiet: o.events == "views", out: out}
	g := node.Group(o.group, group)
	a.attach(g)
	out.print(startEvent{Ev: "start", Name: o.name, Member: node.Self().String(), Listen: node.Addr().String()})

	m := newMemberProcess(node, g, a, out)
	m.tenancy.ask(operation{Op: "join"}, nil)
	m.begin()
	input := make(chan error, 1)
	go func() { input <- m.readInput(std.in) }() // ends with the process: a read from a terminal cannot be called off
	select {
	case err = <-input:
		if err != nil {
			err = fmt.Errorf("standard input: %w", err)
		}
	case <-stop.Done():
	case <-node.Done():
		err = node.Err()
	case <-out.failed:
	}
	return errors.Join(err, m.end())
}

// A memberProcess is what works for one member besides the library.
type memberProcess struct {
	node    *lockstep.Node
	g       *lockstep.Group
	app     *app
	out     *lines
	tenancy *tenancy
	sender  *sender
	calls   *callOps

	ctx     context.Context // of joins and sends
	cancel  context.CancelFunc
	callCtx context.Context // of applies, queries and flushes, which a leave may still answer
	uncall  context.CancelFunc
	workers sync.WaitGroup

	mu     sync.Mutex // guards closed, and that nothing is queued after it
	closed bool
}

func newMemberProcess(node *lockstep.Node, g *lockstep.Group, a *app, out *lines) *memberProcess {
	m := &memberProcess{node: node, g: g, app: a, out: out}
	m.tenancy = newTenancy(g, a, out)
	m.sender = newSender(g, out, m.tenancy.ready)
	m.calls = newCallOps(g, out, m.sender)
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.callCtx, m.uncall = context.WithCancel(context.Background())
	return m
}

// begin starts the goroutines; end ends them.
func (m *memberProcess) begin() {
	m.workers.Go(func() { m.sender.run(m.ctx) })
	go m.tenancy.run(m.ctx)
}

// readInput carries out the operations until "exit" (or the end of input), which give nil.
func (m *memberProcess) readInput(in io.Reader) error {
	r := bufio.NewReaderSize(in, 64<<10)
	for {
		line, err := readLine(r)
		switch {
		case errors.Is(err, errLineTooLong):
			m.out.print(errorEvent{Ev: "error", Error: err.Error()})
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case len(line) == 0:
			continue
		}
		op, err := parseOperation(line)
		if err != nil {
			m.out.print(errorEvent{Ev: "error", Op: op.Op, Tag: op.Tag, Error: err.Error()})
			continue
		}
		if !m.carryOut(op) {
			return nil
		}
	}
}

// carryOut begins one operation, without waiting for its end. False means that it was "exit".
func (m *memberProcess) carryOut(op operation) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	switch op.Op {
	case "send", "burst":
		m.sender.add(op)
	case "apply", "query", "flush", "loss", "override", "resize":
		m.calls.start(m.callCtx, op)
	case "join":
		m.tenancy.ask(op, nil)
	case "leave":
		m.tenancy.ask(op, m.sender.tried())
	case "state":
		m.app.showState(op.Tag, op.Tail)
	case "stats":
		m.out.print(statsEvent{tag: op.Tag, stats: m.node.Stats()})
	case "exit":
		return false
	default:
		m.out.print(errorEvent{Ev: "error", Op: op.Op, Tag: op.Tag, Error: "there is no such op"})
	}
	return true
}

// end lets what was asked for finish for a moment, leaves the group, closes the node, and writes out the last lines. It takes no
// longer than exitMost: then the process ends on the spot, for its group has been told or will find out.
func (m *memberProcess) end() error {
	defer time.AfterFunc(exitMost, func() { os.Exit(statusOK) }).Stop()
	m.mu.Lock()
	m.closed = true
	close(m.sender.queue)
	m.mu.Unlock()

	finished := make(chan struct{})
	go func() {
		m.workers.Wait()
		m.calls.open.Wait()
		close(finished)
	}()
	grace, cancel := context.WithTimeout(context.Background(), lastWords)
	select {
	case <-finished:
		_ = m.g.Flush(grace) // a courtesy: what was accepted and cannot go out in time is reported as lost
	case <-grace.Done():
	case <-m.node.Done():
	}
	cancel()
	m.cancel()
	leave, cancel := context.WithTimeout(context.Background(), leaveMost)
	defer cancel()
	m.tenancy.close(leave)
	m.uncall()
	err := m.node.Close()
	<-finished // their context has ended, so they have an answer
	if lost := m.out.close(); lost != nil {
		err = errors.Join(err, fmt.Errorf("standard output: %w", lost))
	}
	return err
}
