//go:build linux

package main

// bench: "lockstep bench -local 3", by size, number of senders and order.

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// benchPatience is how long one bench may take besides what it measures.
const benchPatience = 90 * time.Second

func measureBench(ctx context.Context, l *study) error {
	for _, order := range []string{"ordered", "safe"} {
		for _, senders := range []int{1, 3} {
			for _, size := range []int{64, 1024, 8192} {
				var perSecond, megabytes []float64
				for range l.runs {
					r, err := l.bench(ctx, "send", order, senders, size)
					if err != nil {
						return err
					}
					perSecond, megabytes = append(perSecond, r.PerSecond), append(megabytes, r.Megabytes)
				}
				l.result("bench: %-7s %4d B, %d of 3 send: %7.0f msg/s %7.2f MB/s delivered (median of %.0f)",
					order, size, senders, lab.Median(perSecond), lab.Median(megabytes), perSecond)
			}
		}
	}
	return nil
}

// A benchResult is what the first sender measured: messages and 1e6 bytes of payload delivered to it a second, of all senders.
type benchResult struct {
	PerSecond float64 `json:"msg_per_s"`
	Megabytes float64 `json:"mb_per_s"`
}

func (l *study) bench(ctx context.Context, mode, order string, senders, size int) (r benchResult, err error) {
	ctx, cancel := context.WithTimeout(ctx, benchPatience+l.benchFor)
	defer cancel()
	out, err := l.Run(ctx, nil, l.Command, "bench", "-local", "3", "-mode", mode, "-order", order, "-senders", strconv.Itoa(senders),
		"-size", strconv.Itoa(size), "-for", l.benchFor.String(), "-json")
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		return r, fmt.Errorf("lockstep bench printed %q: %w", out, err)
	}
	if r.PerSecond <= 0 {
		return r, fmt.Errorf("lockstep bench delivered nothing: %s", out)
	}
	return r, nil
}
