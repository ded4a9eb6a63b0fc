//go:build linux

package main

// stop: a process that pauses for half a second keeps its place, and nobody's view changes.

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

const (
	stopFor   = 500 * time.Millisecond
	stopWatch = 2 * time.Second // after it goes on
)

func measureStop(ctx context.Context, l *study) error {
	c, err := l.startLocal(ctx, "stop")
	if err != nil {
		return err
	}
	defer c.end()
	total := 0
	for i := range l.times {
		r := roles[i%len(roles)]
		victim, err := c.cast(ctx, r)
		if err != nil {
			return err
		}
		marks := c.marks()
		paused, err := c.stop(ctx, victim)
		if err != nil {
			return err
		}
		views := 0
		var seen string
		for k, p := range c.nodes {
			for _, e := range p.Since(marks[k]) {
				if e.Ev == "view" {
					views++
				}
				seen += fmt.Sprintf("\n    %s %s %.300s", p.Name, e.Read.Format("15:04:05.000"), e.Raw)
			}
		}
		total += views
		l.print("stop %2d  %-25s %s  stopped for %s: %d views%s", i+1, r.name, c.nodes[victim].Name, ms(paused), views, seen)
		if views > 0 {
			// The next one begins with a whole group again.
			if err := c.settleWhole(ctx); err != nil {
				return err
			}
		}
	}
	l.result("stop: %d times SIGSTOP for %s: %d views; %s", l.times, ms(stopFor), total, l.judge(total == 0, "none"))
	return nil
}

// stop pauses a process, lets it go on, watches for a while, and returns how long the pause was.
func (c *cluster) stop(ctx context.Context, victim int) (time.Duration, error) {
	p := c.nodes[victim]
	at := time.Now()
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return 0, err
	}
	if err := c.pause(ctx, stopFor); err != nil {
		return 0, err
	}
	if err := p.Signal(syscall.SIGCONT); err != nil {
		return 0, err
	}
	paused := time.Since(at)
	return paused, c.pause(ctx, stopWatch)
}

// settleWhole waits until the last view that each node printed is one of all.
func (c *cluster) settleWhole(ctx context.Context) error {
	for _, p := range c.nodes {
		from := 0
		for k, e := range p.Since(0) {
			if e.Ev == "view" || e.Ev == "blocked" {
				from = k
			}
		}
		if _, err := p.Wait(ctx, from, "view of all again", func(l lab.Line) bool { return l.IsView(len(c.nodes)) }); err != nil {
			return err
		}
	}
	return nil
}
