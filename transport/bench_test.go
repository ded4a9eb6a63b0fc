package transport_test

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
)

// sink is a Transport that loses everything and receives one datagram for ever.
type sink struct {
	transport.Transport
	again []byte
	from  netip.AddrPort
}

func (s *sink) Send([]transport.Datagram) error { return nil }
func (s *sink) Receive(batch []transport.Datagram) (int, error) {
	for i := range batch {
		batch[i].Addr, batch[i].Buf = s.from, append(batch[i].Buf[:0], s.again...)
	}
	return len(batch), nil
}
func (s *sink) Accept() (net.Conn, error) { return nil, net.ErrClosed }

func BenchmarkSeal(b *testing.B) {
	for _, size := range []int{64, 1400, 8000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			e := endpoint(b, &sink{Transport: listen(b, transport.UDPConfig{Listen: "127.0.0.1:0"})}, alice, nil)
			out := []transport.Outgoing{{To: []netip.AddrPort{ap("127.0.0.1:1"), ap("127.0.0.1:2")}, Class: wire.ClassData, Body: make([]byte, size)}}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				e.Send(out)
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, size := range []int{64, 1400, 8000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			u := listen(b, transport.UDPConfig{Listen: "127.0.0.1:0"})
			record := &tap{Transport: u}
			a := endpoint(b, record, alice, nil)
			a.Send([]transport.Outgoing{{To: to(a), Class: wire.ClassData, Body: make([]byte, size)}})
			s := &sink{Transport: listen(b, transport.UDPConfig{Listen: "127.0.0.1:0"}), again: record.batches[0][0].Buf, from: u.Addr()}
			e := endpoint(b, s, bob, nil)
			var packets []transport.Packet
			b.SetBytes(int64(size))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if n--; n < 0 { // one call opens a batch of 64; count packets
					var err error
					if packets, err = e.Receive(packets[:0]); err != nil {
						b.Fatal(err)
					}
					n = len(packets) - 1
				}
			}
		})
	}
}

// BenchmarkUDP sends each packet to two members over loopback, in batches of 32, and waits for both.
func BenchmarkUDP(b *testing.B) {
	for _, size := range []int{64, 1400} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			a := endpoint(b, listen(b, transport.UDPConfig{Listen: "127.0.0.1:0"}), alice, nil)
			var peers []*transport.Endpoint
			var all []netip.AddrPort
			for _, id := range []wire.MemberID{bob, carol} {
				p := endpoint(b, listen(b, transport.UDPConfig{Listen: "127.0.0.1:0"}), id, nil)
				peers, all = append(peers, p), append(all, p.Addr())
			}
			out := make([]transport.Outgoing, 32)
			for i := range out {
				out[i] = transport.Outgoing{To: all, Class: wire.ClassData, Body: make([]byte, size)}
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			var packets []transport.Packet
			n := 0
			for b.Loop() {
				if n--; n >= 0 {
					continue
				}
				a.Send(out)
				for _, p := range peers {
					for packets = packets[:0]; len(packets) < len(out); {
						var err error
						if packets, err = p.Receive(packets); err != nil {
							b.Fatal(err)
						}
					}
				}
				n = len(out) - 1
			}
		})
	}
}
