package lockstep_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/transport"
)

// tunnel is a real socket behind which larger datagrams are lost without a word.
type tunnel struct {
	*transport.UDP
	most int
}

func (u *tunnel) Send(batch []transport.Datagram) error {
	return u.UDP.Send(slices.DeleteFunc(batch, func(d transport.Datagram) bool { return len(d.Buf) > u.most }))
}

// TestNarrowPath has two members, of unequal MTU, on a path that loses large datagrams one way. Both stay, everything arrives, and the one
// whose datagrams are lost is told.
func TestNarrowPath(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	type change struct {
		to  netip.AddrPort
		mtu int
	}
	changes := make(chan change, 16)
	views := make(chan lockstep.View, 16)
	var nodes []*lockstep.Node
	arrived := make(chan int, 1024)
	for i, mtu := range []int{8000, 1472} {
		udp, err := transport.ListenUDP(ctx, transport.UDPConfig{Listen: "127.0.0.1:0", MTU: mtu})
		if err != nil {
			t.Fatal(err)
		}
		cfg := lockstep.Config{Name: string(rune('a' + i)), InsecureNoKey: true, Transport: udp}
		if i == 0 {
			cfg.Transport = &tunnel{udp, 1400}
			cfg.Events = &lockstep.EventListener{PathChanged: func(to netip.AddrPort, mtu int) { changes <- change{to, mtu} }}
		} else {
			cfg.Seeds = []string{nodes[0].Addr().String()}
		}
		n, err := lockstep.Start(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		nodes = append(nodes, n)
		g := n.Group("g", lockstep.GroupConfig{Stateless: true})
		lockstep.Handle(g, func(_ context.Context, _ lockstep.Message, s string) {
			if i == 1 {
				arrived <- len(s)
			}
		})
		if i == 0 {
			g.OnView(func(_ context.Context, v lockstep.View) { views <- v })
		}
		if err := g.Join(ctx); err != nil {
			t.Fatal(err)
		}
	}
	g := nodes[0].Group("g", lockstep.GroupConfig{})
	for v := range views {
		if len(v.Members) == 2 {
			break
		}
	}
	text := strings.Repeat("x", 20000)
	const messages = 200
	for range messages {
		if err := g.OrderedSend(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	for i := range messages {
		select {
		case n := <-arrived:
			if n != len(text) {
				t.Errorf("%d bytes arrived", n)
			}
		case <-ctx.Done():
			t.Fatalf("%d of %d messages arrived", i, messages)
		}
	}
	if len(views) != 0 {
		t.Errorf("the view is now %v", <-views)
	}
	// The search goes on while large packets are sent.
	for {
		if err := g.OrderedSend(ctx, text); err != nil {
			t.Fatal(err)
		}
		select {
		case c := <-changes:
			if c.to != nodes[1].Addr() || c.mtu > 1400 || c.mtu < 1384 {
				t.Errorf("told of %+v", c)
			}
			s, err := nodes[0].Status(ctx)
			if err != nil || len(s.Paths) != 1 || s.Paths[0].To != c.to.String() || s.Paths[0].MTU != c.mtu {
				t.Errorf("status: %+v, %v", s.Paths, err)
			}
			return
		case <-arrived:
		case <-ctx.Done():
			t.Fatal("nothing was told")
		}
	}
}
