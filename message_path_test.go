package lockstep

// What a message costs on its way from Send to a handler, apart from the network: here and in the benchmarks the ring has one member.

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/lockstep-go/lockstep/transport/memnet"
)

type reading struct {
	ID    uint64
	Name  string
	Score float64
	Tags  []byte
}

// pathGroup is a group of one whose handlers count.
func pathGroup(t testing.TB) (g *Group, handled *atomic.Int64) {
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
	handled = new(atomic.Int64)
	g = n.Group("g", GroupConfig{Stateless: true})
	Handle(g, func(context.Context, Message, []byte) { handled.Add(1) })
	Handle(g, func(context.Context, Message, reading) { handled.Add(1) })
	if err := g.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	return g, handled
}

// sendAll sends a value count times and waits until all are handled.
func sendAll(t testing.TB, g *Group, v any, count int) {
	for range count {
		if err := g.OrderedSend(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestAllocationsOfAMessage: none of its own from Send to the wire, one for the value that its handler is given, and little for what
// many messages share. The value is an interface already, as who sends many of one kind can arrange.
func TestAllocationsOfAMessage(t *testing.T) {
	g, handled := pathGroup(t)
	var v any = make([]byte, 64)
	const count = 20000
	sendAll(t, g, v, count) // buffers grow
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sendAll(t, g, v, count)
	runtime.ReadMemStats(&after)
	if n := handled.Load(); n != 2*count {
		t.Fatalf("%d messages were handled, want %d", n, 2*count)
	}
	if per := float64(after.Mallocs-before.Mallocs) / count; per > 1.9 {
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
			g, _ := pathGroup(b)
			b.ReportAllocs()
			b.ResetTimer()
			sendAll(b, g, v, b.N)
		})
	}
}
