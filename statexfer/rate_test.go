package statexfer

// The rate: by itself, with the time passed in, and at both ends of streams in virtual time.

import (
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestRateGivesEachItsTime(t *testing.T) {
	r, now := NewRate(1000), time.Unix(100, 0)
	for i, c := range []struct {
		after time.Duration // since the one before
		n     int
		want  time.Duration
	}{
		{0, 500, 0},                              // nothing before it
		{0, 100, 500 * time.Millisecond},         // after the 500
		{0, 1, 600 * time.Millisecond},           // after both
		{601 * time.Millisecond, 10, 0},          // all had their time
		{time.Hour, 2000, 0},                     // nothing was saved up
		{time.Second, 1, 1 * time.Second},        // half of it is through
		{10 * time.Second, 0, 0},                 //
		{-5 * time.Second, 100, 5 * time.Second}, // a clock that goes back waits, and no more than it went back
	} {
		now = now.Add(c.after)
		if got := r.Take(now, c.n); got != c.want {
			t.Errorf("%d: waits %v, want %v", i, got, c.want)
		}
	}
	for _, none := range []int64{0, -1} {
		if r := NewRate(none); r.Take(now, 1<<40) != 0 || r.Take(now, 1) != 0 || r.chunk() != ChunkSize {
			t.Errorf("a rate of %d limits", none)
		}
	}
	for rate, want := range map[int64]int{1: chunkLeast, 40_000: 10_000, 1 << 30: ChunkSize} {
		if got := NewRate(rate).chunk(); got != want {
			t.Errorf("%d a second: chunks of %d, want %d", rate, got, want)
		}
	}
}

// TestTransfersShareTheRate: three transfers of 100,000 bytes at 10,000 a second take 30 seconds together, though nobody hears a byte for
// longer than once a second and Patience is shorter; each has its share at each moment.
func TestTransfersShareTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rate := NewRate(10_000)
		began := time.Now()
		var all sync.WaitGroup
		for range 3 {
			joiner, donor := net.Pipe()
			go Serve(t.Context(), donor, from(state(100_000)), rate)
			r, err := Fetch(t.Context(), joiner, request)
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() {
				defer r.Close()
				if _, err := io.ReadFull(r, make([]byte, 50_000)); err != nil {
					t.Error(err)
				}
				if half := time.Since(began); half < 13*time.Second || half > 17*time.Second {
					t.Errorf("half of a state after %v", half)
				}
				if err := r.Finish(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took < 29*time.Second || took > 30*time.Second {
			t.Errorf("300,000 bytes at 10,000 a second took %v", took)
		}
	})
}

// TestSlowRateKeepsItsJoiner: between two chunks lies more than Patience.
func TestSlowRateKeepsItsJoiner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		joiner, donor := net.Pipe()
		go Serve(t.Context(), donor, from(state(2*chunkLeast)), NewRate(chunkLeast/60))
		r, err := Fetch(t.Context(), joiner, request)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if err := r.Finish(); err != nil || r.Bytes() != 2*chunkLeast {
			t.Fatal(r.Bytes(), err)
		}
		if took := time.Since(began); took < 4*Patience {
			t.Errorf("took only %v", took)
		}
	})
}
