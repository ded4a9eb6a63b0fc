package lockstep

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
)

// TestScratchFile appends pieces of all lengths, while another goroutine reads what is there already, past the page cache and in it.
func TestScratchFile(t *testing.T) {
	for _, past := range []bool{true, false} {
		f, err := newScratchFile(t.TempDir(), "scratch-*")
		if err != nil {
			t.Fatal(err)
		}
		defer f.drop()
		if !past && f.past {
			f.past = passCache(f.file, false) != nil
		}
		if f.past != past {
			t.Log("the page cache cannot be passed here: only what goes through it is tested")
		}
		rng := rand.New(rand.NewPCG(1, 2))
		all := make([]byte, 3*scratchBlock+123)
		for i := range all {
			all[i] = byte(rng.Uint32())
		}
		check := func(rng *rand.Rand, there int) {
			at := rng.IntN(there + 1)
			got := make([]byte, rng.IntN(scratchBlock*3/2))
			n, err := f.ReadAt(got, int64(at))
			want := all[at:min(there, at+len(got))]
			if n < len(want) || !bytes.Equal(got[:len(want)], want) || n == len(got) != (err == nil) || err != nil && !errors.Is(err, io.EOF) {
				t.Errorf("past the cache %v: %d of %d bytes at %d, when there are %d: %v", past, n, len(got), at, there, err)
			}
		}
		var reader sync.WaitGroup
		stop := make(chan bool)
		reader.Go(func() {
			rng := rand.New(rand.NewPCG(3, 4))
			for {
				select {
				case <-stop:
					return
				default:
					check(rng, int(f.end()))
				}
			}
		})
		for n := 0; n < len(all); {
			k := min(1+rng.IntN(scratchBlock/(1+rng.IntN(200))), len(all)-n)
			if at, err := f.append(all[n : n+k]); err != nil || at != int64(n) {
				t.Fatalf("%d bytes at %d: %d, %v", k, n, at, err)
			}
			n += k
			check(rng, n)
		}
		close(stop)
		reader.Wait()
		if err := f.finish(); err != nil {
			t.Fatal(err)
		}
		for range 50 {
			check(rng, len(all))
		}
		got, err := io.ReadAll(io.NewSectionReader(f, 0, f.end()))
		if err != nil || !bytes.Equal(got, all) || len(f.tail) != 0 {
			t.Errorf("past the cache %v: %d bytes of %d, %d in memory: %v", past, len(got), len(all), len(f.tail), err)
		}
		if _, err := f.append([]byte("more")); !errors.Is(err, os.ErrClosed) {
			t.Error("something was appended behind the end:", err)
		}
	}
}
