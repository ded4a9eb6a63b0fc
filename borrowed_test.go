package lockstep_test

// Handlers that are lent the bytes of a message, and handlers that keep them: all see what was sent, however it came.

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

type (
	lent []byte
	kept []byte
	told struct{ Text []byte }
)

// patterned is a message that says how it must look.
func patterned(n, size int) []byte {
	b := bytes.Repeat([]byte{byte(n)}, size)
	b[size-1] = byte(size)
	return b
}

func intact(b []byte) bool {
	return len(b) > 0 && b[len(b)-1] == byte(len(b)) && bytes.Count(b, b[:1]) >= len(b)-1
}

// A perusal is one member's: what it kept, and how much of what it was lent was as it had been sent.
type perusal struct {
	mu        sync.Mutex
	kept      [][]byte
	lent, bad int
}

func (s *perusal) look(b []byte, keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !intact(b) {
		s.bad++
	}
	if keep {
		s.kept = append(s.kept, b)
	} else {
		s.lent++
	}
}

func TestBorrowedAndKept(t *testing.T) {
	const rounds = 150
	sizes := []int{2, 64, 1024, 1400, 8192, 70_000}
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		perusals, g := make([]*perusal, c.Len()), make([]*lockstep.Group, c.Len())
		c.Each(func(ctx context.Context, i int, node *lockstep.Node) error {
			s := &perusal{}
			perusals[i], g[i] = s, node.Group("g", lockstep.GroupConfig{Stateless: true})
			lockstep.Handle(g[i], func(_ context.Context, _ lockstep.Message, b lent) { s.look(b, false) }, lockstep.Borrowed())
			lockstep.Handle(g[i], func(_ context.Context, _ lockstep.Message, b kept) { s.look(b, true) })
			lockstep.Handle(g[i], func(_ context.Context, _ lockstep.Message, v told) { s.look(v.Text, true) })
			return g[i].Join(ctx)
		})
		for n := range rounds {
			for _, size := range sizes {
				b := patterned(n, size)
				for k, v := range []any{lent(b), kept(b), told{b}} {
					if err := g[(n+k)%len(g)].OrderedSend(t.Context(), v); err != nil {
						t.Fatal(err)
					}
				}
				clear(b) // a send has copied it
			}
		}
		want := rounds * len(sizes)
		for i, s := range perusals {
			c.Want(time.Minute, "all is handled", func() bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.lent == want && len(s.kept) == 2*want
			})
			s.mu.Lock()
			for _, b := range s.kept {
				if !intact(b) {
					t.Fatalf("member %d: %d bytes changed after they were given away", i, len(b))
				}
				clear(b) // its own: nobody else's changes
			}
			if s.bad > 0 {
				t.Errorf("member %d was handed %d messages that nobody sent", i, s.bad)
			}
			s.mu.Unlock()
		}
	})
}

func TestBorrowedIsForBytes(t *testing.T) {
	locksteptest.Run(t, 1, func(t *testing.T, c *locksteptest.Cluster) {
		g := c.Node(0).Group("g", lockstep.GroupConfig{Stateless: true})
		defer func() {
			if recover() == nil {
				t.Error("a struct cannot be borrowed")
			}
		}()
		lockstep.Handle(g, func(context.Context, lockstep.Message, told) {}, lockstep.Borrowed())
	})
}
