package transport_test

// What all tests share: the check for goroutines left behind, and ways to make endpoints.

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if left := leaked(5 * time.Second); code == 0 && left != "" {
		fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// leaked waits until no goroutine but this one runs the package's code, and returns the stacks of those that still do.
func leaked(limit time.Duration) string {
	expired := time.After(limit)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		left := ours()
		if left == "" {
			return ""
		}
		select {
		case <-expired:
			return left
		case <-tick.C:
		}
	}
}

func ours() string {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	var left []string
	for _, s := range stacks[1:] {
		if strings.Contains(s, "lockstep/transport") {
			left = append(left, s)
		}
	}
	return strings.Join(left, "\n\n")
}

var (
	alice = wire.NewMemberID("alice", 1)
	bob   = wire.NewMemberID("bob", 2)
	carol = wire.NewMemberID("carol", 3)
	key1  = bytes.Repeat([]byte{1}, transport.KeySize)
	key2  = bytes.Repeat([]byte{2}, transport.KeySize)
)

func listen(t testing.TB, cfg transport.UDPConfig) *transport.UDP {
	t.Helper()
	u, err := transport.ListenUDP(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	return u
}

// endpoint makes one with key1, unless change says otherwise.
func endpoint(t testing.TB, tr transport.Transport, self wire.MemberID, change func(*transport.EndpointConfig)) *transport.Endpoint {
	t.Helper()
	cfg := transport.EndpointConfig{Transport: tr, Key: key1, Label: "test", Self: self}
	if change != nil {
		change(&cfg)
	}
	e, err := transport.NewEndpoint(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// take receives until it has n packets.
func take(t testing.TB, e *transport.Endpoint, n int) []transport.Packet {
	t.Helper()
	var got []transport.Packet
	for len(got) < n {
		var err error
		if got, err = e.Receive(got); err != nil {
			t.Fatalf("after %d packets: %v", len(got), err)
		}
	}
	return got
}

func to(e *transport.Endpoint) []netip.AddrPort { return []netip.AddrPort{e.Addr()} }

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
