//go:build linux

package main

// What is done to a cluster while it works: faults of all kinds, drawn from the round's seed, several at a time.

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// calmFor is how long nothing may have been wrong for a loss to be one that a group without a size must survive.
const calmFor = 2 * time.Second

// A fault draws what it does and whom it does it to, and returns the beginning of it, which lasts until the end that this returns,
// if any. Nil: it cannot be done now.
type fault struct {
	name string
	draw func(f *faults, lasts time.Duration) (begin func(ctx context.Context) (end func()))
}

var allFaults = []fault{
	{"cut", func(f *faults, _ time.Duration) func(context.Context) func() {
		return f.wrong(cut(f.someHosts(), true, true))
	}},
	{"one way", func(f *faults, _ time.Duration) func(context.Context) func() {
		a := f.random.IntN(f.hosts)
		return f.wrong(oneWay(a, (a+1+f.random.IntN(f.hosts-1))%f.hosts))
	}},
	{"deaf", func(f *faults, _ time.Duration) func(context.Context) func() {
		return f.wrong(cut(f.oneHost(), false, true))
	}},
	{"mute", func(f *faults, _ time.Duration) func(context.Context) func() {
		return f.wrong(cut(f.oneHost(), true, false))
	}},
	{"bridge", func(f *faults, _ time.Duration) func(context.Context) func() {
		p := f.random.Perm(f.hosts)
		return f.wrong(bridge(1<<p[0], 1<<p[1]))
	}},
	{"streams", func(f *faults, _ time.Duration) func(context.Context) func() {
		return f.wrong(noStreams(f.someHosts()))
	}},
	{"large", func(f *faults, _ time.Duration) func(context.Context) func() {
		return f.wrong(noLarge(f.someHosts(), 200+f.random.IntN(800)))
	}},
	{"rough", func(f *faults, _ time.Duration) func(context.Context) func() {
		delay, jitter := f.random.IntN(5000), f.random.IntN(8000)
		return f.wrong(rough(f.random.Float64()*0.2, f.random.Float64()*0.2, time.Duration(delay)*time.Microsecond, time.Duration(jitter)*time.Microsecond))
	}},
	{"slow", func(f *faults, _ time.Duration) func(context.Context) func() {
		return f.wrong(slow(f.random.IntN(f.hosts), time.Duration(10+f.random.IntN(90))*time.Millisecond))
	}},
	{"port", func(f *faults, _ time.Duration) func(context.Context) func() {
		return f.to(func(_ context.Context, s *slot) func() {
			f.c.check(s.host.Port(false))
			return func() { f.c.check(s.host.Port(true)) }
		})
	}},
	{"kill", func(f *faults, _ time.Duration) func(context.Context) func() { return f.kill(syscall.SIGKILL, 1) }},
	{"kill, fast", func(f *faults, lasts time.Duration) func(context.Context) func() {
		return f.to(func(ctx context.Context, s *slot) func() {
			f.judge(1)
			s.end(syscall.SIGKILL)
			_ = lab.Pause(ctx, lasts/100)
			f.c.check(s.start())
			return nil
		})
	}},
	{"kill several", func(f *faults, _ time.Duration) func(context.Context) func() {
		return f.kill(syscall.SIGKILL, 2+f.random.IntN(f.hosts-1))
	}},
	{"quit", func(f *faults, _ time.Duration) func(context.Context) func() { return f.kill(syscall.SIGTERM, 1) }},
	{"stop", func(f *faults, _ time.Duration) func(context.Context) func() {
		return f.to(func(_ context.Context, s *slot) func() {
			p := s.running()
			if p == nil {
				return nil
			}
			_ = p.Signal(syscall.SIGSTOP)
			return func() { _ = p.Signal(syscall.SIGCONT) }
		})
	}},
	{"leave", func(f *faults, _ time.Duration) func(context.Context) func() {
		return f.to(func(_ context.Context, s *slot) func() {
			f.judge(1)
			s.do(op{Op: "leave"})
			return func() { s.do(op{Op: "join"}) }
		})
	}},
}

