package lockstep

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// A state is written to disk no faster than eight times the rate at which it is given, what fits in memory at once; and read back whole.
func TestSpoolKeepsToItsRate(t *testing.T) {
	for _, rate := range []int{0, 1 << 20} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			s := newSpools(t.Context(), dir, rate, func(f func()) { go f() })
			defer s.close()
			text := bytes.Repeat([]byte("0123456789abcdef"), (spoolMemory+8<<20)/16)
			key := spoolKey{1, 2}
			s.expect(key, nil, false)
			began := time.Now()
			s.write(key, bytes.NewReader(text))
			want := 8 << 20 * time.Second / (spoolFaster << 20)
			if rate == 0 {
				want = 0
			}
			if took := time.Since(began); took < want-10*time.Millisecond || took > want+10*time.Millisecond {
				t.Errorf("at %d a second it took %v, want %v", rate, took, want)
			}
			src, err := s.open(t.Context(), key, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			if got, err := io.ReadAll(src); err != nil || !bytes.Equal(got, text) || src.Size != uint64(len(text)) {
				t.Errorf("%d bytes of %d came back, %v", len(got), len(text), err)
			}
			if states, kept := s.kept(); states != 1 || kept != int64(len(text)) {
				t.Errorf("%d states of %d bytes are kept", states, kept)
			}
		})
	}
}
