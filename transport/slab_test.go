package transport_test

import (
	"bytes"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
)

// TestSlabs has data in memory that is filled anew when the last hold on it is released, and not before.
func TestSlabs(t *testing.T) {
	a, b := loopback(t, alice), loopback(t, bob)
	var packets []transport.Packet
	text := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 1000) }
	send := func(n int) {
		for range n {
			a.Send([]transport.Outgoing{{To: to(b), Class: wire.ClassData, Body: text(len(packets))}})
			var err error
			if packets, err = b.Receive(packets); err != nil {
				t.Fatal(err)
			}
		}
	}
	slabs := func() (n int) {
		seen := map[*transport.Slab]bool{}
		for _, p := range packets {
			seen[p.Slab] = true
		}
		return len(seen)
	}
	send(200) // about three slabs full
	full := slabs()
	if full < 3 {
		t.Fatalf("200 packets lie in %d slabs", full)
	}
	first := packets[0].Slab
	first.Hold() // as for a message that waits for its handler
	for _, p := range packets[:100] {
		p.Slab.Release()
	}
	kept := packets[100:]
	for i, p := range kept {
		if !bytes.Equal(p.Body, text(100+i)) {
			t.Fatalf("packet %d was written over while it was held", 100+i)
		}
	}
	if !bytes.Equal(packets[0].Body, text(0)) {
		t.Error("the first packet was written over, on which there is a hold more")
	}
	first.Release()
	for _, p := range kept {
		p.Slab.Release()
	}
	given := map[*transport.Slab]bool{}
	filling := packets[len(packets)-1].Slab
	for range 50 { // a slab that was given back may be dropped, but not every time
		for _, p := range packets {
			if p.Slab != filling {
				given[p.Slab] = true
			}
		}
		packets = nil
		send(100)
		for _, p := range packets {
			if given[p.Slab] {
				return
			}
		}
		filling = packets[len(packets)-1].Slab
		for _, p := range packets {
			p.Slab.Release()
		}
	}
	t.Error("no slab that was given back was filled again")
}

// TestOnlyDataLiesInSlabs has what is no data, what came in parts, and what is too large for a slab in memory of which nobody need know.
func TestOnlyDataLiesInSlabs(t *testing.T) {
	a, b := loopback(t, alice), loopback(t, bob)
	a.Send([]transport.Outgoing{
		{To: to(b), Class: wire.ClassData, Body: make([]byte, 100)},
		{To: to(b), Class: wire.ClassToken, Body: make([]byte, 100)},
		{To: to(b), Class: wire.ClassControl, Body: make([]byte, 30000)},
	})
	for _, p := range take(t, b, 3) {
		if (p.Slab != nil) != (p.Header.Class == wire.ClassData) {
			t.Errorf("class %v, %d bytes: slab %v", p.Header.Class, len(p.Body), p.Slab != nil)
		}
	}
}

// TestReleasedTooOften has a release without a hold found at once: what it would do later is worse.
func TestReleasedTooOften(t *testing.T) {
	a, b := loopback(t, alice), loopback(t, bob)
	a.Send([]transport.Outgoing{{To: to(b), Class: wire.ClassData, Body: []byte("text")}})
	p := take(t, b, 1)[0]
	defer func() {
		if recover() == nil {
			t.Error("three releases of two holds passed")
		}
	}()
	for range 3 {
		p.Slab.Release()
	}
}

// TestSlabsOfAllSizes has room for whatever it is asked for, in memory that is used again, and wastes little.
func TestSlabsOfAllSizes(t *testing.T) {
	var p transport.Slabs
	for size := 1; size <= 70_000; size += 1 + size/100 {
		room, s := p.Get(size)
		if len(room) != 0 || cap(room) != size || (s == nil) != (size > 1<<16) {
			t.Fatalf("%d bytes: room for %d, %v", size, cap(room), s)
		}
		if s == nil {
			continue
		}
		room = append(room, make([]byte, size)...)
		if whole := transport.SlabSize(s); whole < size || whole > max(150, size+size/8+1) {
			t.Fatalf("%d bytes take %d", size, whole)
		}
		again := false
		for range 50 { // a slab that was given back may be dropped, but not every time
			s.Release()
			other, next := p.Get(size)
			again = again || &other[:1][0] == &room[0]
			room, s = other[:size], next
		}
		if !again {
			t.Errorf("memory of %d bytes is not used again", size)
		}
	}
}
