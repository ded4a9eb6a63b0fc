package lockstep

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
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

// Whoever drops a large state does not wait for the system to free it: that goes on beside, little by little.
func TestLargeStatesGoBeside(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var beside []func()
		s := newSpools(t.Context(), dir, 0, func(f func()) { beside = append(beside, f) })
		defer s.close()
		key, joiner := spoolKey{1, 2}, membership.Member{ID: wire.MemberID{7}}
		s.expect(key, []membership.Member{joiner}, false)
		s.write(key, bytes.NewReader(make([]byte, spoolMemory+3*shrinkPiece)))
		file := s.byKey[key].file
		began := time.Now()
		s.loaded(key.group, joiner.ID)
		if took := time.Since(began); took != 0 || len(beside) != 1 {
			t.Fatalf("it took %v, and %d go on", took, len(beside))
		}
		if info, err := file.file.Stat(); err != nil || info.Size() != 3*shrinkPiece {
			t.Errorf("the file is gone at once: %v, %v", info, err)
		}
		beside[0]()
		if took := time.Since(began); took != 2*shrinkPause {
			t.Errorf("it went in %v, not in three pieces", took)
		}
		if _, err := file.file.Stat(); err == nil {
			t.Error("the file is still open")
		}
	})
}
