package membership

// Chains: every field of a packet counts, and the order; and what a packet costs.

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

func chainOf(packets ...*wire.Data) Chain {
	var c Chain
	for _, d := range packets {
		c.packet(d, crc32.MakeTable(crc32.Castagnoli))
	}
	return c
}

func TestEveryFieldChangesAChain(t *testing.T) {
	fresh := func() *wire.Data {
		return &wire.Data{Origin: 1, Seq: 9, Position: 100, Prev: 2, Control: 3, Chunks: []wire.Chunk{
			{Group: 5, Kind: wire.KindApp, Order: wire.OrderAgreed, Flags: wire.ChunkFirst | wire.ChunkLast, Payload: []byte("one")},
			{Group: 6, Kind: wire.KindApply, Order: wire.OrderSafe, Flags: wire.ChunkFirst, Total: 5000, Payload: []byte("two")},
		}}
	}
	want := chainOf(fresh())
	if again := chainOf(fresh()); again != want || want.Count != 1 {
		t.Fatalf("equal packets: %+v and %+v", want, again)
	}
	seen := map[uint64]string{want.Sum: "nothing"}
	for name, change := range map[string]func(*wire.Data){
		"origin": func(d *wire.Data) { d.Origin++ }, "seq": func(d *wire.Data) { d.Seq++ }, "position": func(d *wire.Data) { d.Position++ },
		"prev": func(d *wire.Data) { d.Prev++ }, "control": func(d *wire.Data) { d.Control++ }, "flags": func(d *wire.Data) { d.Flags++ },
		"a chunk less": func(d *wire.Data) { d.Chunks = d.Chunks[:1] }, "chunks the other way": func(d *wire.Data) { d.Chunks[0], d.Chunks[1] = d.Chunks[1], d.Chunks[0] },
		"group": func(d *wire.Data) { d.Chunks[0].Group++ }, "kind": func(d *wire.Data) { d.Chunks[0].Kind++ }, "order": func(d *wire.Data) { d.Chunks[0].Order++ },
		"chunk's flags": func(d *wire.Data) { d.Chunks[0].Flags ^= 1 }, "total": func(d *wire.Data) { d.Chunks[1].Total++ },
		"a bit": func(d *wire.Data) { d.Chunks[1].Payload[2] ^= 1 }, "a byte less": func(d *wire.Data) { d.Chunks[1].Payload = d.Chunks[1].Payload[:2] },
		"empty": func(d *wire.Data) { d.Chunks[1].Payload = nil },
	} {
		d := fresh()
		change(d)
		sum := chainOf(d).Sum
		if other, twice := seen[sum]; twice {
			t.Errorf("%s changed makes the sum of %s changed", name, other)
		}
		seen[sum] = name
	}
	second := fresh()
	second.Seq++
	if chainOf(fresh(), second).Sum == chainOf(second, fresh()).Sum {
		t.Error("the order does not count")
	}
}

// BenchmarkChain is what the check costs a delivered packet full of messages.
func BenchmarkChain(b *testing.B) {
	for _, size := range []int{64, 1024, 8192} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			d := &wire.Data{Seq: 1, Position: 1}
			for room := 8800; room >= size+wire.ChunkHeaderSize; room -= size + wire.ChunkHeaderSize {
				d.Chunks = append(d.Chunks, wire.Chunk{Group: 7, Kind: wire.KindApp, Order: wire.OrderAgreed, Flags: 3, Payload: bytes.Repeat([]byte{'x'}, size)})
			}
			table := crc32.MakeTable(crc32.Castagnoli)
			var c Chain
			b.SetBytes(int64(size * len(d.Chunks)))
			for b.Loop() {
				c.packet(d, table)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(d.Chunks)), "ns/message")
		})
	}
}
