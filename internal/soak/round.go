//go:build linux

package main

// A round from its start to its verdict.

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// A plan is what a round's seed decides before it begins.
type plan struct {
	seed    uint64
	members int
	size    int           // of the group; 0 where the last primary decides
	every   time.Duration // between a member's operations, on average
	calm    time.Duration // between faults
	lasts   time.Duration // a fault
	faults  []fault       // the kinds that there are, at least three
}

func newPlan(seed uint64, random *rand.Rand) plan {
	p := plan{
		seed: seed, members: 3 + random.IntN(3),
		every: time.Duration(10+random.IntN(40)) * time.Millisecond,
		calm:  time.Duration(200+random.IntN(1500)) * time.Millisecond,
		lasts: time.Duration(200+random.IntN(1500)) * time.Millisecond,
	}
	if random.IntN(10) < 7 {
		p.size = p.members
	}
	kinds := 3 + random.IntN(len(allFaults)-2)
	for _, i := range random.Perm(len(allFaults))[:kinds] {
		p.faults = append(p.faults, allFaults[i])
	}
	return p
}

// A cluster is what a round is about.
type cluster struct {
	bench   *lab.Bench
	plan    plan
	dir     string // of the round's logs
	network *lab.Network
	addrs   []string
	slots   []*slot

	mu         sync.Mutex
	started    time.Time
	violations []string
	log        strings.Builder // what was done when
}

// violate notes something that no history shows.
func (c *cluster) violate(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.violations = append(c.violations, fmt.Sprintf(format, args...))
}

// check takes an error of the laboratory for a violation: a round in which a fault could not be done proves nothing.
func (c *cluster) check(err error) {
	if err != nil {
		c.violate("laboratory: %v", err)
	}
}

func (c *cluster) logf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(&c.log, "%7.3f %d %s\n", time.Since(c.started).Seconds(), lab.Monotonic(), fmt.Sprintf(format, args...))
}

// A result is what is known after a round.
type result struct {
	plan plan
	verdict
	settled  string // how it ended
	faults   int
	byKind   string
	network  lab.Counts
	runs     int // processes
	took     time.Duration
	logs     string // the directory that was kept, if it was
	findings []string
}

// round runs one round. What it finds wrong is in the result; the error says that there was no round.
func round(ctx context.Context, b *lab.Bench, o options, seed uint64) (result, error) {
	random := rand.New(rand.NewPCG(seed, 0x736f616b))
	c := &cluster{bench: b, plan: newPlan(seed, random), started: time.Now()}
	r := result{plan: c.plan}
	var err error
	if c.dir, err = os.MkdirTemp(o.logs, fmt.Sprintf("soak-%d-", seed)); err != nil {
		return r, err
	}
	defer func() {
		if r.logs == "" {
			_ = os.RemoveAll(c.dir)
		}
	}()
	if c.network, err = lab.Lay(c.plan.members, seed); err != nil {
		return r, err
	}
	defer c.network.Close()
	for i, h := range c.network.Hosts {
		c.addrs = append(c.addrs, h.Addr.String()+":7946")
		c.slots = append(c.slots, &slot{c: c, index: i, name: string(rune('a' + i)), host: h, heard: newHeard()})
	}
	defer c.endAll()
	f := newFaults(c, rand.New(rand.NewPCG(seed, 1)))
	quiet, err := c.live(ctx, f, o.lasts, &r)
	if err != nil {
		return r, err
	}
	c.endAll()

	r.verdict = judge(c.runs(), quiet)
	c.mu.Lock()
	r.findings = append(append(r.findings, c.violations...), r.violations...)
	c.mu.Unlock()
	r.network = c.network.Counts()
	r.took = time.Since(c.started)
	names, total := f.counted()
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %d", n, f.counts[n])
	}
	r.faults, r.byKind = total, strings.Join(names, ", ")
	for _, s := range c.slots {
		r.runs += len(s.lives)
	}
	if len(r.findings) > 0 || o.keep {
		r.logs = c.dir
		return r, c.keep(r, quiet)
	}
	return r, nil
}

// live starts the members, lets the faults and the traffic loose for a while, heals all, and waits for the end in peace; quiet says
// that this came.
func (c *cluster) live(ctx context.Context, f *faults, lasts time.Duration, r *result) (quiet bool, err error) {
	for _, s := range c.slots {
		if err := s.start(); err != nil {
			return false, err
		}
	}
	first, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	if err := c.await(first, "the members did not become one group", c.whole); err != nil {
		if ctx.Err() == nil {
			r.settled = "never began"
			r.findings = append(r.findings, "liveness: "+err.Error())
		}
		return false, ctx.Err()
	}
	work, stop := context.WithTimeout(ctx, lasts)
	defer stop()
	var workers sync.WaitGroup
	for i, s := range c.slots {
		random := rand.New(rand.NewPCG(c.plan.seed, uint64(100+i)))
		workers.Go(func() { s.traffic(work, random, c.plan.every) })
	}
	f.run(work)
	workers.Wait()
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	c.logf("all is healed")
	healed := time.Now()
	patience := settlePatience
	if f.mayBlock {
		patience = blockedPatience
	}
	err = c.settle(ctx, patience)
	switch {
	case err == nil:
		r.settled = fmt.Sprintf("whole after %.1f s", time.Since(healed).Seconds())
		return true, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case f.mayBlock:
		// So much was lost at once that a group without a size may rightly wait for ever.
		r.settled = "rightly blocked"
		c.logf("not settled: %v", err)
		return false, nil
	}
	r.settled = "not whole"
	r.findings = append(r.findings, "liveness: "+err.Error())
	c.statuses(ctx)
	return false, nil
}

// statuses asks the members how they are, for whoever reads the logs.
func (c *cluster) statuses(ctx context.Context) {
	for i, s := range c.slots {
		out, err := c.bench.Run(ctx, s.host, c.bench.Command, "status", "-key-file", c.bench.KeyFile, c.addrs[i])
		c.logf("status of %s: %v\n%s", s.name, err, out)
	}
}

// endAll kills what runs.
func (c *cluster) endAll() {
	for _, s := range c.slots {
		if p := s.running(); p != nil {
			p.End()
		}
	}
}

func (c *cluster) runs() []run {
	var list []run
	for _, s := range c.slots {
		list = append(list, s.runs()...)
	}
	return list
}
