package transport_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

func memListen(t testing.TB, n *memnet.Network) transport.Transport {
	t.Helper()
	tr, err := n.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// tap records what is sent through it.
type tap struct {
	transport.Transport
	batches [][]transport.Datagram
}

func (p *tap) Send(batch []transport.Datagram) error {
	var kept []transport.Datagram
	for _, d := range batch {
		kept = append(kept, transport.Datagram{Addr: d.Addr, Buf: bytes.Clone(d.Buf)})
	}
	p.batches = append(p.batches, kept)
	return p.Transport.Send(batch)
}

func insecure(c *transport.EndpointConfig) { c.Key, c.Insecure = nil, true }

// Over real sockets and in memory, with a key and without.
func TestEndpointSealsAndOpens(t *testing.T) {
	network := memnet.New(memnet.Config{})
	for name, open := range map[string]func() transport.Transport{
		"udp4":   func() transport.Transport { return listen(t, transport.UDPConfig{Listen: "127.0.0.1:0"}) },
		"udp6":   func() transport.Transport { return listen(t, transport.UDPConfig{Listen: "[::1]:0"}) },
		"memory": func() transport.Transport { return memListen(t, network) },
	} {
		for mode, change := range map[string]func(*transport.EndpointConfig){"key": nil, "insecure": insecure} {
			t.Run(name+" "+mode, func(t *testing.T) {
				out := &tap{Transport: open()}
				a, b := endpoint(t, out, alice, change), endpoint(t, open(), bob, change)
				largest := bytes.Repeat([]byte{9}, a.MaxBody())
				a.Send([]transport.Outgoing{
					{To: to(b), Class: wire.ClassData, Body: []byte("secret text")},
					{To: to(b), Class: wire.ClassToken, Body: largest},
					{To: to(b), Class: wire.ClassDirect, Body: nil},
				})
				got := take(t, b, 3)
				for i, want := range [][]byte{[]byte("secret text"), largest, nil} {
					p := got[i]
					if !bytes.Equal(p.Body, want) || p.From != a.Addr() || p.Header.Sealer != alice || p.Header.Counter != uint64(i+1) {
						t.Errorf("packet %d: %v from %v, %d bytes", i, p.Header, p.From, len(p.Body))
					}
				}
				if got[0].Header.Class != wire.ClassData || got[1].Header.Class != wire.ClassToken || got[0].Header.KeyID != a.KeyID() {
					t.Errorf("headers: %v, %v", got[0].Header, got[1].Header)
				}
				first := out.batches[0][0].Buf
				if clear := bytes.Contains(first, []byte("secret")); clear != (mode == "insecure") {
					t.Errorf("the body is in clear: %v", clear)
				}
				if len(out.batches) != 1 || len(out.batches[0][1].Buf) != out.MTU() {
					t.Errorf("%d batches, the largest datagram has %d of %d bytes", len(out.batches), len(out.batches[0][1].Buf), out.MTU())
				}
				if s := b.Stats(); s.Opened != 3 || s.Dropped != 0 {
					t.Errorf("stats: %+v", s)
				}
			})
		}
	}
}

func TestOnePacketIsSealedOnceForAll(t *testing.T) {
	network := memnet.New(memnet.Config{})
	out := &tap{Transport: memListen(t, network)}
	a := endpoint(t, out, alice, nil)
	var peers []*transport.Endpoint
	var all []netip.AddrPort
	for _, id := range []wire.MemberID{bob, carol, wire.NewMemberID("dave", 4)} {
		p := endpoint(t, memListen(t, network), id, nil)
		peers, all = append(peers, p), append(all, p.Addr())
	}
	a.Send([]transport.Outgoing{{To: all, Body: []byte("one")}, {To: all, Body: []byte("two")}, {Body: []byte("nobody")}})
	for _, p := range peers {
		got := take(t, p, 2)
		if string(got[0].Body) != "one" || string(got[1].Body) != "two" || got[1].Header.Counter != 2 {
			t.Errorf("got %q, %q, %v", got[0].Body, got[1].Body, got[1].Header)
		}
	}
	if s := a.Stats(); s.Sealed != 2 || s.Transport.Out != 6 || len(out.batches) != 1 {
		t.Errorf("sealed %d, sent %d in %d batches", s.Sealed, s.Transport.Out, len(out.batches))
	}
	if !bytes.Equal(out.batches[0][0].Buf, out.batches[0][2].Buf) {
		t.Error("two receivers were sent different bytes")
	}
}

// More than a batch holds goes in several, and nothing is overwritten.
func TestSendLargerThanABatch(t *testing.T) {
	network := memnet.New(memnet.Config{})
	out := &tap{Transport: memListen(t, network)}
	a, b := endpoint(t, out, alice, nil), endpoint(t, memListen(t, network), bob, nil)
	var packets []transport.Outgoing
	for i := range 1000 {
		packets = append(packets, transport.Outgoing{To: to(b), Body: fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", 1300))})
	}
	a.Send(packets)
	for i, p := range take(t, b, 1000) {
		if !bytes.Equal(p.Body, packets[i].Body) {
			t.Fatalf("packet %d is %.20q", i, p.Body)
		}
	}
	if len(out.batches) < 2 {
		t.Errorf("%d batches", len(out.batches))
	}
}

func TestEveryTamperedByteIsNoticed(t *testing.T) {
	for mode, change := range map[string]func(*transport.EndpointConfig){"key": nil, "insecure": insecure} {
		t.Run(mode, func(t *testing.T) {
			network := memnet.New(memnet.Config{})
			out := &tap{Transport: memListen(t, network)}
			a, b := endpoint(t, out, alice, change), endpoint(t, memListen(t, network), bob, change)
			a.Send([]transport.Outgoing{{To: to(b), Class: wire.ClassData, Body: []byte("as it was")}})
			take(t, b, 1) // from here on bob knows alice's key
			sealed := out.batches[0][0].Buf
			evil := memListen(t, network)
			spoil := func(change func([]byte) []byte) {
				if err := evil.Send([]transport.Datagram{{Addr: b.Addr(), Buf: change(bytes.Clone(sealed))}}); err != nil {
					t.Fatal(err)
				}
			}
			for i := range sealed {
				spoil(func(d []byte) []byte { d[i] ^= 1; return d })
			}
			for n := 1; n < len(sealed); n++ {
				spoil(func(d []byte) []byte { return d[:n] })
			}
			spoil(func(d []byte) []byte { return append(d, 0) })
			spoiled := uint64(2 * len(sealed))
			spoil(func(d []byte) []byte { return d }) // a replay opens: windows are kept elsewhere
			if got := take(t, b, 1); string(got[0].Body) != "as it was" || len(got) != 1 {
				t.Errorf("got %d packets", len(got))
			}
			if s := b.Stats(); s.Dropped != spoiled || s.Opened != 2 {
				t.Errorf("dropped %d of %d, opened %d", s.Dropped, spoiled, s.Opened)
			}
			counts := map[transport.DropReason]uint64{}
			for _, d := range b.Drops() {
				if d.From != evil.Addr() {
					t.Errorf("a drop from %v", d.From)
				}
				counts[d.Reason] += d.Count
			}
			// Header fields: version 1 byte, class 1 (0..3 are classes), flags 2, key id 4, context 8, sealer 16, counter 8.
			if counts[transport.DropVersion] != 1 || counts[transport.DropUnknownKey] != 4 || counts[transport.DropUnknownRing] != 8 {
				t.Errorf("reasons: %v", counts)
			}
		})
	}
}

func TestDropsSayWhatIsWrong(t *testing.T) {
	network := memnet.New(memnet.Config{})
	b := endpoint(t, memListen(t, network), bob, nil)
	plain := endpoint(t, memListen(t, network), carol, insecure)
	send := func(change func(*transport.EndpointConfig), times int, at *transport.Endpoint) *transport.Endpoint {
		e := endpoint(t, memListen(t, network), alice, change)
		for range times {
			e.Send([]transport.Outgoing{{To: to(at), Body: []byte("x")}})
		}
		return e
	}
	wrongKey := send(func(c *transport.EndpointConfig) { c.Key = key2 }, 14, b)
	noKey := send(insecure, 1, b)
	label := send(func(c *transport.EndpointConfig) { c.Label = "other" }, 2, b)
	keyed := send(nil, 1, plain)
	otherPlain := send(func(c *transport.EndpointConfig) { insecure(c); c.Label = "other" }, 1, plain)
	stranger := memListen(t, network)
	for _, e := range []*transport.Endpoint{b, plain} {
		if err := stranger.Send([]transport.Datagram{{Addr: e.Addr(), Buf: []byte("GET / HTTP/1.1")}}); err != nil {
			t.Fatal(err)
		}
	}
	old := append([]byte{1}, make([]byte, 100)...)
	old[0] = 9
	if err := stranger.Send([]transport.Datagram{{Addr: b.Addr(), Buf: old}}); err != nil {
		t.Fatal(err)
	}
	send(nil, 1, b)
	send(insecure, 1, plain)
	take(t, b, 1)
	take(t, plain, 1)
	for _, c := range []struct {
		at   *transport.Endpoint
		from netip.AddrPort
		want string
	}{
		{b, wrongKey.Addr(), fmt.Sprintf("14 packets under unknown key id %08x (wrong key?)", wrongKey.KeyID())},
		{b, noKey.Addr(), "1 packet without a key (the sender runs insecure)"},
		{b, label.Addr(), "2 packets with a bad tag (another cluster label?)"},
		{b, stranger.Addr(), "1 malformed packet (another program?)"},
		{b, stranger.Addr(), "1 packet of protocol version 9 (another release?)"},
		{plain, keyed.Addr(), fmt.Sprintf("1 packet under unknown key id %08x (wrong key?)", keyed.KeyID())},
		{plain, otherPlain.Addr(), "1 packet with a bad tag (another cluster label?)"},
	} {
		if !slices.ContainsFunc(c.at.Drops(), func(d transport.Drop) bool { return d.From == c.from && d.String() == c.want }) {
			t.Errorf("from %v: want %q among %v", c.from, c.want, c.at.Drops())
		}
	}
	if wrongKey.KeyID() == keyed.KeyID() || wrongKey.KeyID() == 0 || noKey.KeyID() != 0 {
		t.Error("key ids do not tell keys apart")
	}
}

func TestDropsAreBounded(t *testing.T) {
	network := memnet.New(memnet.Config{})
	b := endpoint(t, memListen(t, network), bob, nil)
	var last netip.AddrPort
	for range 200 {
		tr := memListen(t, network)
		last = tr.Addr()
		if err := tr.Send([]transport.Datagram{{Addr: b.Addr(), Buf: []byte("junk")}}); err != nil {
			t.Fatal(err)
		}
	}
	a := endpoint(t, memListen(t, network), alice, nil)
	a.Send([]transport.Outgoing{{To: to(b), Body: []byte("x")}})
	take(t, b, 1)
	drops := b.Drops()
	if len(drops) != 64 || b.Stats().Dropped != 200 {
		t.Fatalf("%d entries, %d drops", len(drops), b.Stats().Dropped)
	}
	if !slices.ContainsFunc(drops, func(d transport.Drop) bool { return d.From == last }) {
		t.Error("the last source is not listed")
	}
}

func TestRings(t *testing.T) {
	for mode, change := range map[string]func(*transport.EndpointConfig){"key": nil, "insecure": insecure} {
		t.Run(mode, func(t *testing.T) {
			network := memnet.New(memnet.Config{})
			a, b := endpoint(t, memListen(t, network), alice, change), endpoint(t, memListen(t, network), bob, change)
			c := endpoint(t, memListen(t, network), carol, change)
			both := append(to(b), to(c)...)
			salt, other := [32]byte{1}, [32]byte{2}
			send := func(context uint64, text string) {
				a.Send([]transport.Outgoing{{To: both, Context: context, Body: []byte(text)}})
			}
			check := func(e *transport.Endpoint, context, counter uint64, text string) {
				t.Helper()
				got := take(t, e, 1)
				if h := got[0].Header; len(got) != 1 || string(got[0].Body) != text || h.Context != context || h.Counter != counter {
					t.Errorf("got %q %v, want %q %d", got[0].Body, h, text, counter)
				}
			}
			send(77, "no such ring")
			a.InstallRing(77, salt)
			b.InstallRing(77, salt)
			c.InstallRing(77, other) // agrees on the ring's number and not on its nonces
			send(77, "on the ring")
			check(b, 77, 1, "on the ring")
			a.InstallRing(77, salt) // again: nothing begins anew
			send(77, "more")
			check(b, 77, 2, "more")
			a.RemoveRing(77)
			send(77, "gone")
			a.InstallRing(77, salt)
			send(77, "back") // and goes on counting
			check(b, 77, 3, "back")
			b.RemoveRing(77)
			b.RemoveRing(0) // cannot be
			b.InstallRing(0, salt)
			send(77, "not for bob any more")
			send(0, "for all")
			check(b, 0, 1, "for all")
			check(c, 0, 1, "for all")
			if s := a.Stats(); s.NoRing != 2 {
				t.Errorf("no ring: %d, want 2", s.NoRing)
			}
			if d := c.Drops(); len(d) != 1 || d[0].Reason != transport.DropBadTag || d[0].Count != 4 {
				t.Errorf("carol dropped %v", d)
			}
			if d := b.Drops(); len(d) != 1 || d[0].Reason != transport.DropUnknownRing || d[0].Count != 1 {
				t.Errorf("bob dropped %v", d)
			}
		})
	}
}

func TestEndpointRefusesBadConfig(t *testing.T) {
	tr := memListen(t, memnet.New(memnet.Config{}))
	for _, c := range []struct {
		cfg  transport.EndpointConfig
		want string
	}{
		{transport.EndpointConfig{Key: key1, Self: alice}, "Transport"},
		{transport.EndpointConfig{Transport: tr, Self: alice}, "Key has 0 bytes"},
		{transport.EndpointConfig{Transport: tr, Self: alice, Key: key1[:31]}, "Key has 31 bytes"},
		{transport.EndpointConfig{Transport: tr, Self: alice, Key: key1, Insecure: true}, "Insecure"},
		{transport.EndpointConfig{Transport: tr, Key: key1}, "Self"},
		{transport.EndpointConfig{Transport: tr, Self: alice, Key: key1, Label: strings.Repeat("x", 256)}, "Label"},
	} {
		if _, err := transport.NewEndpoint(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want it to say %q", err, c.want)
		}
	}
}

func TestEndpointCloseEndsReceive(t *testing.T) {
	e := endpoint(t, memListen(t, memnet.New(memnet.Config{})), alice, nil)
	ended := make(chan error)
	go func() {
		_, err := e.Receive(nil)
		ended <- err
	}()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Receive: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	e.Send([]transport.Outgoing{{To: to(e), Body: []byte("x")}})
	if s := e.Stats(); s.SendFailures != 1 {
		t.Errorf("stats: %+v", s)
	}
}

// Whatever arrives, nothing panics, and nothing opens that was not sealed.
func FuzzOpen(f *testing.F) {
	network := memnet.New(memnet.Config{})
	out := &tap{Transport: memListen(f, network)}
	a, b := endpoint(f, out, alice, nil), endpoint(f, memListen(f, network), bob, nil)
	a.Send([]transport.Outgoing{{To: to(b), Body: []byte("seed")}, {To: to(b), Body: make([]byte, 3000)}})
	take(f, b, 2)
	sealed := out.batches[0]
	for _, d := range sealed {
		f.Add(d.Buf)
	}
	if err := a.Close(); err != nil { // or it would send probes of its path, which open
		f.Fatal(err)
	}
	last := endpoint(f, memListen(f, network), carol, nil)
	raw := memListen(f, network)
	f.Fuzz(func(t *testing.T, d []byte) {
		known := slices.ContainsFunc(sealed, func(o transport.Datagram) bool { return bytes.Equal(o.Buf, d) })
		before := b.Stats()
		if err := raw.Send([]transport.Datagram{{Addr: b.Addr(), Buf: d}}); err != nil {
			t.Fatal(err)
		}
		last.Send([]transport.Outgoing{{To: to(b), Body: []byte("end")}})
		for {
			got, err := b.Receive(nil)
			if err != nil {
				t.Fatal(err)
			}
			if string(got[len(got)-1].Body) == "end" {
				break
			}
		}
		if opened := b.Stats().Opened - before.Opened; opened > 1 && !known {
			t.Fatalf("%d datagrams opened", opened)
		}
	})
}
