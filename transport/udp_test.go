package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/transport"
)

// hear receives n datagrams in whatever batches they come.
func hear(t *testing.T, u transport.Transport, n int) []transport.Datagram {
	t.Helper()
	var got []transport.Datagram
	batch := make([]transport.Datagram, 64)
	for len(got) < n {
		k, err := u.Receive(batch)
		if err != nil {
			t.Fatalf("after %d datagrams: %v", len(got), err)
		}
		for _, d := range batch[:k] {
			got = append(got, transport.Datagram{Addr: d.Addr, Buf: bytes.Clone(d.Buf)})
		}
	}
	return got
}

func TestUDPCarriesDatagrams(t *testing.T) {
	for _, c := range []struct{ a, b, from string }{
		{"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1"},
		{"[::1]:0", "[::1]:0", "::1"},
		{":0", "127.0.0.1:0", "127.0.0.1"},
		{":0", "[::1]:0", "::1"},
		{"0.0.0.0:0", "localhost:0", "127.0.0.1"},
	} {
		t.Run(c.a+" "+c.b, func(t *testing.T) {
			a, b := listen(t, transport.UDPConfig{Listen: c.a}), listen(t, transport.UDPConfig{Listen: c.b})
			var batch []transport.Datagram
			const n = 150 // more than two system calls take
			for i := range n {
				batch = append(batch, transport.Datagram{Addr: b.Addr(), Buf: fmt.Appendf(nil, "datagram %d", i)})
			}
			if err := a.Send(batch); err != nil {
				t.Fatal(err)
			}
			for i, d := range hear(t, b, n) {
				if want := fmt.Sprintf("datagram %d", i); string(d.Buf) != want {
					t.Fatalf("got %q, want %q", d.Buf, want)
				}
				if want := netip.AddrPortFrom(netip.MustParseAddr(c.from), a.Addr().Port()); d.Addr != want {
					t.Fatalf("from %v, want %v", d.Addr, want)
				}
			}
			// And back to the source address as it was given out.
			back := netip.AddrPortFrom(netip.MustParseAddr(c.from), a.Addr().Port())
			if err := b.Send([]transport.Datagram{{Addr: back, Buf: []byte("back")}}); err != nil {
				t.Fatal(err)
			}
			if d := hear(t, a, 1)[0]; d.Addr != b.Addr() || string(d.Buf) != "back" {
				t.Fatalf("got %q from %v, want it from %v", d.Buf, d.Addr, b.Addr())
			}
			sa, sb := a.Stats(), b.Stats()
			if sa.Out != n || sb.In != n || sa.BytesOut == 0 || sa.BytesOut != sb.BytesIn || sa.SendErrors != 0 {
				t.Fatalf("stats: %+v and %+v", sa, sb)
			}
		})
	}
}

func TestUDPOneBatchToManyMembers(t *testing.T) {
	a := listen(t, transport.UDPConfig{Listen: "127.0.0.1:0"})
	var peers []*transport.UDP
	var batch []transport.Datagram
	text := []byte("to all")
	for range 3 {
		p := listen(t, transport.UDPConfig{Listen: "127.0.0.1:0"})
		peers = append(peers, p)
		batch = append(batch, transport.Datagram{Addr: p.Addr(), Buf: text})
	}
	if err := a.Send(batch); err != nil {
		t.Fatal(err)
	}
	for _, p := range peers {
		if d := hear(t, p, 1)[0]; string(d.Buf) != "to all" || d.Addr != a.Addr() {
			t.Fatalf("got %q from %v", d.Buf, d.Addr)
		}
	}
}

