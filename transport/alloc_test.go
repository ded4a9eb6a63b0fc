package transport_test

import (
	"net/netip"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
)

// visit is what a token visit sends: so many packets to all, of not quite one length, and a token.
func visit(packets, size int, to []netip.AddrPort) []transport.Outgoing {
	out := make([]transport.Outgoing, packets, packets+1)
	for i := range out {
		out[i] = transport.Outgoing{To: to, Class: wire.ClassData, Body: make([]byte, size-i%7)}
	}
	return append(out, transport.Outgoing{To: to[:1], Class: wire.ClassToken, Body: make([]byte, 100)})
}

// TestNoAllocationToSend has the whole way out, system calls and all, allocate nothing for packets of any kind.
func TestNoAllocationToSend(t *testing.T) {
	a, b, c := loopback(t, alice), loopback(t, bob), loopback(t, carol)
	for name, out := range map[string][]transport.Outgoing{
		"visit": visit(64, 1300, []netip.AddrPort{b.Addr(), c.Addr()}),
		"small": visit(64, 20, []netip.AddrPort{b.Addr(), c.Addr()}),
		"parts": {{To: to(b), Class: wire.ClassControl, Body: make([]byte, 30000)}},
	} {
		a.Send(out)
		if n := testing.AllocsPerRun(200, func() { a.Send(out) }); n >= 1 {
			t.Errorf("%s: %v allocations a visit", name, n)
		}
	}
}

// TestFewAllocationsToReceive has packets that arrive share allocations.
func TestFewAllocationsToReceive(t *testing.T) {
	a, b := loopback(t, alice), loopback(t, bob)
	const packets = 40
	out := visit(packets-1, 1300, to(b))
	var got []transport.Packet
	round := func() {
		a.Send(out)
		for got = got[:0]; len(got) < packets; {
			var err error
			if got, err = b.Receive(got); err != nil {
				t.Fatal(err)
			}
		}
	}
	round()
	if n := testing.AllocsPerRun(200, round); n > packets/10 {
		t.Errorf("%v allocations for %d packets", n, packets)
	}
}

func loopback(t testing.TB, id wire.MemberID) *transport.Endpoint {
	t.Helper()
	return endpoint(t, listen(t, transport.UDPConfig{Listen: "127.0.0.1:0", MTU: 1472}), id, nil)
}
