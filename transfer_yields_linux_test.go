package lockstep_test

import (
	"context"
	"io"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// A pace notes how nice the thread is on which each function of a State runs.
type pace struct {
	mu   sync.Mutex
	seen map[string]int
}

func (p *pace) note(function string) {
	priority, err := unix.Getpriority(unix.PRIO_PROCESS, unix.Gettid())
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[function] = 20 - priority // the kernel's answer is never negative
}

// A pacedState is of one byte.
type pacedState struct{ *pace }

func (p pacedState) WriteTo(w io.Writer) (int64, error) {
	p.note("WriteTo")
	n, err := w.Write([]byte{1})
	return int64(n), err
}

// A pacedDelta is one that can be sent in part.
type pacedDelta struct{ *pace }

func (p pacedDelta) WriteTo(w io.Writer) (int64, error) {
	p.note("DeltaWriter.WriteTo")
	n, err := w.Write([]byte{1})
	return int64(n), err
}

func (p pacedDelta) WriteDelta(w io.Writer, _ []byte) (int64, error) {
	p.note("WriteDelta")
	n, err := w.Write([]byte{1})
	return int64(n), err
}

// TestTransferYields has one member load a whole state, one the whole of what can be sent in part, and one a part: all that is written and
// read runs on threads that yield, and what stops the group's messages meanwhile does not.
func TestTransferYields(t *testing.T) {
	base, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	locksteptest.Run(t, 1, func(t *testing.T, c *locksteptest.Cluster) {
		p := &pace{seen: map[string]int{}}
		delta, have := false, []byte(nil)
		setup := func(_ int, g *lockstep.Group) {
			g.OnState(lockstep.State{
				Save: func(lockstep.View) (io.WriterTo, error) {
					p.note("Save")
					if delta {
						return pacedDelta{p}, nil
					}
					return pacedState{p}, nil
				},
				Load: func(_ context.Context, r io.Reader) error {
					p.note("Load")
					_, err := io.Copy(io.Discard, r)
					return err
				},
				Have: func() []byte { return have },
				LoadDelta: func(_ context.Context, r io.Reader) error {
					p.note("LoadDelta")
					_, err := io.Copy(io.Discard, r)
					return err
				},
			})
		}
		c.Join("g", lockstep.GroupConfig{}, setup)
		for range 3 {
			g := c.Node(c.Add()).Group("g", lockstep.GroupConfig{})
			setup(0, g)
			if err := g.Join(t.Context()); err != nil {
				t.Fatal(err)
			}
			if delta {
				have = []byte("a part")
			}
			delta = true
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		own := 20 - base
		for function, want := range map[string]int{"Save": own, "WriteTo": max(own, 10), "DeltaWriter.WriteTo": max(own, 10),
			"WriteDelta": max(own, 10), "Load": max(own, 10), "LoadDelta": max(own, 10)} {
			if got, ran := p.seen[function]; !ran || got != want {
				t.Errorf("%s: ran %v, niceness %d, want %d", function, ran, got, want)
			}
		}
	})
}