func TestUDPLargestDatagram(t *testing.T) {
	a := listen(t, transport.UDPConfig{Listen: "127.0.0.1:0", MTU: transport.MaxDatagram})
	b := listen(t, transport.UDPConfig{Listen: "127.0.0.1:0", MTU: transport.MinMTU})
	large := bytes.Repeat([]byte{7}, transport.MaxDatagram)
	err := a.Send([]transport.Datagram{
		{Addr: b.Addr(), Buf: make([]byte, transport.MaxDatagram+1)}, // dropped by the receiver
		{Addr: b.Addr(), Buf: make([]byte, 70000)},                   // no datagram at all
		{Addr: b.Addr(), Buf: nil},                                   // nor this
		{Addr: b.Addr(), Buf: large},
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := hear(t, b, 1)[0]; !bytes.Equal(d.Buf, large) {
		t.Fatalf("got %d bytes, want %d", len(d.Buf), len(large))
	}
	if s := b.Stats(); s.Truncated != 1 {
		t.Errorf("truncated %d, want 1", s.Truncated)
	}
	if s := a.Stats(); s.SendErrors < 1 {
		t.Errorf("send errors %d, want at least 1", s.SendErrors)
	}
}

func TestUDPUnreachableFamilyIsCounted(t *testing.T) {
	a, b := listen(t, transport.UDPConfig{Listen: "127.0.0.1:0"}), listen(t, transport.UDPConfig{Listen: "127.0.0.1:0"})
	err := a.Send([]transport.Datagram{
		{Addr: netip.MustParseAddrPort("[::1]:9"), Buf: []byte("x")},
		{Buf: []byte("x")},
		{Addr: b.Addr(), Buf: []byte("arrives")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := hear(t, b, 1)[0]; string(d.Buf) != "arrives" {
		t.Fatalf("got %q", d.Buf)
	}
	if s := a.Stats(); s.SendErrors != 2 || s.Out != 1 {
		t.Fatalf("stats: %+v", s)
	}
}

func TestUDPStreamsShareThePort(t *testing.T) {
	a, b := listen(t, transport.UDPConfig{}), listen(t, transport.UDPConfig{Listen: "127.0.0.1:0"})
	if b.Addr().Port() == 0 {
		t.Fatal("no port was chosen")
	}
	got := make(chan string, 1)
	go func() {
		conn, err := b.Accept()
		if err != nil {
			got <- err.Error()
			return
		}
		defer conn.Close()
		text, _ := io.ReadAll(conn)
		got <- string(text)
	}()
	conn, err := a.Dial(within(t, 5*time.Second), b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, "hello")
	conn.Close()
	if text := <-got; text != "hello" {
		t.Fatalf("got %q", text)
	}
}

func TestUDPPortInUseIsNamed(t *testing.T) {
	a := listen(t, transport.UDPConfig{Listen: "127.0.0.1:0"})
	_, err := transport.ListenUDP(context.Background(), transport.UDPConfig{Listen: a.Addr().String()})
	if want := fmt.Sprintf("listen %s: address already in use", a.Addr()); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Fatalf("got %v, want %s...", err, want)
	}
	// TCP alone in use is told as well.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = transport.ListenUDP(context.Background(), transport.UDPConfig{Listen: l.Addr().String()})
	if want := fmt.Sprintf("listen %s: address already in use (TCP)", l.Addr()); err == nil || err.Error() != want {
		t.Fatalf("got %v, want %s", err, want)
	}
}

func TestUDPRefusesBadConfig(t *testing.T) {
	for _, c := range []struct {
		cfg  transport.UDPConfig
		want string
	}{
		{transport.UDPConfig{MTU: 100}, "MTU 100"},
		{transport.UDPConfig{MTU: 10000}, "MTU 10000"},
		{transport.UDPConfig{ReadBuffer: -1}, "ReadBuffer"},
		{transport.UDPConfig{Listen: "7946"}, "HOST:PORT"},
		{transport.UDPConfig{Listen: ":http"}, `"http"`},
		{transport.UDPConfig{Listen: ":70000"}, `"70000"`},
	} {
		u, err := transport.ListenUDP(context.Background(), c.cfg)
		if err == nil {
			u.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want it to say %s", c.cfg, err, c.want)
		}
	}
}

func TestUDPCloseUnblocks(t *testing.T) {
	u := listen(t, transport.UDPConfig{Listen: "127.0.0.1:0"})
	errs := make(chan error, 2)
	go func() {
		_, err := u.Receive(make([]transport.Datagram, 4))
		errs <- err
	}()
	go func() {
		_, err := u.Accept()
		errs <- err
	}()
	if err := u.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-errs; !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
	if err := u.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	if err := u.Send([]transport.Datagram{{Addr: u.Addr(), Buf: []byte("x")}}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send after Close: %v", err)
	}
}
