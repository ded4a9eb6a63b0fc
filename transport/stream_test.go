package transport_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// met is what AcceptStream gave.
type met struct {
	conn net.Conn
	kind byte
	peer wire.MemberID
	err  error
}

func accept(ctx context.Context, e *transport.Endpoint) <-chan met {
	out := make(chan met, 1)
	go func() {
		var m met
		m.conn, m.kind, m.peer, m.err = e.AcceptStream(ctx)
		out <- m
	}()
	return out
}

func TestStreamProvesBothEnds(t *testing.T) {
	network := memnet.New(memnet.Config{})
	for name, open := range map[string]func() transport.Transport{
		"tcp":    func() transport.Transport { return listen(t, transport.UDPConfig{Listen: "127.0.0.1:0"}) },
		"memory": func() transport.Transport { return memListen(t, network) },
	} {
		for mode, change := range map[string]func(*transport.EndpointConfig){"key": nil, "insecure": insecure} {
			t.Run(name+" "+mode, func(t *testing.T) {
				ctx := within(t, 20*time.Second)
				a, b := endpoint(t, open(), alice, change), endpoint(t, open(), bob, change)
				for _, expect := range []wire.MemberID{bob, {}} {
					coming := accept(ctx, b)
					conn, err := a.DialStream(ctx, b.Addr(), 42, expect)
					if err != nil {
						t.Fatal(err)
					}
					m := <-coming
					if m.err != nil || m.kind != 42 || m.peer != alice {
						t.Fatalf("met %v, kind %d, %v", m.peer, m.kind, m.err)
					}
					if s, ok := conn.(interface{ ConnectionState() tls.ConnectionState }); ok != (mode == "key") || ok && s.ConnectionState().Version != tls.VersionTLS13 {
						t.Errorf("the stream is a %T", conn)
					}
					text := bytes.Repeat([]byte("state "), 100000)
					go func() {
						conn.Write(text)
						conn.Close()
					}()
					if got, err := io.ReadAll(m.conn); err != nil || !bytes.Equal(got, text) {
						t.Errorf("%d bytes, %v", len(got), err)
					}
					m.conn.Close()
				}
			})
		}
	}
}

func TestStreamRefusesAnotherMember(t *testing.T) {
	for mode, change := range map[string]func(*transport.EndpointConfig){"key": nil, "insecure": insecure} {
		t.Run(mode, func(t *testing.T) {
			network := memnet.New(memnet.Config{})
			ctx := within(t, 20*time.Second)
			a, b := endpoint(t, memListen(t, network), alice, change), endpoint(t, memListen(t, network), bob, change)
			coming := accept(ctx, b)
			_, err := a.DialStream(ctx, b.Addr(), 1, carol)
			if !errors.Is(err, transport.ErrPeerIdentity) || !strings.Contains(err.Error(), bob.String()) || !strings.Contains(err.Error(), b.Addr().String()) {
				t.Errorf("got %v", err)
			}
			if m := <-coming; m.err == nil { // bob had no reason to refuse; the stream is closed at once
				if _, err := m.conn.Read(make([]byte, 1)); err == nil {
					t.Error("the stream lives")
				}
				m.conn.Close()
			}
		})
	}
}

func TestStreamRefusesForeigners(t *testing.T) {
	other := func(c *transport.EndpointConfig) { c.Key = key2 }
	label := func(c *transport.EndpointConfig) { c.Label = "other" }
	plainLabel := func(c *transport.EndpointConfig) { insecure(c); c.Label = "other" }
	for name, c := range map[string]struct {
		dialler, acceptor func(*transport.EndpointConfig)
		want              string
	}{
		"wrong key":             {other, nil, "wrong key"},
		"wrong label":           {label, nil, "wrong key or label"},
		"no key to key":         {insecure, nil, "handshake"},
		"key to no key":         {nil, insecure, "handshake"},
		"wrong label, insecure": {plainLabel, insecure, "handshake"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := memnet.New(memnet.Config{})
				a := endpoint(t, memListen(t, network), alice, c.dialler)
				b := endpoint(t, memListen(t, network), bob, c.acceptor)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				coming := accept(ctx, b)
				if _, err := a.DialStream(ctx, b.Addr(), 1, wire.MemberID{}); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want it to say %q", err, c.want)
				}
				<-time.After(10 * time.Second) // virtual: past every handshake's limit
				cancel()
				if m := <-coming; !errors.Is(m.err, context.Canceled) {
					t.Errorf("a stream was accepted: %+v", m)
				}
				if s := b.Stats(); s.HandshakesFailed != 1 {
					t.Errorf("stats: %+v", s)
				}
			})
		})
	}
}

// A certificate that anyone could make, with the right name in it, opens nothing.
func TestStreamRefusesAnUnsignedName(t *testing.T) {
	network := memnet.New(memnet.Config{})
	ctx := within(t, 20*time.Second)
	b := endpoint(t, memListen(t, network), bob, nil)
	cert := selfSigned(t, carol)
	raw, err := memListen(t, network).Dial(ctx, b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	conn := tls.Client(raw, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"lockstep/1"}, InsecureSkipVerify: true})
	if err := conn.HandshakeContext(ctx); err == nil {
		if _, err = conn.Read(make([]byte, 1)); err == nil {
			t.Fatal("the stream was taken")
		}
	}
	if s := b.Stats(); s.HandshakesFailed != 1 {
		waitFor(t, func() bool { return b.Stats().HandshakesFailed == 1 })
	}
}

