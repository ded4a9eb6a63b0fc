package lockstep

// What a message costs on its way from Send to a handler, apart from the network: here and in the benchmarks the ring has one member.

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

type reading struct {
	ID    uint64
	Name  string
	Score float64
	Tags  []byte
}

// A pathGroup is a group of one whose handlers count.
type pathGroup struct {
	*Group
	handled atomic.Int64
	want    atomic.Int64
	there   chan struct{} // as many were handled as are wanted
}

func (g *pathGroup) count() {
	if g.handled.Add(1) == g.want.Load() {
		g.there <- struct{}{}
	}
}

func newPathGroup(t testing.TB) *pathGroup {
	t.Helper()
	tr, err := memnet.New(memnet.Config{}).Listen("10.0.0.1:7946")
	if err != nil {
		t.Fatal(err)
	}
	n, err := Start(t.Context(), Config{Name: "a", Transport: tr, InsecureNoKey: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	g := &pathGroup{Group: n.Group("g", GroupConfig{Stateless: true}), there: make(chan struct{}, 1)}
	Handle(g.Group, func(context.Context, Message, []byte) { g.count() })
	Handle(g.Group, func(context.Context, Message, reading) { g.count() })
	if err := g.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	return g
}

// sendAll sends a value count times and waits until all are handled.
func (g *pathGroup) sendAll(t testing.TB, v any, count int) {
	g.want.Add(int64(count))
	for range count {
		if err := g.OrderedSend(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	<-g.there
}

// TestEncodingAllocatesNothing: messages lie next to each other. The value is an interface already, as who sends many of one kind can
// arrange.
func TestEncodingAllocatesNothing(t *testing.T) {
	g := newPathGroup(t)
	plain := make([]byte, 64)
	for name, v := range map[string]any{"bytes": plain, "a pointer to bytes": &plain} {
		if n := testing.AllocsPerRun(5000, func() {
			if _, err := g.encode("send", wire.KindApp, v); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %.2f allocations a message", name, n)
		}
	}
}

// TestAllocationsOfAMessage: one for the value that its handler is given, and little for what many messages share: less where more come
// together, which on a busy machine are few.
func TestAllocationsOfAMessage(t *testing.T) {
	g := newPathGroup(t)
	var v any = make([]byte, 64)
	const count = 20000
	g.sendAll(t, v, count) // buffers grow
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	g.sendAll(t, v, count)
	runtime.ReadMemStats(&after)
	if per := float64(after.Mallocs-before.Mallocs) / count; per > 3.9 {
		t.Errorf("%.2f allocations a message", per)
	} else {
		t.Logf("%.2f allocations and %d bytes a message", per, (after.TotalAlloc-before.TotalAlloc)/count)
	}
}

func BenchmarkMessage(b *testing.B) {
	for name, v := range map[string]any{
		"bytes": make([]byte, 64), "struct": reading{ID: 7, Name: "lockstep", Score: 1.5, Tags: make([]byte, 24)},
		"kilobyte": make([]byte, 1024),
	} {
		b.Run(name, func(b *testing.B) {
			g := newPathGroup(b)
			b.ReportAllocs()
			b.ResetTimer()
			g.sendAll(b, v, b.N)
		})
	}
}
