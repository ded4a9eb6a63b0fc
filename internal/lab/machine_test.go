//go:build linux

package lab

import (
	"slices"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values       []time.Duration
		middle, most time.Duration
	}{
		{nil, 0, 0},
		{[]time.Duration{7}, 7, 7},
		{[]time.Duration{9, 1, 5}, 5, 9},
		{[]time.Duration{8, 2, 4, 100}, 6, 100},
	} {
		given := slices.Clone(c.values)
		if got := Median(c.values); got != c.middle {
			t.Errorf("median of %v is %v, want %v", c.values, got, c.middle)
		}
		if got := Largest(c.values); got != c.most {
			t.Errorf("largest of %v is %v, want %v", c.values, got, c.most)
		}
		if !slices.Equal(given, c.values) {
			t.Errorf("%v was sorted in place", given)
		}
	}
}

func TestProcFiles(t *testing.T) {
	const stat = "4711 (a ) 9 b) S 1 4711 4711 0 -1 4194304 100 0 0 0 123 45 0 0 20 0 8 0 1000 1 1"
	if got, err := ParseProcessTime(stat); err != nil || got != 1680*time.Millisecond {
		t.Errorf("%v, %v; want 1.68s", got, err)
	}
	if got, stolen, err := parseBusy("cpu  100 10 50 9000 800 1 2 7 0 0"); err != nil || got != 1630*time.Millisecond || stolen != 70*time.Millisecond {
		t.Errorf("%v and %v, %v; want 1.63s, for idle and iowait are not work, and 70ms", got, stolen, err)
	}
	for _, bad := range []string{"", "4711 a S 1", "1 (x) S 1 2"} {
		if d, err := ParseProcessTime(bad); err == nil {
			t.Errorf("%q was read as %v", bad, d)
		}
		if d, _, err := parseBusy(bad); err == nil {
			t.Errorf("%q was read as %v", bad, d)
		}
	}
	if u := TakeUsage(); !u.measurable || u.busy <= 0 || u.load == "" {
		t.Errorf("of this machine: %+v", u)
	}
}

func TestLockserviceLine(t *testing.T) {
	if got, err := parseLockserviceLine("lockservice: 3 members, 45678 locks/s, 1 crash survived, 0 violations"); err != nil || got != 45678 {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{
		"", "lockservice: started", "lockservice: 3 members, 45678 locks/s, 1 crash survived, 2 violations",
		"lockservice: 3 members, 45678 locks/s, 0 crash survived, 0 violations",
	} {
		if got, err := parseLockserviceLine(bad); err == nil {
			t.Errorf("%q was taken for %v", bad, got)
		}
	}
}
