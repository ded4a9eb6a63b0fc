//go:build linux

package main

// cut: three hosts, one of which loses its cable; until both others have printed the view without it.

import (
	"context"
	"fmt"
	"time"
)

const cutTarget = 1500 * time.Millisecond

func measureCut(ctx context.Context, l *lab) (err error) {
	net, err := l.layNetwork(ctx, 3)
	if err != nil {
		return fmt.Errorf("THERE ARE NO TEST HOSTS: %w (it needs root and iproute2; -skip-cut leaves this part out)", err)
	}
	defer func() {
		if undone := net.remove(); err == nil {
			err = undone
		}
	}()
	var addrs []string
	var via [][]string
	for i := range 3 {
		addrs = append(addrs, net.address(i)+":7946")
		via = append(via, net.via(i))
	}
	c, err := l.start(ctx, "cut", addrs, via)
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
		member, err := c.member(ctx, victim)
		if err != nil {
			return err
		}
		marks := c.marks()
		at := time.Now()
		if err := net.cable(ctx, victim, false); err != nil {
			return err
		}
		last, reason, err := c.waitWithout(ctx, marks, victim, member)
		if err != nil {
			return fmt.Errorf("cut %d, of the %s: %w", i+1, r.name, err)
		}
		took = append(took, last.Sub(at))

		// The one cut off must have found out too, or it would not come back.
		if _, err := c.nodes[victim].wait(ctx, marks[victim], "blocked", func(l line) bool { return l.Ev == "blocked" }); err != nil {
			return fmt.Errorf("cut %d, of the %s: %w", i+1, r.name, err)
		}
		marks = c.marks()
		healed := time.Now()
		if err := net.cable(ctx, victim, true); err != nil {
			return err
		}
		whole, err := c.waitWhole(ctx, marks)
		if err != nil {
			return fmt.Errorf("after cut %d, of the %s: %w", i+1, r.name, err)
		}
		l.print("cut  %2d  %-25s %s  %7s  (reason %s; cable in again, whole after %s)", i+1, r.name, c.nodes[victim].name, ms(last.Sub(at)),
			reason, ms(whole.Sub(healed)))
	}
	l.result("cut: %d times, from a cut cable to the next view at both others: %s; %s", len(took), spread(took),
		l.judge(largest(took) < cutTarget, "under "+ms(cutTarget)))
	return nil
}
