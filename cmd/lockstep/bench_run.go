package main

// One process of a bench: it joins, waits for the others, runs, and counts.

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep"
)

const (
	// stampSize is what a ping needs for the time of its sending, in bytes.
	stampSize = 8
	// settleTime is between the last member's arrival and the run.
	settleTime = time.Second
	// lingerTime is between the run and the leave, so that nobody's leave falls into the run of another.
	lingerTime = time.Second
	// delaysMost bounds the delays kept.
	delaysMost = 1 << 24
)

// The payloads: plain bytes, sent as any application would send its own.
type (
	// Load is a message of a send.
	Load []byte
	// Ping is a message of a ping: the monotonic time of its sending, big endian, and filling.
	Ping []byte
)

// A bench is what the handlers of one process count. mu guards what it says; the group's goroutine is nearly alone with it.
type bench struct {
	self lockstep.Member
	full chan struct{} // closed at the first view with all members
	back chan sight    // own pings
	// keepOwn says that own pings are counted as those of others are.
	keepOwn bool

	mu        sync.Mutex
	running   bool // between begin and end: what is delivered counts
	messages  uint64
	seen      sights // pings of others
	pingBytes int
}

// runOne is the life of one process of a bench.
func (o *benchOptions) runOne(ctx context.Context) (r benchResult, err error) {
	cfg, closeLog, err := o.config(o.name)
	if err != nil {
		return r, err
	}
	defer closeLog()
	began := monotonic()
	node, err := lockstep.Start(ctx, cfg)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, node.Close()) }()
	b := &bench{self: node.Self(), full: make(chan struct{}), back: make(chan sight, 1), keepOwn: o.mode == "load"}
	g := node.Group(o.group, o.groupConfig())
	b.attach(g, o.members)
	o.attachState(g, b)
	if o.mode == "join" {
		return o.join(ctx, node, g, began)
	}

	wait, cancel := context.WithTimeoutCause(ctx, o.wait, fmt.Errorf("after %v there were not yet %d members", o.wait, o.members))
	defer cancel()
	if err := g.Join(wait); err != nil {
		return r, err
	}
	select {
	case <-b.full:
	case <-wait.Done():
		return r, fmt.Errorf("%w; the view is %v", context.Cause(wait), g.View())
	}
	if err := pause(ctx, settleTime); err != nil {
		return r, err
	}
	end, err := o.profiled()
	if err != nil {
		return r, err
	}
	r, err = o.measure(ctx, g, b)
	st := node.Stats()
	r.Node = &st
	if err = errors.Join(err, end()); err == nil {
		err = pause(ctx, lingerTime)
	}
	return r, err
}

// attach registers the handlers.
func (b *bench) attach(g *lockstep.Group, members int) {
	lockstep.Handle(g, func(_ context.Context, _ lockstep.Message, _ Load) { b.count() }, lockstep.Borrowed())
	lockstep.Handle(g, func(_ context.Context, _ lockstep.Message, _ Reading) { b.count() })
	lockstep.Handle(g, func(_ context.Context, m lockstep.Message, p Ping) { b.countPing(m, p) })
	all := false
	g.OnView(func(_ context.Context, v lockstep.View) {
		if len(v.Members) >= members && !all {
			all = true
			close(b.full)
		}
	})
}

func (b *bench) count() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running {
		b.messages++
	}
}

func (b *bench) countPing(m lockstep.Message, p Ping) {
	if len(p) < stampSize {
		return
	}
	sent := int64(binary.BigEndian.Uint64(p))
	it := sight{sent: sent, took: time.Duration(monotonic() - sent)}
	if m.Sender == b.self && !b.keepOwn {
		select {
		case b.back <- it:
		default: // of a ping that was given up
		}
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.running {
		return
	}
	if b.keepOwn {
		b.messages++
	}
	if b.seen.n < delaysMost {
		b.pingBytes = len(p)
		b.seen.add(it)
	}
}

// measure runs for the time asked for.
func (o *benchOptions) measure(ctx context.Context, g *lockstep.Group, b *bench) (benchResult, error) {
	run, cancel := context.WithTimeout(ctx, o.runFor)
	defer cancel()
	before := takeCost()
	b.mu.Lock()
	b.running = true
	b.mu.Unlock()
	start := time.Now()
	var pings []sight
	var err error
	switch o.mode {
	case "send":
		err = o.send(run, g)
	case "ping":
		pings, err = o.ping(run, g, b)
	case "load":
		err = o.load(run, g)
	case "listen":
		select {
		case <-run.Done():
		case <-g.Done():
			err = g.Err()
		}
	}
	b.mu.Lock()
	b.running = false
	took := time.Since(start)
	b.mu.Unlock()
	cost := takeCost().since(before, b.messages)
	switch {
	case ctx.Err() != nil:
		return benchResult{}, ctx.Err()
	case err != nil:
		return benchResult{}, err
	}
	r := sendResult(o.size, b.messages, took)
	switch {
	case o.mode == "ping":
		r = delayResult("ping", o.size, pings, r)
	case o.mode == "load":
		pings = b.seen.all()
		r = delayResult("load", o.size, pings, r)
	case o.mode == "listen" && b.seen.n > 0:
		pings = b.seen.all()
		r = delayResult("seen", b.pingBytes, pings, r)
	}
	r.benchCost = cost
	return r, writeSamples(o.samples, pings)
}

// ping sends one message after the other came back, until the run ends.
func (o *benchOptions) ping(run context.Context, g *lockstep.Group, b *bench) ([]sight, error) {
	payload := make(Ping, o.size)
	var seen sights
	for run.Err() == nil && seen.n < delaysMost {
		binary.BigEndian.PutUint64(payload, uint64(monotonic()))
		if err := g.SendIn(run, o.how, payload); err != nil {
			return seen.all(), ended(run, err)
		}
		select {
		case it := <-b.back:
			seen.add(it)
		case <-run.Done():
		case <-g.Done():
			return seen.all(), g.Err()
		}
		if o.pause > 0 && pause(run, o.pause) != nil {
			break
		}
	}
	return seen.all(), nil
}

// ended is err, unless it only says that the run is over.
func ended(run context.Context, err error) error {
	if run.Err() != nil {
		return nil
	}
	return err
}

// pause waits for d, or until ctx ends, which is the error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// profiled starts the profile that was asked for; end writes it.
func (o *benchOptions) profiled() (end func() error, err error) {
	if o.profile == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(o.profile)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}
