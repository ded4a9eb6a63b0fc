package lockstep_test

import (
	"context"
	"testing"

	"github.com/lockstep-go/lockstep"
)

// BenchmarkPing is an ordered message of 64 bytes until its sender's own handler has it, three nodes over UDP in one process: a rotation of
// the token. The allocations are those of all three.
func BenchmarkPing(b *testing.B) {
	key, err := lockstep.GenerateKey()
	if err != nil {
		b.Fatal(err)
	}
	back := make(chan struct{}, 1)
	var groups []*lockstep.Group
	var seeds []string
	for _, name := range []string{"a", "b", "c"} {
		n, err := lockstep.Start(b.Context(), lockstep.Config{Name: name, Listen: "127.0.0.1:0", Seeds: seeds, Key: key, Timing: lockstep.Local()})
		if err != nil {
			b.Fatal(err)
		}
		defer n.Close()
		if len(seeds) == 0 {
			seeds = []string{n.Addr().String()}
		}
		g := n.Group("g", lockstep.GroupConfig{Stateless: true})
		own := name == "a"
		lockstep.Handle(g, func(context.Context, lockstep.Message, []byte) {
			if own {
				back <- struct{}{}
			}
		})
		if err := g.Join(b.Context()); err != nil {
			b.Fatal(err)
		}
		groups = append(groups, g)
	}
	message := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		if err := groups[0].OrderedSend(b.Context(), message); err != nil {
			b.Fatal(err)
		}
		<-back
	}
}
