//go:build linux

package main

// lockservice: the example as a newcomer starts it, and its last line.

import (
	"context"
	"fmt"

	"github.com/lockstep-go/lockstep/internal/lab"
)

const locksTarget = 30000 // a second

func measureLockservice(ctx context.Context, l *study) error {
	var rates []float64
	for range l.runs {
		last, rate, err := l.Lockservice(ctx)
		if err != nil {
			return err
		}
		l.result("%s", last)
		rates = append(rates, rate)
	}
	l.result("lockservice: median of %d runs %.0f locks/s; %s", len(rates), lab.Median(rates),
		l.judge(lab.Median(rates) >= locksTarget, fmt.Sprintf("at least %d", locksTarget)))
	return nil
}
