package transport_test

// Counters: every 2^28 packets another key, without a word and without a loss; and an end at the last one.

import (
	"bytes"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

func startAt(counter uint64) func(*transport.EndpointConfig) {
	return func(c *transport.EndpointConfig) { c.Counter = counter }
}

// Outside a ring, on a ring, and in the middle of a packet in parts.
func TestANewKeyEvery2To28Packets(t *testing.T) {
	network := memnet.New(memnet.Config{})
	const border = 3 << 28
	a, b := endpoint(t, memListen(t, network), alice, startAt(border-4)), endpoint(t, memListen(t, network), bob, nil)
	for _, ring := range []uint64{0, 77} {
		a.InstallRing(ring, [32]byte{5})
		b.InstallRing(ring, [32]byte{5})
		large := bytes.Repeat([]byte{7}, 3*a.MaxBody())
		out := []transport.Outgoing{{To: to(b), Context: ring, Body: []byte("before")}, {To: to(b), Context: ring, Body: []byte("still")},
			{To: to(b), Context: ring, Body: large}, {To: to(b), Context: ring, Body: []byte("after")}}
		a.Send(out)
		got := take(t, b, len(out))
		for i, p := range got {
			if !bytes.Equal(p.Body, out[i].Body) {
				t.Errorf("ring %d: packet %d is not what was sent", ring, i)
			}
		}
		if first, last := got[0].Header.Counter, got[3].Header.Counter; first != border-3 || last < border {
			t.Errorf("ring %d: counters from %d to %d do not pass %d", ring, first, last, uint64(border))
		}
	}
	if s := b.Stats(); s.Dropped != 0 {
		t.Errorf("dropped: %+v", b.Drops())
	}
}

// A packet whose counter was moved into another generation does not open, whatever key is known of its sealer.
func TestAnotherGenerationIsAnotherKey(t *testing.T) {
	network := memnet.New(memnet.Config{})
	low, high := &tap{Transport: memListen(t, network)}, &tap{Transport: memListen(t, network)}
	b := endpoint(t, memListen(t, network), bob, nil)
	endpoint(t, low, alice, startAt(9)).Send([]transport.Outgoing{{To: to(b), Body: []byte("same")}})
	endpoint(t, high, alice, startAt(9+1<<28)).Send([]transport.Outgoing{{To: to(b), Body: []byte("same")}})
	take(t, b, 2)
	one, other := low.batches[0][0].Buf[wire.HeaderSize:], high.batches[0][0].Buf[wire.HeaderSize:]
	if bytes.Equal(one, other) {
		t.Error("two generations seal alike")
	}
	moved := bytes.Clone(low.batches[0][0].Buf)
	moved[wire.HeaderSize-4] |= 0x10 // bit 28 of the counter
	if err := low.Transport.Send([]transport.Datagram{{Addr: b.Addr(), Buf: moved}}); err != nil {
		t.Fatal(err)
	}
	endpoint(t, memListen(t, network), carol, nil).Send([]transport.Outgoing{{To: to(b), Body: []byte("last")}})
	if got := take(t, b, 1); string(got[0].Body) != "last" {
		t.Errorf("it opened: %v", got[0].Header)
	}
}

func TestTheLastCounterIsTheLast(t *testing.T) {
	network := memnet.New(memnet.Config{})
	a, b := endpoint(t, memListen(t, network), alice, startAt(wire.LastCounter-2)), endpoint(t, memListen(t, network), bob, nil)
	for i := range 4 {
		if a.Spent() != (i > 2) {
			t.Errorf("spent after %d: %v", i, a.Spent())
		}
		a.Send([]transport.Outgoing{{To: to(b), Body: []byte{byte(i)}}})
	}
	got := take(t, b, 2)
	if !a.Spent() || a.Stats().Sealed != 2 || got[1].Header.Counter != wire.LastCounter {
		t.Errorf("sealed %d, the last is %v", a.Stats().Sealed, got[1].Header)
	}
}
