package membership

import (
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// resent counts how often a member sent the token again.
func (n *testNet) resent() (count int) {
	for _, x := range n.nodes {
		count += x.m.Coverage.TokenRetransmitted
	}
	return count
}

// TestAnIdleRingIsQuiet: when everybody knows everything, a rotation costs a packet a member, and no time-out comes besides. Everybody is on
// the ring, so nobody calls for others.
func TestAnIdleRingIsQuiet(t *testing.T) {
	n := newTestNet(t, 9, "a", "b", "c")
	n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
	n.nodes[1].send("agreed 1")
	n.run(10 * time.Second)
	packets, resent := n.n, n.resent()
	n.run(10 * time.Second)
	if most, got := 3*int(10*time.Second/lan.Rest)+3, n.n-packets; got > most || n.resent() != resent {
		t.Errorf("%d packets in ten seconds, not %d; %d tokens were sent again", got, most, n.resent()-resent)
	}
}

// TestALostIdleToken: nobody waits for the token of an idle ring, so it may be lost for a while, on whichever hop; whoever has something to
// send gets it back almost as soon as on a busy one.
func TestALostIdleToken(t *testing.T) {
	for hop := range 3 {
		for i := range 3 {
			n := newTestNet(t, 10, "a", "b", "c")
			n.until("one ring", 5*time.Second, func() bool { return n.together(n.nodes...) })
			n.nodes[1].send("agreed 1")
			n.run(5 * time.Second)
			ring, resent, tokens := n.nodes[0].m.Ring(), n.resent(), 0
			n.lost = func(_, _ *testNode, class wire.Class, body []byte) bool {
				p, _ := wire.Parse(body)
				if _, token := p.(*wire.Token); token {
					tokens++
				}
				return tokens == hop+1 && class == wire.ClassToken
			}
			n.until("a token is lost", time.Second, func() bool { return tokens > hop })
			tokens = 3
			n.run(10 * time.Millisecond)
			if n.resent() != resent {
				t.Fatal("the token was to be missed by nobody yet")
			}
			n.nodes[i].send("agreed 2")
			took := n.until("it is everywhere", time.Second, func() bool {
				for _, x := range n.nodes {
					if len(x.messages()) < 2 {
						return false
					}
				}
				return true
			})
			if took > lan.TokenRetransmit+10*time.Millisecond || n.nodes[0].m.Ring() != ring {
				t.Errorf("hop %d, %s: it took %v, on ring %v after %v", hop, n.nodes[i].info.Name, took, n.nodes[0].m.Ring(), ring)
			}
		}
	}
}
