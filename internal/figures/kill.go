//go:build linux

package main

// kill: from kill -9 of one of three processes until both others have printed the view without it.

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

const killTarget = 300 * time.Millisecond

func measureKill(ctx context.Context, l *study) error {
	c, err := l.startLocal(ctx, "kill")
	if err != nil {
		return err
	}
	defer c.end()
	var took []time.Duration
	for i := range l.times {
		r := roles[i%len(roles)]
		victim, err := c.cast(ctx, r)
		if err != nil {
			return err
		}
		d, reason, err := c.kill(ctx, victim)
		if err != nil {
			return fmt.Errorf("kill %d, of the %s: %w", i+1, r.name, err)
		}
		took = append(took, d)
		back, err := c.restart(ctx, victim)
		if err != nil {
			return fmt.Errorf("after kill %d, of the %s: %w", i+1, r.name, err)
		}
		l.print("kill %2d  %-25s %s  %7s  (reason %s; started again, whole after %s)", i+1, r.name, c.nodes[victim].Name, ms(d), reason, ms(back))
	}
	l.result("kill: %d times, from kill -9 to the next view at both others: %s; %s", len(took), spread(took),
		l.judge(lab.Largest(took) < killTarget, "under "+ms(killTarget)))
	return nil
}

// kill ends a process the hard way, and measures until the view without it.
func (c *cluster) kill(ctx context.Context, victim int) (time.Duration, string, error) {
	member, err := c.member(ctx, victim)
	if err != nil {
		return 0, "", err
	}
	marks := c.marks()
	at := time.Now()
	if err := c.nodes[victim].Signal(syscall.SIGKILL); err != nil {
		return 0, "", err
	}
	last, reason, err := c.waitWithout(ctx, marks, victim, member)
	return last.Sub(at), reason, err
}

// restart starts a killed process again, and measures until all have the view of all.
func (c *cluster) restart(ctx context.Context, victim int) (time.Duration, error) {
	c.nodes[victim].End()
	marks := c.marks()
	at := time.Now()
	if err := c.startNode(victim); err != nil {
		return 0, err
	}
	marks[victim] = 0
	last, err := c.waitWhole(ctx, marks)
	return last.Sub(at), err
}
