package memnet_test

// Each test runs in a synctest bubble, which also fails it if a goroutine is left behind or if time is spent outside timers.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep/transport"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// inbox collects what a transport receives, until it is closed.
type inbox struct {
	tr   transport.Transport
	got  chan string
	done chan error
}

func open(tr transport.Transport) *inbox {
	b := &inbox{tr: tr, got: make(chan string, 10000), done: make(chan error, 1)}
	go func() {
		batch := make([]transport.Datagram, 8)
		for {
			n, err := tr.Receive(batch)
			if err != nil {
				b.done <- err
				return
			}
			for _, d := range batch[:n] {
				b.got <- string(d.Buf)
			}
		}
	}()
	return b
}

// all is what has arrived once nothing moves any more without time passing.
func (b *inbox) all() []string {
	synctest.Wait()
	var out []string
	for len(b.got) > 0 {
		out = append(out, <-b.got)
	}
	return out
}

func (b *inbox) close(t *testing.T) {
	t.Helper()
	if err := b.tr.Close(); err != nil {
		t.Error(err)
	}
	if err := <-b.done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Receive ended with %v", err)
	}
}

func listen(t *testing.T, n *memnet.Network, addr string) transport.Transport {
	t.Helper()
	tr, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func send(t *testing.T, from transport.Transport, to netip.AddrPort, texts ...string) {
	t.Helper()
	var batch []transport.Datagram
	for _, s := range texts {
		batch = append(batch, transport.Datagram{Addr: to, Buf: []byte(s)})
	}
	if err := from.Send(batch); err != nil {
		t.Fatal(err)
	}
}

func numbers(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

func TestListenChoosesAddresses(t *testing.T) {
	n := memnet.New(memnet.Config{})
	for _, c := range []struct{ ask, want string }{
		{"", "10.0.0.1:7946"}, {":0", "10.0.0.2:7946"}, {":99", "10.0.0.3:99"},
		{"127.0.0.1:0", "127.0.0.1:7946"}, {"127.0.0.1:0", "127.0.0.1:7947"}, {"[fd00::1]:7", "[fd00::1]:7"},
	} {
		if got := listen(t, n, c.ask).Addr().String(); got != c.want {
			t.Errorf("Listen(%q) took %s, want %s", c.ask, got, c.want)
		}
	}
	_, err := n.Listen("10.0.0.1:7946")
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "10.0.0.1:7946") {
		t.Errorf("an address in use: %v", err)
	}
	if _, err := n.Listen("name:1"); err == nil {
		t.Error("a name was taken")
	}
}

func TestDatagramsArriveInOrderAfterTheDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{Seed: 3, Delay: 10 * time.Millisecond, Jitter: 5 * time.Millisecond})
		a, b := listen(t, n, ""), open(listen(t, n, ""))
		defer b.close(t)
		send(t, a, b.tr.Addr(), numbers(100)...)
		after(9 * time.Millisecond)
		if got := b.all(); len(got) != 0 {
			t.Errorf("too early: %v", got)
		}
		after(7 * time.Millisecond)
		if got := b.all(); !slices.Equal(got, numbers(100)) {
			t.Errorf("got %v", got)
		}
	})
}

// after waits in the bubble's time.
func after(d time.Duration) { <-time.After(d) }

func TestTheSeedDecides(t *testing.T) {
	run := func(seed int64, noise bool) (got []string) {
		synctest.Test(t, func(t *testing.T) {
			n := memnet.New(memnet.Config{Seed: seed, Delay: time.Millisecond, Jitter: time.Millisecond, Loss: 0.2, Duplicate: 0.2, Reorder: 0.2})
			a, b, c := listen(t, n, ""), open(listen(t, n, "")), listen(t, n, "")
			defer b.close(t)
			for _, s := range numbers(300) {
				send(t, a, b.tr.Addr(), s)
				if noise {
					send(t, c, a.Addr(), "noise")
				}
			}
			after(time.Second)
			got = b.all()
		})
		return got
	}
	first := run(7, false)
	if !slices.Equal(first, run(7, false)) {
		t.Error("one seed gave two histories")
	}
	if !slices.Equal(first, run(7, true)) {
		t.Error("traffic between others changed the history")
	}
	if slices.Equal(first, run(8, false)) {
		t.Error("two seeds gave one history")
	}
	seen := map[string]int{}
	overtaken, last := 0, -1
	for _, s := range first {
		seen[s]++
		var i int
		fmt.Sscan(s, &i)
		if i < last {
			overtaken++
		}
		last = max(last, i)
	}
	lost, twice := 300-len(seen), len(first)-len(seen)
	for what, k := range map[string]int{"lost": lost, "twice": twice, "overtaken": overtaken} {
		if k < 20 || k > 120 {
			t.Errorf("%s: %d of 300, want about 60", what, k)
		}
	}
}

