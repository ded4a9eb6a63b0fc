package main

// What doctor says of the host: processors, timers, socket buffers.

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// bufferWanted is the socket buffer that the transport asks for, each way, in bytes.
	bufferWanted = 4 << 20
	// lagTime is how long timers are looked at.
	lagTime = 200 * time.Millisecond
	// lagTolerable is a lateness that costs speed only. Above it the ring may take a living member for a silent one.
	lagTolerable = 20 * time.Millisecond
)

func (e *examination) processors() {
	procs := runtime.GOMAXPROCS(0)
	value := fmt.Sprintf("%d usable (GOMAXPROCS %d)", runtime.NumCPU(), procs)
	switch {
	case procs == 1:
		e.say(warning, "processors", value, "with one, handlers and protocol wait for each other; give the process two")
	default:
		e.say(fine, "processors", value, "")
	}
	quota, from, ok := cpuQuota()
	switch {
	case !ok:
		e.say(fine, "processor quota", "none", "")
	case quota < 1:
		e.say(warning, "processor quota", fmt.Sprintf("%.2f processors (%s)", quota, from),
			"below one the kernel stops the process many times a second, and others may take it for silent; raise the limit")
	case float64(procs) > quota+0.5:
		e.say(told, "processor quota", fmt.Sprintf("%.2f processors (%s)", quota, from),
			"GOMAXPROCS is above the quota; the process may be stopped when all are busy")
	default:
		e.say(fine, "processor quota", fmt.Sprintf("%.2f processors (%s)", quota, from), "")
	}
}

// cpuQuota reads the limit of the control group, version 2 or 1. It is there on Linux only.
func cpuQuota() (processors float64, from string, ok bool) {
	for _, path := range quotaFiles() {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if q, ok := parseCPUMax(string(text)); ok {
			return q, path, true
		}
	}
	const v1 = "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"
	quota, err := readNumber(v1)
	period, perr := readNumber("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
	if err != nil || perr != nil || quota <= 0 || period <= 0 {
		return 0, "", false
	}
	return float64(quota) / float64(period), v1, true
}

// quotaFiles are where version 2 may keep the limit: in the process's own group, and where a container sees it.
func quotaFiles() []string {
	files := []string{"/sys/fs/cgroup/cpu.max"}
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return files
	}
	for _, line := range strings.Split(string(text), "\n") {
		if path, ok := strings.CutPrefix(line, "0::/"); ok && path != "" {
			files = append([]string{"/sys/fs/cgroup/" + path + "/cpu.max"}, files...)
		}
	}
	return files
}

// parseCPUMax reads "QUOTA PERIOD" in microseconds; "max PERIOD" is no limit.
func parseCPUMax(text string) (processors float64, ok bool) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return 0, false
	}
	quota, err := strconv.ParseInt(fields[0], 10, 64)
	period, perr := strconv.ParseInt(fields[1], 10, 64)
	if err != nil || perr != nil || quota <= 0 || period <= 0 {
		return 0, false
	}
	return float64(quota) / float64(period), true
}

func readNumber(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// timers measures how late one-millisecond timers are, as the node's loop would feel it.
func (e *examination) timers(ctx context.Context) {
	const step = time.Millisecond
	var late []time.Duration
	for end := time.Now().Add(lagTime); time.Now().Before(end); {
		before := time.Now()
		if pause(ctx, step) != nil {
			return
		}
		late = append(late, max(0, time.Since(before)-step))
	}
	if len(late) == 0 {
		return
	}
	slices.Sort(late)
	p50, worst := percentile(late, 50), late[len(late)-1]
	value := fmt.Sprintf("timers come %v late (half of %d), %v at worst", p50.Round(time.Microsecond), len(late), worst.Round(time.Microsecond))
	if worst > lagTolerable {
		e.say(warning, "loop lag", value, "the host is busy or throttled; a member that pauses for most of a second is put out")
		return
	}
	e.say(fine, "loop lag", value, "")
}

// socketBuffers compares the kernel's limits with what the transport asks for.
func (e *examination) socketBuffers() {
	for _, b := range []struct{ what, key string }{{"receive buffer", "rmem_max"}, {"send buffer", "wmem_max"}} {
		limit, err := readNumber("/proc/sys/net/core/" + b.key)
		switch {
		case err != nil:
			e.say(told, b.what, "its limit cannot be read here", "")
		case limit < bufferWanted:
			e.say(warning, b.what, fmt.Sprintf("at most %d bytes, wanted are %d", limit, bufferWanted),
				fmt.Sprintf("sysctl -w net.core.%s=%d (or CAP_NET_ADMIN for the process); without it bursts lose packets and are repaired", b.key, bufferWanted))
		default:
			e.say(fine, b.what, fmt.Sprintf("up to %d bytes", limit), "")
		}
	}
}
