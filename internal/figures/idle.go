//go:build linux

package main

// idle: the processor time of three members that have nothing to say.

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

const (
	idleSettle = 5 * time.Second
	idleTarget = 2.0 // percent of one core, all three together
)

func measureIdle(ctx context.Context, l *study) error {
	c, err := l.startLocal(ctx, "idle")
	if err != nil {
		return err
	}
	defer c.end()
	if err := c.pause(ctx, idleSettle); err != nil {
		return err
	}
	marks := c.marks()
	at := time.Now()
	before, err := c.processorTimes()
	if err != nil {
		return err
	}
	if err := c.pause(ctx, l.idleFor); err != nil {
		return err
	}
	after, err := c.processorTimes()
	if err != nil {
		return err
	}
	took := time.Since(at)
	sum := 0.0
	for i, p := range c.nodes {
		percent := 100 * (after[i] - before[i]).Seconds() / took.Seconds()
		sum += percent
		l.print("idle     %s  %s of processor time in %.1f s: %.2f %% of a core", p.Name, ms(after[i]-before[i]), took.Seconds(), percent)
		if events := p.Since(marks[i]); len(events) > 0 {
			return fmt.Errorf("%s was not idle:\n%s", p.Name, p.Said(marks[i]))
		}
	}
	l.result("idle: three members together %.2f %% of a core, over %.0f s; %s", sum, took.Seconds(),
		l.judge(sum < idleTarget, fmt.Sprintf("under %.0f %%", idleTarget)))
	return nil
}

// processorTimes is what each process has used so far.
func (c *cluster) processorTimes() ([]time.Duration, error) {
	times := make([]time.Duration, len(c.nodes))
	for i, p := range c.nodes {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.ID()))
		if err != nil {
			return nil, err
		}
		if times[i], err = lab.ParseProcessTime(string(b)); err != nil {
			return nil, err
		}
	}
	return times, nil
}