// faults draws and does them.
type faults struct {
	c      *cluster
	random *rand.Rand
	links  *links
	hosts  int

	mu       sync.Mutex
	active   int
	calmFrom time.Time
	counts   map[string]int
	mayBlock bool
	done     sync.WaitGroup
}

func newFaults(c *cluster, random *rand.Rand) *faults {
	return &faults{c: c, random: random, links: newLinks(c.network), hosts: len(c.slots), calmFrom: time.Now(), counts: map[string]int{}}
}

// run does faults until ctx ends, and returns when all have ended.
func (f *faults) run(ctx context.Context) {
	defer f.done.Wait()
	for {
		pause := 50*time.Millisecond + time.Duration(f.random.ExpFloat64()*float64(f.c.plan.calm))
		kind := f.c.plan.faults[f.random.IntN(len(f.c.plan.faults))]
		lasts := 20*time.Millisecond + time.Duration(f.random.ExpFloat64()*float64(f.c.plan.lasts))
		if lab.Pause(ctx, min(pause, 5*time.Second)) != nil {
			return
		}
		if begin := kind.draw(f, lasts); begin != nil {
			f.start(ctx, kind.name, begin, min(lasts, 6*time.Second))
		}
	}
}

func (f *faults) start(ctx context.Context, name string, begin func(context.Context) func(), lasts time.Duration) {
	f.mu.Lock()
	f.counts[name]++
	f.mu.Unlock()
	f.c.logf("%s, for %v", name, lasts.Round(time.Millisecond))
	f.done.Go(func() {
		end := begin(ctx)
		f.mu.Lock()
		f.active++
		f.mu.Unlock()
		if end != nil {
			_ = lab.Pause(ctx, lasts)
			end()
		}
		f.mu.Lock()
		f.active--
		f.calmFrom = time.Now()
		f.mu.Unlock()
		f.c.logf("%s is over", name)
	})
}

// counted is the faults by kind, in order.
func (f *faults) counted() (names []string, total int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.counts {
		total += n
	}
	return slices.Sorted(maps.Keys(f.counts)), total
}

// oneHost and someHosts draw a set.
func (f *faults) oneHost() uint   { return 1 << f.random.IntN(f.hosts) }
func (f *faults) someHosts() uint { return uint(1 + f.random.IntN(1<<f.hosts-2)) }

// wrong is a fault of the network.
func (f *faults) wrong(w wrong) func(context.Context) func() {
	return func(context.Context) func() { return f.links.add(w) }
}

// to draws a member that no other fault has, and does something to it.
func (f *faults) to(what func(ctx context.Context, s *slot) (end func())) func(context.Context) func() {
	return f.toAll(1, func(ctx context.Context, list []*slot) func() { return what(ctx, list[0]) })
}

// toAll does it to so many, or as many as there are.
func (f *faults) toAll(n int, what func(ctx context.Context, list []*slot) (end func())) func(context.Context) func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []*slot
	for _, i := range f.random.Perm(f.hosts) {
		if s := f.c.slots[i]; !s.busy && len(list) < n {
			s.busy = true
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return nil
	}
	free := func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, s := range list {
			s.busy = false
		}
	}
	return func(ctx context.Context) func() {
		end := what(ctx, list)
		if end == nil {
			free()
			return nil
		}
		return func() {
			end()
			free()
		}
	}
}

// kill ends so many processes at once, and starts them again at the fault's end.
func (f *faults) kill(sig syscall.Signal, n int) func(context.Context) func() {
	return f.toAll(n, func(_ context.Context, list []*slot) func() {
		f.judge(len(list))
		var all sync.WaitGroup
		for _, s := range list {
			all.Go(func() { s.end(sig) })
		}
		all.Wait()
		return func() {
			for _, s := range list {
				f.c.check(s.start())
			}
		}
	})
}

// judge notes whether a group without a size must come back after so many of its members are lost now: only if more than half of
// a view in which all was well for a while remain.
func (f *faults) judge(lost int) {
	f.mu.Lock()
	calm := f.active == 0 && time.Since(f.calmFrom) > calmFor
	f.mu.Unlock()
	if f.c.plan.size == 0 && (!calm || 2*lost >= f.hosts || !f.c.whole()) {
		f.mu.Lock()
		f.mayBlock = true
		f.mu.Unlock()
	}
}
