package transport_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

const mtu1280 = 1280 - 48 // what a 1280-byte IPv6 link leaves

// body is n bytes that nothing else is equal to.
func body(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestPartsOfEverySize(t *testing.T) {
	for mode, change := range map[string]func(*transport.EndpointConfig){"key": nil, "insecure": insecure} {
		t.Run(mode, func(t *testing.T) {
			network := memnet.New(memnet.Config{MTU: mtu1280})
			a, b := endpoint(t, memListen(t, network), alice, change), endpoint(t, memListen(t, network), bob, change)
			part := a.MaxBody() - wire.PartHeaderSize
			counter := uint64(1)
			for _, c := range []struct{ size, parts int }{
				{a.MaxBody(), 1}, {a.MaxBody() + 1, 2}, {2 * part, 2}, {2*part + 1, 3}, {63*part + 1, 64}, {64 * part, 64},
			} {
				text := body(uint64(c.size), c.size)
				a.Send([]transport.Outgoing{{To: to(b), Class: wire.ClassControl, Body: text}})
				p := take(t, b, 1)[0]
				if !bytes.Equal(p.Body, text) || p.Header.Counter != counter || p.Header.Flags != 0 || p.Header.Sealer != alice {
					t.Errorf("%d bytes in %d parts: %d bytes, %v", c.size, c.parts, len(p.Body), p.Header)
				}
				counter += uint64(c.parts)
				if c.parts == 1 {
					counter += 2 // it was the first large one: now the path is probed
				}
			}
			a.Send([]transport.Outgoing{{To: to(b), Body: make([]byte, 64*part+1)}})
			if s := a.Stats(); s.TooLarge != 1 {
				t.Errorf("too large: %d, want 1", s.TooLarge)
			}
		})
	}
}

func TestPartsUnderLossAndReordering(t *testing.T) {
	network := memnet.New(memnet.Config{Seed: 11, MTU: mtu1280, Loss: 0.02, Reorder: 0.3, Duplicate: 0.1})
	a, b, c := endpoint(t, memListen(t, network), alice, nil), endpoint(t, memListen(t, network), bob, nil), endpoint(t, memListen(t, network), carol, nil)
	// 60 parts each: about three in ten arrive whole. Senders repeat; here each of ten bodies is sent until it came.
	const bodies, size = 10, 60 * 1160
	want := map[[32]byte]bool{}
	var texts [][]byte
	for i := range uint64(2 * bodies) {
		texts = append(texts, body(i, size))
		want[sha256.Sum256(texts[i])] = true
	}
	network.SetDuplicate(0.1)
	got := make(chan [32]byte, 1000)
	go func() {
		defer close(got)
		for {
			packets, err := b.Receive(nil)
			if err != nil {
				return
			}
			for _, p := range packets {
				// What is whole tells by its length; the rest are marks that a round is over.
				if len(p.Body) == size || len(p.Body) == 8 {
					sum := sha256.Sum256(p.Body)
					if len(p.Body) == 8 {
						clear(sum[:])
						copy(sum[:8], p.Body)
					}
					got <- sum
				} else {
					t.Errorf("a packet of %d bytes", len(p.Body))
				}
			}
		}
	}()
	here := map[[32]byte]bool{}
	round := uint64(0)
	for ; len(here) < 2*bodies && round < 200; round++ {
		for i, text := range texts {
			if e := []*transport.Endpoint{a, c}[i%2]; !here[sha256.Sum256(text)] {
				e.Send([]transport.Outgoing{{To: to(b), Body: text}})
			}
		}
		network.SetLoss(0)
		network.SetReorder(0)
		mark := binary.BigEndian.AppendUint64(nil, round+1)
		a.Send([]transport.Outgoing{{To: to(b), Body: mark}})
		network.SetLoss(0.02)
		network.SetReorder(0.3)
		for sum := range got {
			if bytes.Equal(sum[:8], mark) {
				break
			}
			if want[sum] {
				here[sum] = true
			} else if !bytes.Equal(sum[8:], make([]byte, 24)) {
				t.Error("a packet nobody sent")
			}
		}
	}
	if len(here) != 2*bodies {
		t.Errorf("%d of %d bodies arrived in %d rounds", len(here), 2*bodies, round)
	}
	s := b.Stats()
	if s.Reassembled < 2*bodies || s.PartsDropped == 0 || s.Dropped != 0 {
		t.Errorf("stats: %+v", s)
	}
	b.Close()
	for range got {
	}
	t.Logf("%d rounds, %d parts in, %d dropped", round, s.PartsIn, s.PartsDropped)
}
