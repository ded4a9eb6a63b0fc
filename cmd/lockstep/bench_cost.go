package main

// What a bench costs its process: processor time, memory, allocations.

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// A benchCost is a part of the result that only -json prints.
type benchCost struct {
	ProcessorSeconds float64 `json:"cpu_s"`      // during the run
	PeakBytes        uint64  `json:"rss_peak"`   // the most memory that the process ever had resident; 0 where the system does not tell
	HeapBytes        uint64  `json:"heap"`       // the most that the Go heap took of the system
	Allocations      float64 `json:"allocs_msg"` // for each message delivered here
}

// A costMark is what was used until now.
type costMark struct {
	processor   float64 // seconds
	allocations uint64
	heap        uint64
}

func takeCost() costMark {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return costMark{processor: processorTime().Seconds(), allocations: m.Mallocs, heap: m.HeapSys}
}

// since is the cost of what happened after an earlier mark, when so many messages were delivered.
func (c costMark) since(before costMark, messages uint64) benchCost {
	b := benchCost{ProcessorSeconds: c.processor - before.processor, HeapBytes: c.heap, PeakBytes: peakMemory()}
	if messages > 0 {
		b.Allocations = float64(c.allocations-before.allocations) / float64(messages)
	}
	return b
}

// peakMemory reads what Linux says of this process.
func peakMemory() uint64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	return parsePeak(string(b))
}

// parsePeak finds the line "VmHWM:   123 kB".
func parsePeak(status string) uint64 {
	for line := range strings.Lines(status) {
		f := strings.Fields(line)
		if len(f) == 3 && f[0] == "VmHWM:" && f[2] == "kB" {
			n, err := strconv.ParseUint(f[1], 10, 54)
			if err != nil {
				return 0
			}
			return n << 10
		}
	}
	return 0
}
