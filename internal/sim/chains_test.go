package sim

// The production check: a member whose memory changed a message is put out at the next ring, and nobody else is.

import (
	"bytes"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

func TestAMemberThatDivergedIsPutOut(t *testing.T) {
	for _, change := range []struct {
		name string
		do   func(*wire.Data)
	}{
		{"a bit of a payload", func(d *wire.Data) {
			d.Chunks[0].Payload = bytes.Clone(d.Chunks[0].Payload) // others read the same bytes
			d.Chunks[0].Payload[len(d.Chunks[0].Payload)-1] ^= 4
		}},
		{"its order", func(d *wire.Data) { d.Chunks[0].Order ^= wire.OrderFIFO ^ wire.OrderCausal }},
		{"the last chunk is lost", func(d *wire.Data) { d.Chunks = d.Chunks[:len(d.Chunks)-1] }},
	} {
		for victim := range 3 {
			tampered := false
			armed := false
			c := NewCluster(Options{Seed: 1, Nodes: 4, Network: calm, tamper: func(node int, p wire.Packet) {
				d, ok := p.(*wire.Data)
				if armed && !tampered && ok && node == victim && len(d.Chunks) > 0 && d.Chunks[0].Kind == wire.KindApp {
					tampered = true
					change.do(d)
				}
			}})
			c.Start(0, 1, 2, 3)
			want(t, c, 5*time.Second, 0, 1, 2, 3)
			c.Crash(3)
			want(t, c, 5*time.Second, 0, 1, 2)
			talk(c, 0, 1, 2)
			c.Run(time.Second)
			armed = true
			talk(c, 0, 1, 2)
			c.Run(time.Second)
			who := c.nodes[victim].member()
			for _, v := range c.troubles {
				if v.Property == "chains" {
					t.Fatalf("%s of %s: found without a new ring: %v", change.name, who, v)
				}
			}
			c.Restart(3)
			c.Run(3 * time.Second)
			found := 0
			for _, v := range c.troubles {
				switch {
				case v.Property != "chains":
				case v.Member == who:
					found++
				default:
					t.Errorf("%s of %s: %v", change.name, who, v)
				}
			}
			if found != 1 || !tampered || c.nodes[victim].alive() {
				t.Errorf("%s of %s was found %d times", change.name, who, found)
			}
			var rest []int
			for i := range 4 {
				if i != victim {
					rest = append(rest, i)
				}
			}
			want(t, c, 5*time.Second, rest...)
			talk(c, rest...)
		}
	}
}
