//go:build linux

package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	o, err := parseOptions([]string{"-only", "kill,cut", "-skip-cut"}, io.Discard)
	if err != nil || !slices.Equal(o.only, []string{"kill"}) {
		t.Errorf("%v, %v", o.only, err)
	}
	if o, err = parseOptions(nil, io.Discard); err != nil || len(o.only) != len(parts) || o.times != 10 {
		t.Errorf("by default %+v, %v", o, err)
	}
	for _, bad := range []string{"-only jump", "-times 0", "more", "-idle-for 1ms"} {
		if o, err := parseOptions(strings.Fields(bad), io.Discard); err == nil {
			t.Errorf("%q was taken for %+v", bad, o)
		}
	}
}

// What stood still for a while comes back late, and counts where it came back.
func TestSpans(t *testing.T) {
	const second = int64(time.Second)
	var sent []trip
	for at := int64(0); at < 10; at++ {
		took := second / 10
		if at == 5 {
			took = 3 * second
		}
		sent = append(sent, trip{at * second, took})
	}
	if got := spanOf(sent, 0, 5*second); got != (span{1, 100 * time.Millisecond, 100 * time.Millisecond}) {
		t.Errorf("%+v", got)
	}
	if got := spanOf(sent, 5*second, 7*second); got != (span{0.5, 100 * time.Millisecond, 100 * time.Millisecond}) {
		t.Errorf("%+v", got)
	}
	if got := spanOf(sent, 7*second, 9*second); got != (span{1.5, 100 * time.Millisecond, 3 * time.Second}) {
		t.Errorf("%+v", got)
	}
	if got := spanOf(sent, 3, 3); got != (span{}) {
		t.Errorf("%+v", got)
	}
	name := filepath.Join(t.TempDir(), "samples")
	if err := os.WriteFile(name, []byte("20 5\n10 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := readTrips(name); err != nil || !slices.Equal(got, []trip{{10, 7}, {20, 5}}) {
		t.Errorf("%v, %v", got, err)
	}
	if err := os.WriteFile(name, []byte("20 x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readTrips(name); err == nil {
		t.Error("nonsense was read")
	}
}
