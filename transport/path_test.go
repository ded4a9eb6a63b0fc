package transport_test

import (
	"bytes"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// narrow is a Transport on a path that drops larger datagrams without a word.
type narrow struct {
	transport.Transport
	most atomic.Int64
	sent atomic.Int64 // those that passed
}

func (n *narrow) Send(batch []transport.Datagram) error {
	var pass []transport.Datagram
	for _, d := range batch {
		if int64(len(d.Buf)) <= n.most.Load() {
			pass = append(pass, d)
			n.sent.Add(1)
		}
	}
	return n.Transport.Send(pass)
}

// onPath has alice send to bob every 5 ms, and bob answer with something small, as on a ring. It gives what arrived at bob.
func onPath(t *testing.T, mtu, most, size int, then func(a *transport.Endpoint, path *narrow, got *atomic.Int64)) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New(memnet.Config{MTU: mtu})
		path := &narrow{Transport: memListen(t, network)}
		path.most.Store(int64(most))
		a, b := endpoint(t, path, alice, nil), endpoint(t, memListen(t, network), bob, nil)
		text := body(9, size)
		var got atomic.Int64
		hearAll := func(e *transport.Endpoint, count bool) {
			var packets []transport.Packet
			for {
				var err error
				if packets, err = e.Receive(packets[:0]); err != nil {
					return
				}
				for _, p := range packets {
					if count && !bytes.Equal(p.Body, text) {
						t.Errorf("a packet of %d bytes came, flags %x", len(p.Body), p.Header.Flags)
					}
					if count {
						got.Add(1)
					}
				}
			}
		}
		go hearAll(a, false)
		go hearAll(b, true)
		stop := make(chan struct{})
		every := func(e *transport.Endpoint, o transport.Outgoing) {
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					e.Send([]transport.Outgoing{o})
				case <-stop:
					return
				}
			}
		}
		go every(a, transport.Outgoing{To: to(b), Class: wire.ClassData, Body: text})
		go every(b, transport.Outgoing{To: to(a), Class: wire.ClassToken, Body: []byte("token")})
		then(a, path, &got)
		close(stop)
		synctest.Wait()
		a.Close()
		b.Close()
		synctest.Wait()
	})
}

// pass lets time go by, in which the two go on.
func pass(d time.Duration) { <-time.After(d) }

func TestNarrowPathIsFoundAndSurvived(t *testing.T) {
	for _, c := range []struct{ mtu, most int }{{8972, 1472}, {1472, 1420}, {1472, 600}, {8972, transport.MinMTU}, {8972, 8971}} {
		onPath(t, c.mtu, c.most, c.mtu-100, func(a *transport.Endpoint, path *narrow, got *atomic.Int64) {
			pass(400 * time.Millisecond)
			if c.most < c.mtu-60 && got.Load() == 0 {
				t.Errorf("%v: nothing came within 400 ms", c)
			}
			pass(5 * time.Second)
			list := a.Paths()
			if len(list) != 1 || list[0].Searching || list[0].MTU > c.most || list[0].MTU < c.most-16 {
				t.Errorf("%v: narrow paths %+v", c, list)
			}
			had := got.Load()
			pass(time.Second)
			if n := got.Load() - had; n < 195 {
				t.Errorf("%v: %d of 200 packets came", c, n)
			}
			// The path is mended, and this is found out as well.
			path.most.Store(transport.MaxDatagram)
			pass(35 * time.Second)
			if list := a.Paths(); len(list) != 0 {
				t.Errorf("%v: mended, and still narrow: %+v", c, list)
			}
			// And it may become narrow at any time.
			path.most.Store(int64(c.most))
			pass(5 * time.Second)
			if list := a.Paths(); len(list) != 1 || list[0].MTU > c.most {
				t.Errorf("%v: narrow again, and believed to be %+v", c, list)
			}
		})
	}
}

// Who does not answer at all, or loses small datagrams as well, says nothing about sizes.
func TestSilencePassesNoJudgementOnSizes(t *testing.T) {
	for _, most := range []int{0, 60} {
		onPath(t, 1472, most, 1300, func(a *transport.Endpoint, path *narrow, got *atomic.Int64) {
			pass(10 * time.Second)
			if list := a.Paths(); len(list) != 0 {
				t.Errorf("narrow paths %+v", list)
			}
			path.most.Store(1472)
			had := got.Load()
			pass(time.Second)
			if n := got.Load() - had; n < 195 || len(a.Paths()) != 0 {
				t.Errorf("%d of 200 packets came, paths %+v", n, a.Paths())
			}
		})
	}
}

// A path is probed while large packets go there, a few times a second, and never else.
func TestPathsAreProbedSparingly(t *testing.T) {
	onPath(t, 1472, 1472, 480, func(a *transport.Endpoint, path *narrow, got *atomic.Int64) {
		pass(10 * time.Second)
		if sent := path.sent.Load(); sent > 2000 {
			t.Errorf("%d datagrams for 2000 small packets", sent)
		}
	})
	onPath(t, 1472, 1472, 1300, func(a *transport.Endpoint, path *narrow, got *atomic.Int64) {
		pass(10 * time.Second)
		if sent := path.sent.Load(); sent < 2010 || sent > 2100 {
			t.Errorf("%d datagrams for 2000 packets, want some twenty to eighty more", sent)
		}
	})
}

// What is no probe is counted and does no harm.
func TestMalformedProbes(t *testing.T) {
	network := memnet.New(memnet.Config{MTU: 1472})
	a, b := endpoint(t, memListen(t, network), alice, nil), endpoint(t, memListen(t, network), bob, nil)
	before := b.Stats().Dropped
	for _, text := range [][]byte{nil, {1}, make([]byte, 11), {9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {3, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0}} {
		a.SendFlagged(b.Addr(), wire.FlagProbe, text)
	}
	a.SendFlagged(b.Addr(), wire.FlagProbe, []byte{2, 0, 99, 1, 2, 3, 4, 5, 6, 7, 8}) // of a round that there is not: late, and no harm
	a.SendFlagged(b.Addr(), wire.FlagPadded, []byte{1, 2, 3})
	a.Send([]transport.Outgoing{{To: to(b), Class: wire.ClassData, Body: []byte("end")}})
	if p := take(t, b, 1); string(p[0].Body) != "end" {
		t.Errorf("%q came", p[0].Body)
	}
	if got := b.Stats().Dropped - before; got != 6 {
		t.Errorf("%d dropped, want 6", got)
	}
}
