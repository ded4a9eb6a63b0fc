//go:build linux

package main

// join: a fourth process comes to three that carry half of what they can, and loads a large state; what the group does before and
// meanwhile.

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
	"github.com/lockstep-go/lockstep/internal/loopback"
)

const (
	joinSize   = 1000             // bytes of a message
	joinBefore = 6 * time.Second  // of load alone
	joinStarts = 10 * time.Second // for three processes to start and to settle
	joinSpill  = 8 << 30          // bytes that the joiner may have on disk: half of the most is some 50 MB a second, for as long as it loads
	joinSlower = 0.10             // as much of the rate may be lost
	joinLater  = 2.0              // p99 may grow so many times
)

// A joined is what lockstep bench -mode join prints.
type joined struct {
	Began    int64   `json:"join_began_ns"`
	Ended    int64   `json:"join_ended_ns"`
	CaughtUp int64   `json:"join_caught_up_ns"`
	Spilled  int     `json:"join_spilled_most"`
	Seconds  float64 `json:"join_s"`
}

func measureJoin(ctx context.Context, l *study) error {
	most, err := l.bench(ctx, "load", "ordered", 1, joinSize)
	if err != nil {
		return err
	}
	rate := int(most.PerSecond / 2)
	l.print("join: three members deliver %.0f msg/s of %d B at most, each with its time on it; the load is %d", most.PerSecond, joinSize, rate)
	sent, j, err := l.join(ctx, rate)
	if err != nil {
		return err
	}
	// The first second warms up; what was sent in the last moment before the join may be delivered in it.
	first := sent[0].at + int64(time.Second)
	before := spanOf(sent, first, j.Began-int64(100*time.Millisecond))
	during := spanOf(sent, j.Began, j.Ended)
	after := spanOf(sent, j.Ended, min(j.CaughtUp, sent[len(sent)-1].at)) // the load may have ended before
	l.result("join: %d MiB of state in %.2f s, %d messages on the joiner's disk at most, caught up %.2f s later", l.joinState>>20, j.Seconds, j.Spilled,
		float64(j.CaughtUp-j.Ended)/1e9)
	l.result("join: before %s; during %s; catching up %s", before, during, after)
	l.result("join: %s; %s",
		l.judge(during.rate >= (1-joinSlower)*before.rate, fmt.Sprintf("at most %.0f %% fewer messages", 100*joinSlower)),
		l.judge(float64(during.p99) <= joinLater*float64(before.p99), "p99 at most doubled"))
	return nil
}

// join starts three members under load and a fourth that loads the state. It returns what the loader sent and when that came back.
func (l *study) join(ctx context.Context, rate int) (sent []trip, j joined, err error) {
	ctx, cancel := context.WithTimeout(ctx, joinStarts+l.joinFor+benchPatience)
	defer cancel()
	addrs, err := loopback.FreeAddresses(4)
	if err != nil {
		return nil, j, err
	}
	samples := filepath.Join(l.Dir, "join-samples")
	spill, err := os.MkdirTemp(l.Dir, "spill")
	if err != nil {
		return nil, j, err
	}
	args := func(i int, mode string, more ...string) []string {
		return append([]string{"bench", "-name", string(rune('a' + i)), "-listen", addrs[i], "-seeds", strings.Join(addrs[:3], ","),
			"-key-file", l.KeyFile, "-members", "3", "-mode", mode, "-size", strconv.Itoa(joinSize), "-rate", strconv.Itoa(rate),
			"-state", strconv.FormatInt(l.joinState, 10), "-transfer-rate", strconv.Itoa(l.joinRate), "-spill-dir", spill, "-spill-bytes", strconv.Itoa(joinSpill),
			"-for", l.joinFor.String(), "-json"}, more...)
	}
	ended := make(chan error, 3)
	for i, mode := range []string{"load", "listen", "listen"} {
		more := []string{}
		if mode == "load" {
			more = []string{"-samples", samples}
		}
		go func() {
			_, err := l.Run(ctx, nil, l.Command, args(i, mode, more...)...)
			if err != nil {
				cancel()
			}
			ended <- err
		}()
	}
	wait := func() error {
		var first error
		for range 3 {
			if err := <-ended; err != nil && first == nil {
				first = err
			}
		}
		return first
	}
	if err := lab.Pause(ctx, joinStarts/4+joinBefore); err != nil {
		return nil, j, wait()
	}
	out, err := l.Run(ctx, nil, l.Command, args(3, "join", "-wait", l.joinFor.String())...)
	if err == nil {
		err = json.Unmarshal([]byte(out), &j)
	}
	if err != nil {
		cancel()
		_ = wait()
		return nil, j, fmt.Errorf("the joiner: %w", err)
	}
	if err := wait(); err != nil {
		return nil, j, err
	}
	if sent, err = readTrips(samples); err != nil {
		return nil, j, err
	}
	if n := len(sent); n == 0 || j.Began-sent[0].at < int64(2*time.Second) || sent[n-1].at < j.Ended {
		return nil, j, fmt.Errorf("the load did not last from 2 s before the join to its end; the state was there after %.2f s", j.Seconds)
	}
	return sent, j, nil
}

// A trip is one message of the loader: when it was sent, on the host's monotonic clock, and how long it took to its own handler.
type trip struct{ at, took int64 }

// readTrips reads what lockstep bench -samples wrote, in order of sending.
func readTrips(name string) (list []trip, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var t trip
		if _, err := fmt.Sscan(s.Text(), &t.at, &t.took); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", name, s.Text(), err)
		}
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b trip) int { return int(a.at - b.at) })
	return list, nil
}

// A span is what came back between two moments.
type span struct {
	rate     float64
	p50, p99 time.Duration
}

// spanOf counts what came back then, so that what stands still shows, and how long that took.
func spanOf(sent []trip, from, to int64) span {
	var took []int64
	for _, t := range sent {
		if back := t.at + t.took; back >= from && back < to {
			took = append(took, t.took)
		}
	}
	if len(took) == 0 || to <= from {
		return span{}
	}
	slices.Sort(took)
	return span{
		rate: float64(len(took)) * 1e9 / float64(to-from),
		p50:  time.Duration(took[len(took)/2]),
		p99:  time.Duration(took[len(took)*99/100]),
	}
}

func (s span) String() string {
	return fmt.Sprintf("%.0f msg/s, p50 %.2f ms, p99 %.2f ms", s.rate, float64(s.p50)/1e6, float64(s.p99)/1e6)
}
