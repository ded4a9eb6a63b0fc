//go:build linux

package lab

// The example lockservice as a newcomer starts it, and its last line.

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// lockservicePatience is how long one run may take.
const lockservicePatience = 3 * time.Minute

// Lockservice runs the example once and returns its last line and the locks a second in it. It ends with status 1 on any violation,
// which is an error here.
func (b *Bench) Lockservice(ctx context.Context) (last string, rate float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, lockservicePatience)
	defer cancel()
	out, err := b.Run(ctx, nil, "go", "run", "./examples/lockservice")
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