func TestVerbs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{})
		a, b, c := open(listen(t, n, "")), open(listen(t, n, "")), open(listen(t, n, ""))
		all := []*inbox{a, b, c}
		// reach tells who hears whom, as "ab ba".
		reach := func() string {
			var out []string
			for i, x := range all {
				for j, y := range all {
					if i == j {
						continue
					}
					send(t, x.tr, y.tr.Addr(), "x")
					if len(y.all()) == 1 {
						out = append(out, string(rune('a'+i))+string(rune('a'+j)))
					}
				}
			}
			return strings.Join(out, " ")
		}
		want := func(step, pairs string) {
			t.Helper()
			if got := reach(); got != pairs {
				t.Errorf("%s: %q, want %q", step, got, pairs)
			}
		}
		const whole = "ab ac ba bc ca cb"
		want("at first", whole)
		n.Cut(a.tr.Addr(), b.tr.Addr())
		want("cut", "ac bc ca cb")
		n.Heal()
		want("healed", whole)
		n.CutOneWay(a.tr.Addr(), b.tr.Addr())
		want("cut one way", "ac ba bc ca cb")
		n.Heal()
		n.Partition([]netip.AddrPort{a.tr.Addr(), b.tr.Addr()}, []netip.AddrPort{c.tr.Addr()})
		want("two sides", "ab ba")
		n.Partition([]netip.AddrPort{c.tr.Addr()})
		want("the rest is a side", "ab ba")
		n.Heal()
		want("whole", whole)
		n.SetLinkLoss(a.tr.Addr(), b.tr.Addr(), 1)
		want("a lossy link", "ac ba bc ca cb")
		n.SetLinkLoss(a.tr.Addr(), b.tr.Addr(), -1)
		n.SetLoss(1)
		want("everything lost", "")
		n.SetLoss(0)
		want("nothing lost", whole)
		for _, x := range all {
			x.close(t)
		}
	})
}

func TestCutCatchesWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{Delay: 10 * time.Millisecond})
		a, b := listen(t, n, ""), open(listen(t, n, ""))
		defer b.close(t)
		send(t, a, b.tr.Addr(), "lost")
		after(5 * time.Millisecond)
		n.Cut(a.Addr(), b.tr.Addr())
		after(10 * time.Millisecond)
		n.Heal()
		send(t, a, b.tr.Addr(), "arrives")
		after(10 * time.Millisecond)
		if got := b.all(); !slices.Equal(got, []string{"arrives"}) {
			t.Errorf("got %v", got)
		}
	})
}

func TestBoundsAreCounted(t *testing.T) {
	n := memnet.New(memnet.Config{MTU: 600, Queue: 3})
	a, b := listen(t, n, ""), listen(t, n, "")
	send(t, a, b.Addr(), "1", "2", "3", "4", "5")
	send(t, a, b.Addr(), string(make([]byte, 601)), "")
	batch := make([]transport.Datagram, 10)
	k, err := b.Receive(batch)
	if err != nil || k != 3 || string(batch[2].Buf) != "3" || batch[2].Addr != a.Addr() {
		t.Errorf("got %d, %v", k, err)
	}
	if s := b.Stats(); s.In != 3 || s.KernelDrops != 2 || s.BytesIn != 3 {
		t.Errorf("receiver: %+v", s)
	}
	if s := a.Stats(); s.Out != 5 || s.SendErrors != 2 || s.BytesOut != 5 {
		t.Errorf("sender: %+v", s)
	}
	if b.MTU() != 600 {
		t.Errorf("MTU %d", b.MTU())
	}
}

func TestKillRefusesAndFreesTheAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{})
		a, b := listen(t, n, ""), open(listen(t, n, ""))
		at := b.tr.Addr()
		n.Kill(at)
		if err := <-b.done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Receive of the dead: %v", err)
		}
		if err := b.tr.Send([]transport.Datagram{{Addr: a.Addr(), Buf: []byte("x")}}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Send of the dead: %v", err)
		}
		send(t, a, at, "x", "y")
		if got := a.(transport.Refuser).Refusals(nil); !slices.Equal(got, []netip.AddrPort{at}) || a.Stats().Refused != 2 {
			t.Errorf("refused by %v, stats %+v", got, a.Stats())
		}
		if _, err := a.Dial(context.Background(), at); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("Dial: %v", err)
		}
		again := open(listen(t, n, at.String()))
		send(t, a, at, "reborn")
		if got := again.all(); !slices.Equal(got, []string{"reborn"}) {
			t.Errorf("got %v", got)
		}
		again.close(t)
	})
}
