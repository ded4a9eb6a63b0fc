//go:build linux && !lockstep_portable

package transport_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/transport"
)

// A datagram to a closed port is told of, with the address, and disturbs nothing that is sent beside it.
func TestUDPRefusedDatagramNamesTheAddress(t *testing.T) {
	for _, own := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		t.Run(own, func(t *testing.T) {
			a := listen(t, transport.UDPConfig{Listen: own})
			host := "127.0.0.1:0"
			if own == "[::1]:0" {
				host = own
			}
			gone, b := listen(t, transport.UDPConfig{Listen: host}), listen(t, transport.UDPConfig{Listen: host})
			gone.Close()
			var batch []transport.Datagram
			for range 5 {
				batch = append(batch, transport.Datagram{Addr: gone.Addr(), Buf: []byte("x")}, transport.Datagram{Addr: b.Addr(), Buf: []byte("y")})
			}
			if err := a.Send(batch); err != nil {
				t.Fatal(err)
			}
			hear(t, b, 5)
			// The answer may be read by a send or by a receive: wake the latter with a datagram.
			limit := time.Now().Add(5 * time.Second)
			var refused []netip.AddrPort
			for len(refused) == 0 && time.Now().Before(limit) {
				if err := b.Send([]transport.Datagram{{Addr: netip.AddrPortFrom(b.Addr().Addr(), a.Addr().Port()), Buf: []byte("z")}}); err != nil {
					t.Fatal(err)
				}
				hear(t, a, 1)
				refused = a.Refusals(nil)
			}
			if len(refused) != 1 || refused[0] != gone.Addr() {
				t.Fatalf("refused by %v, want %v", refused, gone.Addr())
			}
			if s := a.Stats(); s.Refused == 0 || s.SendErrors != 0 {
				t.Fatalf("stats: %+v", s)
			}
		})
	}
}

// A full receive queue is counted as the kernel's drops.
func TestUDPKernelDropsAreCounted(t *testing.T) {
	a := listen(t, transport.UDPConfig{Listen: "127.0.0.1:0"})
	b := listen(t, transport.UDPConfig{Listen: "127.0.0.1:0", ReadBuffer: 4096})
	batch := make([]transport.Datagram, 64)
	for i := range batch {
		batch[i] = transport.Datagram{Addr: b.Addr(), Buf: make([]byte, 1000)}
	}
	limit := time.Now().Add(5 * time.Second)
	for b.Stats().KernelDrops == 0 && time.Now().Before(limit) {
		for range 2 { // joined by the kernel, the first may fill the queue alone
			if err := a.Send(batch); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.Receive(make([]transport.Datagram, 64)); err != nil {
			t.Fatal(err)
		}
	}
	if b.Stats().KernelDrops == 0 {
		t.Fatalf("no drops: %+v", b.Stats())
	}
}
