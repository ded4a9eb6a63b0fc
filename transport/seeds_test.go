package transport_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/transport"
)

func TestResolve(t *testing.T) {
	broken := errors.New("no such host")
	lookup := func(_ context.Context, host string) ([]netip.Addr, error) {
		switch host {
		case "many":
			return []netip.Addr{netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("::ffff:10.0.0.2"), netip.MustParseAddr("2001:db8::1")}, nil
		case "none":
			return nil, nil
		}
		return nil, broken
	}
	addrs, problems := transport.Resolve(context.Background(),
		[]string{"many:7946", "10.0.0.2:7946", "[::ffff:10.0.0.2]:7946", "[2001:db8::2]:1", "none:1", "gone:1", "nohost", ":7946", "x:0", "x:http", "0.0.0.0:1"}, lookup)
	want := []netip.AddrPort{ap("10.0.0.2:7946"), ap("10.0.0.9:7946"), ap("[2001:db8::1]:7946"), ap("[2001:db8::2]:1")}
	if !slices.Equal(addrs, want) {
		t.Errorf("got %v, want %v", addrs, want)
	}
	for seed, text := range map[string]string{
		"none:1": "no address", "gone:1": "no such host", "nohost": "HOST:PORT", ":7946": "no host",
		"x:0": `"0"`, "x:http": `"http"`, "0.0.0.0:1": "no address",
	} {
		if err := problems[seed]; err == nil || !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), seed) {
			t.Errorf("%s: got %v, want it to say %s", seed, err, text)
		}
	}
	if len(problems) != 7 || !errors.Is(problems["gone:1"], broken) {
		t.Errorf("problems: %v", problems)
	}
	addrs, problems = transport.Resolve(context.Background(), []string{"localhost:5"}, nil)
	if len(addrs) == 0 || !addrs[0].Addr().IsLoopback() || len(problems) != 0 {
		t.Errorf("localhost: %v, %v", addrs, problems)
	}
}
