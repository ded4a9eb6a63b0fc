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

// BenchmarkSend is the way out of a visit's packets to two members, into the kernel, which drops them: their sockets are full.
func BenchmarkSend(b *testing.B) {
	for _, c := range offloads {
		for _, size := range []int{64, 1400} {
			b.Run(fmt.Sprint(c.name, size), func(b *testing.B) {
				a := endpoint(b, listen(b, transport.UDPConfig{Listen: "127.0.0.1:0", MTU: 1472, NoOffload: c.without}), alice, nil)
				var all []netip.AddrPort
				for range 2 {
					all = append(all, listen(b, transport.UDPConfig{Listen: "127.0.0.1:0", ReadBuffer: 4096}).Addr())
				}
				perPacket(b, size, 44, func(out []transport.Outgoing) { a.Send(out) }, all)
			})
		}
	}
}

// BenchmarkParts is a packet in parts, sealed, opened and put together.
func BenchmarkParts(b *testing.B) {
	for _, size := range []int{8000, 60000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			from, at := loopback(b, alice), loopback(b, bob)
			out := []transport.Outgoing{{To: to(at), Class: wire.ClassControl, Body: make([]byte, size)}}
			var packets []transport.Packet
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				from.Send(out)
				var err error
				if packets, err = at.Receive(packets[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var offloads = []struct {
	name    string
	without bool
}{{"offload/", false}, {"single/", true}}

// BenchmarkUDP sends visits of packets to two members over loopback, and waits for both.
func BenchmarkUDP(b *testing.B) {
	for _, c := range offloads {
		for _, size := range []int{64, 1400} {
			b.Run(fmt.Sprint(c.name, size), func(b *testing.B) {
				udp := func() *transport.UDP {
					return listen(b, transport.UDPConfig{Listen: "127.0.0.1:0", MTU: 1472, NoOffload: c.without})
				}
				a := endpoint(b, udp(), alice, nil)
				var peers []*transport.Endpoint
				var all []netip.AddrPort
				for _, id := range []wire.MemberID{bob, carol} {
					p := endpoint(b, udp(), id, nil)
					peers, all = append(peers, p), append(all, p.Addr())
				}
				var packets []transport.Packet
				perPacket(b, size, 44, func(out []transport.Outgoing) {
					a.Send(out)
					for _, p := range peers {
						for packets = packets[:0]; len(packets) < len(out); {
							var err error
							if packets, err = p.Receive(packets); err != nil {
								b.Fatal(err)
							}
						}
					}
				}, all)
			})
		}
	}
}

// perPacket calls f with a visit's packets, once for so many iterations.
func perPacket(b *testing.B, size, visit int, f func(out []transport.Outgoing), to []netip.AddrPort) {
	out := make([]transport.Outgoing, visit)
	for i := range out {
		out[i] = transport.Outgoing{To: to, Class: wire.ClassData, Body: make([]byte, size)}
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n--; n < 0 {
			f(out)
			n = visit - 1
		}
	}
}
