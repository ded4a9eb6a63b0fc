package main

// What a bench measured, and how it is said.

import (
	"fmt"
	"slices"
	"time"

	"github.com/lockstep-go/lockstep"
)

// A benchResult is what one process measured. Mode is send, ping, seen, load or join, and says which other fields count.
type benchResult struct {
	Mode string `json:"mode"`
	Size int    `json:"size"` // bytes of payload
	// of a send, and of what was sent beside a ping
	Messages  uint64  `json:"messages,omitempty"` // delivered here during the run
	Seconds   float64 `json:"seconds,omitempty"`  // of the run
	PerSecond float64 `json:"msg_per_s,omitempty"`
	Megabytes float64 `json:"mb_per_s,omitempty"` // 1e6 bytes of payload a second
	// of a ping and of what was seen of one
	N   int   `json:"n,omitempty"`
	P50 int64 `json:"p50_us,omitempty"`
	P99 int64 `json:"p99_us,omitempty"`
	Max int64 `json:"max_us,omitempty"`
	benchCost
	joinResult
	Node *lockstep.Stats `json:"node,omitempty"` // what the node counted since its start
	// of -local
	Members []memberResult `json:"members,omitempty"`
}

// memberResult is one process's part in a -local run.
type memberResult struct {
	Name string `json:"name"`
	benchResult
}

// sendResult is what a process delivered.
func sendResult(size int, messages uint64, took time.Duration) benchResult {
	r := benchResult{Mode: "send", Size: size, Messages: messages, Seconds: took.Seconds()}
	if took > 0 {
		r.PerSecond = float64(messages) / took.Seconds()
		r.Megabytes = r.PerSecond * float64(size) / 1e6
	}
	return r
}

// delayResult adds what single messages took to what was delivered meanwhile.
func delayResult(mode string, size int, pings []sight, r benchResult) benchResult {
	r.Mode, r.Size, r.N = mode, size, len(pings)
	if len(pings) == 0 {
		return r
	}
	delays := make([]time.Duration, len(pings))
	for i, p := range pings {
		delays[i] = p.took
	}
	slices.Sort(delays)
	r.P50 = percentile(delays, 50).Microseconds()
	r.P99 = percentile(delays, 99).Microseconds()
	r.Max = delays[len(delays)-1].Microseconds()
	return r
}

// percentile is the smallest of the sorted delays that at least p percent do not exceed.
func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// text is the line that others parse.
func (r benchResult) text() string {
	switch r.Mode {
	case "ping":
		return fmt.Sprintf("ping %d B: n=%d p50 %d us p99 %d us max %d us", r.Size, r.N, r.P50, r.P99, r.Max)
	case "load":
		return fmt.Sprintf("load %d B: %.0f msg/s delivered, p50 %d us p99 %d us max %d us", r.Size, r.PerSecond, r.P50, r.P99, r.Max)
	case "join":
		return r.joinResult.text()
	case "seen":
		return fmt.Sprintf("seen %d B: n=%d p50 %d us p99 %d us", r.Size, r.N, r.P50, r.P99)
	}
	return fmt.Sprintf("send %d B: %.0f msg/s %.2f MB/s delivered", r.Size, r.PerSecond, r.Megabytes)
}
