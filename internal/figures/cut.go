//go:build linux

package main

// cut: three hosts, one of which loses its cable; until both others have printed the view without it.

import (
	"context"
	"fmt"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

const cutTarget = 1500 * time.Millisecond

func measureCut(ctx context.Context, l *study) error {
	net, err := lab.Lay(3, 1)
	if err != nil {
		return fmt.Errorf("%w (-skip-cut leaves this part out)", err)
	}
	defer net.Close()
	var addrs []string
	for _, h := range net.Hosts {
		addrs = append(addrs, h.Addr.String()+":7946")
	}
	c, err := l.start(ctx, "cut", addrs, net.Hosts)
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
		net.Cable(victim, false)
		last, reason, err := c.waitWithout(ctx, marks, victim, member)
		if err != nil {
			return fmt.Errorf("cut %d, of the %s: %w", i+1, r.name, err)
		}
		took = append(took, last.Sub(at))

		// The one cut off must have found out too, or it would not come back.
		if _, err := c.nodes[victim].Wait(ctx, marks[victim], "blocked", func(l lab.Line) bool { return l.Ev == "blocked" }); err != nil {
			return fmt.Errorf("cut %d, of the %s: %w", i+1, r.name, err)
		}
		marks = c.marks()
		healed := time.Now()
		net.Cable(victim, true)
		whole, err := c.waitWhole(ctx, marks)
		if err != nil {
			return fmt.Errorf("after cut %d, of the %s: %w", i+1, r.name, err)
		}
		l.print("cut  %2d  %-25s %s  %7s  (reason %s; cable in again, whole after %s)", i+1, r.name, c.nodes[victim].Name, ms(last.Sub(at)),
			reason, ms(whole.Sub(healed)))
	}
	l.result("cut: %d times, from a cut cable to the next view at both others: %s; %s", len(took), spread(took),
		l.judge(lab.Largest(took) < cutTarget, "under "+ms(cutTarget)))
	return nil
}
