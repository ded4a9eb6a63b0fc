//go:build linux

package lab

// What the machine is and how busy it was, from /proc.

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticksPerSecond is the unit of times in /proc: USER_HZ, which is 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// firstLine reads the first line of a file; nothing when it cannot be read.
func firstLine(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

// kernelRelease is what "uname -r" says.
func kernelRelease() string { return firstLine("/proc/sys/kernel/osrelease") }

func processorModel() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// Machine is the line that says what was measured where: cores, kernel, Go, and the commit of lockstep.
func (b *Bench) Machine(ctx context.Context) string {
	commit, err := b.Run(ctx, nil, "git", "describe", "--always", "--dirty")
	if err != nil {
		commit = "unknown"
	}
	version, err := b.Run(ctx, nil, "go", "env", "GOVERSION")
	if err != nil {
		version = runtime.Version()
	}
	return fmt.Sprintf("%d cores (%s), Linux %s, %s %s/%s, lockstep %s", runtime.NumCPU(), processorModel(), kernelRelease(),
		strings.TrimSpace(version), runtime.GOOS, runtime.GOARCH, strings.TrimSpace(commit))
}

// A Usage is the processor time used so far, on the whole machine and by this program with its children.
type Usage struct {
	at         time.Time
	load       string        // of the last minute
	busy       time.Duration // of all cores
	stolen     time.Duration // of all cores, by the machine that this one is a guest of
	ours       time.Duration // of children that have ended, and of theirs
	measurable bool
}

// TakeUsage looks now.
func TakeUsage() Usage {
	u := Usage{at: time.Now()}
	u.load, _, _ = strings.Cut(firstLine("/proc/loadavg"), " ")
	busy, stolen, err := parseBusy(firstLine("/proc/stat"))
	u.busy, u.stolen, u.measurable = busy, stolen, err == nil
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		if err := syscall.Getrusage(who, &r); err != nil {
			u.measurable = false
			continue
		}
		u.ours += time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	return u
}

// Until says what happened on the machine between two usages.
func (u Usage) Until(v Usage) string {
	text := fmt.Sprintf("(load average %s before, %s after", u.load, v.load)
	took := v.at.Sub(u.at)
	if u.measurable && v.measurable && took > 0 {
		others := max(0, (v.busy-u.busy)-(v.ours-u.ours))
		stolen := max(0, v.stolen-u.stolen)
		text += fmt.Sprintf("; meanwhile others used %.2f of %d cores, and the host took %.2f", others.Seconds()/took.Seconds(),
			runtime.NumCPU(), stolen.Seconds()/took.Seconds())
	}
	return text + ")"
}

// parseBusy reads the first line of /proc/stat: user nice system idle iowait irq softirq steal. Idle and iowait are not work.
func parseBusy(line string) (busy, stolen time.Duration, err error) {
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return 0, 0, fmt.Errorf("/proc/stat begins with %q", line)
	}
	for _, i := range []int{1, 2, 3, 6, 7} {
		d, err := ticks(f[i])
		if err != nil {
			return 0, 0, err
		}
		busy += d
	}
	stolen, err = ticks(f[8])
	return busy, stolen, err
}

// ParseProcessTime reads /proc/PID/stat: the time a process has used, in user and in system mode, its ended threads included. The
// name, in parentheses, may hold anything.
func ParseProcessTime(stat string) (time.Duration, error) {
	end := strings.LastIndexByte(stat, ')')
	f := strings.Fields(stat[end+1:])
	if end < 0 || len(f) < 13 {
		return 0, fmt.Errorf("a process's stat is %q", stat)
	}
	user, err := ticks(f[11]) // field 14 in proc(5), which counts from 1 and has two before the parenthesis ends
	if err != nil {
		return 0, err
	}
	system, err := ticks(f[12])
	return user + system, err
}

func ticks(s string) (time.Duration, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Duration(n) * (time.Second / ticksPerSecond), err
}
