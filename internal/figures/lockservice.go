//go:build linux

package main

// lockservice: the example as a newcomer starts it, and its last line.

import (
	"context"
	"fmt"
	"strings"
	"time"
)

const (
	lockservicePatience = 3 * time.Minute
	locksTarget         = 30000 // a second
)

func measureLockservice(ctx context.Context, l *study) error {
	var rates []float64
	for range l.runs {
		last, rate, err := l.lockservice(ctx)
		if err != nil {
			return err
		}
		l.result("%s", last)
		rates = append(rates, rate)
	}
	l.result("lockservice: median of %d runs %.0f locks/s; %s", len(rates), median(rates),
		l.judge(median(rates) >= locksTarget, fmt.Sprintf("at least %d", locksTarget)))
	return nil
}

// lockservice runs the example once. It ends with status 1 on any violation, which is an error here.
func (l *study) lockservice(ctx context.Context) (last string, rate float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, lockservicePatience)
	defer cancel()
	out, err := l.Run(ctx, nil, "go", "run", "./examples/lockservice")
	if err != nil {
		return "", 0, fmt.Errorf("%w; it printed\n%s", err, out)
	}
	out = strings.TrimSpace(out)
	last = out[strings.LastIndexByte(out, '\n')+1:]
	rate, err = parseLockserviceLine(last)
	return last, rate, err
}

// parseLockserviceLine reads the locks a second, and refuses a line that tells of a violation or of no crash.
func parseLockserviceLine(s string) (float64, error) {
	var members, crashes, violations int
	var rate float64
	if _, err := fmt.Sscanf(s, "lockservice: %d members, %f locks/s, %d crash survived, %d violations", &members, &rate, &crashes, &violations); err != nil {
		return 0, fmt.Errorf("the lock service's last line is %q: %w", s, err)
	}
	if members != 3 || crashes != 1 || violations != 0 {
		return 0, fmt.Errorf("the lock service ended with %q", s)
	}
	return rate, nil
}
