//go:build linux

package main

// crowd: many processes started at once, of which each is told of three, until all have printed the view of all.

import (
	"context"
	"fmt"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
	"github.com/lockstep-go/lockstep/internal/loopback"
)

const (
	crowdSize    = 30
	crowdSeeds   = 3
	crowdViews   = 5
	crowdTime    = time.Minute // for them to find each other
	crowdRuns    = 3
	crowdReaping = 2 * time.Second // between two runs
)

func measureCrowd(ctx context.Context, l *study) error {
	most := 0
	var took []time.Duration
	for run := range crowdRuns {
		d, views, err := l.crowd(ctx)
		if err != nil {
			return fmt.Errorf("run %d: %w", run+1, err)
		}
		l.print("crowd %d  %d processes are together after %s; who saw most of it was in %d views", run+1, crowdSize, ms(d), views)
		took, most = append(took, d), max(most, views)
		if err := lab.Pause(ctx, crowdReaping); err != nil {
			return err
		}
	}
	l.result("crowd: %d times, %d processes started at once, until all are in the view of all: %s; %d views at most; %s", len(took), crowdSize, spread(took),
		most, l.judge(most <= crowdViews, fmt.Sprintf("at most %d views", crowdViews)))
	return nil
}

// crowd starts them, and returns how long it took and how many views the process printed that printed most.
func (l *study) crowd(ctx context.Context) (took time.Duration, views int, err error) {
	ctx, cancel := context.WithTimeout(ctx, crowdTime)
	defer cancel()
	addrs, err := loopback.FreeAddresses(crowdSize)
	if err != nil {
		return 0, 0, err
	}
	c := &cluster{l: l, part: "crowd", addrs: addrs, seeds: addrs[:crowdSeeds], hosts: make([]*lab.Host, crowdSize), nodes: make([]*lab.Process, crowdSize)}
	began := time.Now()
	if err := c.startAll(ctx); err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	for _, p := range c.nodes {
		n := 0
		for _, line := range p.Since(0) {
			if line.Ev == "view" {
				n++
			}
		}
		views = max(views, n)
	}
	c.end()
	return took, views, nil
}
