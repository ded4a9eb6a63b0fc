package lockstep_test

// Large messages on real sockets, with the MTU that the node senses.

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
)

// TestSixteenMebibytes: a message of 16 MiB is handled whole by three nodes on loopback, and one byte more is refused with both
// sizes, before anything is sent.
func TestSixteenMebibytes(t *testing.T) {
	const most = 16 << 20
	key := newKey(t)
	names := []string{"a", "b", "c"}
	var seeds []string // each knows those that were started before it
	got := make([]chan []byte, len(names))
	groups := make([]*lockstep.Group, len(names))
	joined := make(chan error, len(names))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for i, name := range names {
		n := startLoopback(t, lockstep.Config{Name: name, Seeds: seeds, Key: key, MaxMessage: most})
		seeds = append(seeds, n.Addr().String())
		got[i] = make(chan []byte, 2)
		groups[i] = n.Group("g", lockstep.GroupConfig{Size: len(names), Stateless: true})
		lockstep.Handle(groups[i], func(_ context.Context, _ lockstep.Message, b []byte) { got[i] <- b })
	}
	for _, g := range groups {
		go func() { joined <- g.Join(ctx) }()
	}
	for range groups {
		if err := <-joined; err != nil {
			t.Fatal(err)
		}
	}
	random := rand.NewChaCha8([32]byte{16})
	message := make([]byte, most+1)
	if _, err := random.Read(message); err != nil {
		t.Fatal(err)
	}
	err := groups[0].OrderedSend(ctx, message)
	if want := "orderedsend g: the message is too large: 16777217 bytes, at most 16777216"; !errors.Is(err, lockstep.ErrTooLarge) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := groups[0].SafeSend(ctx, message[:most]); err != nil {
		t.Fatal(err)
	}
	for i := range got {
		select {
		case b := <-got[i]:
			if !bytes.Equal(b, message[:most]) {
				t.Errorf("%s got other bytes, %d of them", names[i], len(b))
			}
		case <-ctx.Done():
			t.Fatalf("%s did not get it; %v", names[i], groups[i].View())
		}
	}
	if err := groups[0].Flush(ctx); err != nil {
		t.Error(err)
	}
	for i := range got {
		if len(got[i]) > 0 {
			t.Errorf("%s got something besides", names[i])
		}
	}
}
