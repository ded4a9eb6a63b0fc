package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
)

func TestBenchResults(t *testing.T) {
	if got := sendResult(64, 493824, 4*time.Second).text(); got != "send 64 B: 123456 msg/s 7.90 MB/s delivered" {
		t.Error(got)
	}
	var pings []sight
	for i := 100; i > 0; i-- {
		pings = append(pings, sight{took: time.Duration(i) * time.Microsecond})
	}
	if got := delayResult("ping", 64, pings, benchResult{}).text(); got != "ping 64 B: n=100 p50 50 us p99 99 us max 100 us" {
		t.Error(got)
	}
	if got := delayResult("seen", 64, pings, benchResult{}).text(); got != "seen 64 B: n=100 p50 50 us p99 99 us" {
		t.Error(got)
	}
	if got := delayResult("ping", 64, nil, benchResult{}).text(); got != "ping 64 B: n=0 p50 0 us p99 0 us max 0 us" {
		t.Error(got)
	}
}

func TestBenchOnLoopback(t *testing.T) {
	t.Setenv(asCommand, "1") // the processes it starts are this test binary
	status, out, errText := runHere("bench", "-local", "3", "-senders", "2", "-for", "1s", "-size", "100")
	if status != statusOK {
		t.Fatalf("status %d: %s", status, errText)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[3], "send 100 B: ") || !strings.HasPrefix(lines[2], "m2: send 100 B: ") {
		t.Fatalf("said:\n%s", out)
	}
	if strings.HasPrefix(lines[3], "send 100 B: 0 ") {
		t.Errorf("nothing was delivered:\n%s", out)
	}
	status, out, errText = runHere("bench", "-local", "2", "-mode", "ping", "-order", "safe", "-for", "3s", "-pause", "1ms", "-json")
	var r benchResult
	if err := json.Unmarshal([]byte(out), &r); status != statusOK || err != nil {
		t.Fatalf("status %d, %v: %s %s", status, err, out, errText)
	}
	if r.Mode != "ping" || r.N == 0 || r.P99 < r.P50 || r.Max < r.P99 || len(r.Members) != 2 || r.Members[1].Mode != "seen" || r.Members[1].N == 0 {
		t.Errorf("%s", out)
	}
}

func TestBenchOfStructs(t *testing.T) {
	codec := lockstep.MsgpackCodec()
	for size := readingLeast; size <= readingMost; size++ {
		r, err := readingOf(size, codec)
		if err != nil {
			t.Fatal(err)
		}
		// A string of 32 bytes has a longer head than one of 31, so one size cannot be hit.
		if b, err := codec.Append(nil, &r); err != nil || len(b) < size || len(b) > size+1 {
			t.Errorf("a struct of %d bytes has %d, %v", size, len(b), err)
		}
	}
	t.Setenv(asCommand, "1")
	status, out, errText := runHere("bench", "-local", "2", "-for", "1s", "-typed", "-rate", "2000", "-json")
	var r benchResult
	if err := json.Unmarshal([]byte(out), &r); status != statusOK || err != nil {
		t.Fatalf("status %d, %v: %s %s", status, err, out, errText)
	}
	if r.Messages == 0 || r.PerSecond > 2500 || r.ProcessorSeconds <= 0 || r.HeapBytes == 0 || r.Allocations <= 0 {
		t.Errorf("%s", out)
	}
}

func TestBenchSamples(t *testing.T) {
	if err := writeSamples("", []sight{{1, 2}}); err != nil {
		t.Error(err)
	}
	name := filepath.Join(t.TempDir(), "samples")
	if err := writeSamples(name, []sight{{17, 5 * time.Microsecond}, {18, 3}}); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(name); err != nil || string(b) != "17 5000\n18 3\n" {
		t.Errorf("%q, %v", b, err)
	}
	if err := writeSamples(filepath.Join(name, "below"), nil); err == nil {
		t.Error("a file below a file was written")
	}
}

func TestPeakMemory(t *testing.T) {
	for status, want := range map[string]uint64{"VmPeak:\t 99 kB\nVmHWM:\t   12 kB\nVmRSS:\t 3 kB\n": 12 << 10, "": 0, "VmHWM: much kB": 0, "VmHWM: 5 MB": 0} {
		if got := parsePeak(status); got != want {
			t.Errorf("%q: %d, want %d", status, got, want)
		}
	}
}

func TestSightsAreKeptInOrder(t *testing.T) {
	var s sights
	const n = 2*sightsPiece + 1
	for i := range n {
		s.add(sight{sent: int64(i)})
	}
	for i, it := range s.all() {
		if it.sent != int64(i) {
			t.Fatalf("place %d has %d", i, it.sent)
		}
	}
	if len(s.all()) != n || s.n != n {
		t.Errorf("%d and %d of %d are there", len(s.all()), s.n, n)
	}
}
