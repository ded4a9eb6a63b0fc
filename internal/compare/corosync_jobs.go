//go:build linux

package main

// What is measured of corosync: the same rows, as far as it has them. It has no safe delivery.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
	"github.com/lockstep-go/lockstep/internal/record"
)

func (r *ring) jobs() (jobs []job) {
	for _, senders := range []int{1, 3} {
		for _, size := range record.Sizes() {
			jobs = append(jobs, r.job(record.SendKey("ordered", size, senders), func(ctx context.Context, key string) error {
				return r.send(ctx, key, size, senders)
			}))
		}
	}
	ping := func(pause time.Duration) func(context.Context, string) error {
		return func(ctx context.Context, key string) error { return r.ping(ctx, key, pause) }
	}
	return append(jobs, r.job("ping", ping(0)), r.job("ping/5ms", ping(5*time.Millisecond)), r.job("idle", r.idle))
}

// job starts the daemons anew when it failed, so that what is left of it is not in the way of the next.
func (r *ring) job(key string, run func(ctx context.Context, key string) error) job {
	return job{key, func(ctx context.Context) error {
		err := run(ctx, key)
		if err != nil && ctx.Err() == nil {
			r.end()
			err = errors.Join(err, r.start())
		}
		return err
	}}
}

// members runs a process on each host.
func (r *ring) members(ctx context.Context, size int, runFor, pause time.Duration, mode func(i int) string) ([]memberResult, error) {
	ctx, cancel := context.WithTimeout(ctx, patience+runFor)
	defer cancel()
	return together(ctx, hosts, func(ctx context.Context, i int) (m memberResult, err error) {
		out, err := r.s.Run(ctx, r.s.net.Hosts[i], r.program(), mode(i), strconv.Itoa(size), fmt.Sprint(runFor.Seconds()),
			strconv.FormatInt(pause.Microseconds(), 10), strconv.Itoa(hosts))
		if err != nil {
			return m, err
		}
		if err := json.Unmarshal([]byte(out), &m); err != nil {
			return m, fmt.Errorf("cpgbench printed %q: %w", out, err)
		}
		return m, nil
	})
}

func (r *ring) send(ctx context.Context, key string, size, senders int) error {
	members, err := r.members(ctx, size, r.s.runFor, 0, func(i int) string { return sendOrListen(i, senders) })
	if err == nil {
		r.s.add(r.name(), key, "msg/s", slowest(members))
	}
	return err
}

// ping has the first member ping: a rotation more or less makes the others' figures much the same.
func (r *ring) ping(ctx context.Context, key string, pause time.Duration) error {
	members, err := r.members(ctx, 64, r.s.runFor, pause, func(i int) string {
		if i == 0 {
			return "ping"
		}
		return "listen"
	})
	if err == nil {
		r.s.add(r.name(), key+"/p50", "us", members[0].P50)
		r.s.add(r.name(), key+"/p99", "us", members[0].P99)
	}
	return err
}

// idle looks at the daemons, with nobody attached, once all have found each other.
func (r *ring) idle(ctx context.Context, key string) error {
	if _, err := r.members(ctx, 64, time.Second, 0, func(int) string { return "listen" }); err != nil {
		return err
	}
	before, err := r.processorTime()
	if err != nil {
		return err
	}
	at := time.Now()
	if err := lab.Pause(ctx, r.s.idleFor); err != nil {
		return err
	}
	after, err := r.processorTime()
	if err != nil {
		return err
	}
	r.s.add(r.name(), key, "% of a core", 100*(after-before).Seconds()/time.Since(at).Seconds())
	return nil
}

// processorTime is what all daemons have used so far.
func (r *ring) processorTime() (sum time.Duration, err error) {
	for _, p := range r.daemons {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.ID()))
		if err != nil {
			return 0, err
		}
		d, err := lab.ParseProcessTime(string(b))
		if err != nil {
			return 0, err
		}
		sum += d
	}
	return sum, nil
}
