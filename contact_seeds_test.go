package lockstep_test

// First contact: seeds that are not there are no error of Start, and a Join that waits says per seed why.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// newKey is a fresh cluster key.
func newKey(t *testing.T) lockstep.Key {
	t.Helper()
	key, err := lockstep.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// noSuchHost knows no name.
func noSuchHost(context.Context, string) ([]netip.Addr, error) {
	return nil, errors.New("no such host")
}

// TestSeedsThatAreNotThere: all four ways in which a seed can fail at once, word for word, in Join's error and in the event.
func TestSeedsThatAreNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{Delay: time.Millisecond})
		start := func(name, addr string, key lockstep.Key, change func(*lockstep.Config)) *lockstep.Node {
			t.Helper()
			tr, err := network.Listen(addr)
			if err != nil {
				t.Fatal(err)
			}
			cfg := lockstep.Config{Name: name, Transport: tr, Key: key, Resolve: noSuchHost}
			change(&cfg)
			n, err := lockstep.Start(t.Context(), cfg)
			if err != nil {
				t.Fatal("unreachable seeds are an error of Start:", err)
			}
			t.Cleanup(func() { n.Close() })
			return n
		}
		stranger := newKey(t)
		start("b", "10.0.0.2:7946", stranger, func(c *lockstep.Config) { c.Seeds = []string{"10.0.0.1:7946"} })
		network.Cut(netip.MustParseAddrPort("10.0.0.1:7946"), netip.MustParseAddrPort("10.0.0.4:7946"))
		type waiting struct {
			after      time.Duration
			group, why string
		}
		events := make(chan waiting, 10)
		begun := time.Now()
		a := start("a", "10.0.0.1:7946", newKey(t), func(c *lockstep.Config) {
			c.Seeds = []string{"10.0.0.1:7946", "10.0.0.2:7946", "10.0.0.3:7946", "10.0.0.4:7946", "nowhere.invalid:7946"}
			c.Events = &lockstep.EventListener{JoinWaiting: func(group, why string) { events <- waiting{time.Since(begun), group, why} }}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := a.Group("quotes", lockstep.GroupConfig{Size: 3}).Join(ctx)
		want := `nowhere\.invalid:7946: no such host; ` +
			`10\.0\.0\.2:7946: \d+ packets under unknown key id ` + stranger.ID() + `[0-9a-f]{4} \(wrong key\?\); ` +
			`10\.0\.0\.3:7946: connection refused; ` +
			`10\.0\.0\.4:7946: no answer; ` +
			`have 1 of 3 needed to found`
		if err == nil || !errors.Is(err, context.DeadlineExceeded) || !regexp.MustCompile("^join quotes: context deadline exceeded: "+want).MatchString(err.Error()) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		e := <-events
		if e.group != "quotes" || !regexp.MustCompile("^"+want).MatchString(e.why) {
			t.Errorf("the event: %+v\nwant %s", e, want)
		}
		if e.after < 3*time.Second || e.after > 3500*time.Millisecond {
			t.Errorf("the event came after %v", e.after)
		}
		if len(events) > 0 {
			t.Errorf("and again: %+v", <-events)
		}
	})
}

// TestASilentSeedHidesNoOther: what one seed answered is known although another says nothing yet.
func TestASilentSeedHidesNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{Delay: time.Millisecond})
		tr, err := network.Listen("10.0.0.1:7946")
		if err != nil {
			t.Fatal(err)
		}
		network.Cut(netip.MustParseAddrPort("10.0.0.1:7946"), netip.MustParseAddrPort("10.0.0.4:7946"))
		n, err := lockstep.Start(t.Context(), lockstep.Config{Name: "a", Transport: tr, Key: newKey(t), Seeds: []string{"10.0.0.3:7946", "10.0.0.4:7946"}})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err = n.Group("g", lockstep.GroupConfig{}).Join(ctx)
		want := "join g: context deadline exceeded: 10.0.0.3:7946: connection refused; 10.0.0.4:7946: no answer yet; "
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

// TestSeedsOnRealSockets: what the operating system says reaches the error too.
func TestSeedsOnRealSockets(t *testing.T) {
	refused := closedPort(t)
	// Each of the two must know the other's port before it starts.
	at, stranger := closedPort(t), newKey(t)
	b := startLoopback(t, lockstep.Config{Name: "b", Key: stranger, Seeds: []string{at}})
	a := startLoopback(t, lockstep.Config{Name: "a", Listen: at, Key: newKey(t), Resolve: noSuchHost,
		Seeds: []string{refused, b.Addr().String(), "nowhere.invalid:7946"}})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	err := a.Group("g", lockstep.GroupConfig{Size: 3}).Join(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	for _, part := range []string{
		"join g: context deadline exceeded: nowhere.invalid:7946: no such host; ", refused + ": connection refused; ",
		"packets under unknown key id " + stranger.ID(), " (wrong key?); ", "have 1 of 3 needed to found",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v\nlacks %q", err, part)
		}
	}
}

// startLoopback starts a node on a free port of 127.0.0.1 unless cfg says where, and ends it with the test.
func startLoopback(t *testing.T, cfg lockstep.Config) *lockstep.Node {
	t.Helper()
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	n, err := lockstep.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// closedPort is an address of 127.0.0.1 where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestAPortInUseIsNamed, for UDP and for TCP alone.
func TestAPortInUseIsNamed(t *testing.T) {
	n := startLoopback(t, lockstep.Config{Name: "a", Key: newKey(t)})
	_, err := lockstep.Start(t.Context(), lockstep.Config{Name: "b", Key: newKey(t), Listen: n.Addr().String()})
	if want := fmt.Sprintf("lockstep: start: listen %s: address already in use", n.Addr()); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = lockstep.Start(t.Context(), lockstep.Config{Name: "b", Key: newKey(t), Listen: l.Addr().String()})
	if want := fmt.Sprintf("lockstep: start: listen %s: address already in use (TCP)", l.Addr()); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestTheNewcomersNameIsTaken: the newcomer's Join and its node say so, with the other's address; the elder goes on.
func TestTheNewcomersNameIsTaken(t *testing.T) {
	key := newKey(t)
	elder := startLoopback(t, lockstep.Config{Name: "same", Key: key})
	if err := elder.Group("g", lockstep.GroupConfig{Stateless: true}).Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-time.After(5 * time.Millisecond) // who is the newcomer is decided by the clock, in milliseconds
	newcomer := startLoopback(t, lockstep.Config{Name: "same", Key: key, Seeds: []string{elder.Addr().String()}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := newcomer.Group("g", lockstep.GroupConfig{Stateless: true}).Join(ctx)
	what := ": the name is taken by a living member: same is the member at " + elder.Addr().String()
	if !errors.Is(err, lockstep.ErrNameTaken) || err.Error() != "join g"+what {
		t.Errorf("Join: %v", err)
	}
	select {
	case <-newcomer.Done():
	case <-ctx.Done():
		t.Fatal("the newcomer lives on")
	}
	if err := newcomer.Err(); !errors.Is(err, lockstep.ErrNameTaken) || err.Error() != "start"+what {
		t.Errorf("Err: %v", err)
	}
	if elder.Err() != nil || elder.Group("g", lockstep.GroupConfig{}).Err() != nil {
		t.Error("the elder ended:", elder.Err())
	}
}