// waitFor polls a count that another goroutine is about to change.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	limit, tick := time.After(5*time.Second), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-limit:
			t.Fatal("it did not happen in 5 s")
		case <-tick.C:
		}
	}
}

func TestSilentGuestsAreShownOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{})
		b := endpoint(t, memListen(t, network), bob, nil)
		guest := memListen(t, network)
		var last net.Conn
		for range 40 {
			conn, err := guest.Dial(context.Background(), b.Addr())
			if err != nil {
				t.Fatal(err)
			}
			last = conn
			synctest.Wait()
		}
		if s := b.Stats(); s.StreamsRefused != 8 || s.HandshakesFailed != 0 {
			t.Errorf("at first: %+v", s)
		}
		if _, err := last.Read(make([]byte, 1)); err == nil {
			t.Error("the stream too many was not closed")
		}
		<-time.After(5 * time.Second)
		synctest.Wait()
		if s := b.Stats(); s.HandshakesFailed != 32 {
			t.Errorf("after 5 s: %+v", s)
		}
		// And there is room again.
		a := endpoint(t, memListen(t, network), alice, nil)
		coming := accept(context.Background(), b)
		conn, err := a.DialStream(context.Background(), b.Addr(), 7, bob)
		if err != nil {
			t.Fatal(err)
		}
		m := <-coming
		if m.kind != 7 || m.peer != alice {
			t.Errorf("met %+v", m)
		}
		conn.Close()
		m.conn.Close()
	})
}

func TestDialStreamGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{})
		a := endpoint(t, memListen(t, network), alice, nil)
		silent := memListen(t, network)
		start := time.Now()
		if _, err := a.DialStream(context.Background(), silent.Addr(), 1, bob); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("a silent peer: %v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		start = time.Now()
		if _, err := a.DialStream(ctx, silent.Addr(), 1, bob); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("a context: %v after %v", err, time.Since(start))
		}
		silent.Close()
		if _, err := a.DialStream(context.Background(), silent.Addr(), 1, bob); !errors.Is(err, syscall.ECONNREFUSED) || !strings.Contains(err.Error(), silent.Addr().String()) {
			t.Errorf("nobody there: %v", err)
		}
		network.Cut(a.Addr(), silent.Addr())
		ended := make(chan error, 1)
		go func() {
			_, err := a.DialStream(context.Background(), silent.Addr(), 1, bob)
			ended <- err
		}()
		synctest.Wait()
		a.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed meanwhile: %v", err)
		}
	})
}

func TestCloseEndsStreamsInTheDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{})
		a, b := endpoint(t, memListen(t, network), alice, nil), endpoint(t, memListen(t, network), bob, nil)
		conn, err := a.DialStream(context.Background(), b.Addr(), 1, bob) // nobody calls AcceptStream
		if err != nil {
			t.Fatal(err)
		}
		if _, err := memListen(t, network).Dial(context.Background(), b.Addr()); err != nil { // nor speaks here
			t.Fatal(err)
		}
		synctest.Wait()
		start := time.Now()
		b.Close()
		if time.Since(start) != 0 {
			t.Errorf("Close took %v", time.Since(start))
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("the stream lives")
		}
		conn.Close()
		if m := <-accept(context.Background(), b); !errors.Is(m.err, net.ErrClosed) {
			t.Errorf("AcceptStream: %v", m.err)
		}
	})
}

// A killed process shows at once in the streams to it.
func TestKillShowsInStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{})
		a, b := endpoint(t, memListen(t, network), alice, nil), endpoint(t, memListen(t, network), bob, nil)
		coming := accept(context.Background(), b)
		conn, err := a.DialStream(context.Background(), b.Addr(), 1, bob)
		if err != nil {
			t.Fatal(err)
		}
		m := <-coming
		start := time.Now()
		network.Kill(b.Addr())
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) || time.Since(start) != 0 {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		conn.Close()
		m.conn.Close()
	})
}

// TestCloseInterruptsAWrite: whoever closes a stream that a peer does not read waits for nobody, and the Write in progress ends.
func TestCloseInterruptsAWrite(t *testing.T) {
	for mode, change := range map[string]func(*transport.EndpointConfig){"key": nil, "insecure": insecure} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := memnet.New(memnet.Config{})
				a, b := endpoint(t, memListen(t, network), alice, change), endpoint(t, memListen(t, network), bob, change)
				coming := accept(t.Context(), b)
				conn, err := a.DialStream(t.Context(), b.Addr(), 1, bob)
				if err != nil {
					t.Fatal(err)
				}
				m := <-coming
				wrote := make(chan error, 1)
				go func() {
					_, err := conn.Write(make([]byte, 8<<20))
					wrote <- err
				}()
				synctest.Wait()
				start := time.Now()
				conn.Close()
				if err := <-wrote; err == nil {
					t.Error("all of it was written, and nobody read")
				}
				if waited := time.Since(start); waited != 0 {
					t.Errorf("Close and Write ended after %v", waited)
				}
				if _, err := conn.Write([]byte("more")); !errors.Is(err, net.ErrClosed) {
					t.Errorf("a Write after Close: %v", err)
				}
				if err := conn.Close(); mode == "key" && !errors.Is(err, net.ErrClosed) {
					t.Errorf("a second Close: %v", err)
				}
				m.conn.Close()
			})
		})
	}
}
