package lockstep

// The overflowing queue against a list: whatever is written and read back, and when, what comes out is what was put in, in order.

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// missed makes an upcall that may be spilled.
func missed(p uint64, sizes ...int) core.Upcall {
	u := core.Upcall{
		Kind: core.UpDeliver, Group: 7, Position: wire.Position(p), Sender: membership.Member{ID: wire.NewMemberID("x", p), Name: "x"},
		ViewID: wire.ViewID{Num: p, Ring: 1 << 63}, Message: wire.KindApp, Order: wire.OrderSafe, Transitional: p%2 == 0,
	}
	for i, n := range sizes {
		u.Messages = append(u.Messages, wire.Chunk{Total: uint32(i % 2), Payload: bytes.Repeat([]byte{byte(p)}, n)})
	}
	return u
}

func TestSpillRecords(t *testing.T) {
	direct := core.Upcall{Kind: core.UpDirect, Group: 7, Position: 5, Sender: membership.Member{Name: "y"}, Payload: []byte("hello")}
	want := []core.Upcall{missed(1, 10), direct, missed(2, 0, 1, 70000), missed(3)}
	var all []byte
	for i := range want {
		all = appendRecord(all, &want[i])
	}
	rest, short := all, 0
	for i := range want {
		var got core.Upcall
		var err error
		if got, rest, short, err = parseRecord(rest, 7); err != nil || short != 0 {
			t.Fatal(i, short, err)
		}
		for k := range want[i].Messages {
			if len(want[i].Messages[k].Payload) == 0 {
				got.Messages[k].Payload = want[i].Messages[k].Payload
			}
		}
		if len(want[i].Messages) == 0 {
			got.Messages = want[i].Messages
		}
		if !reflect.DeepEqual(got, want[i]) {
			t.Errorf("%d: %+v, want %+v", i, got, want[i])
		}
	}
	if len(rest) != 0 {
		t.Error(len(rest), "bytes left over")
	}
	one := appendRecord(nil, &want[0])
	for n := range one {
		if _, _, short, err := parseRecord(one[:n], 7); err != nil || short != recordHead && short != len(one) {
			t.Fatalf("of %d bytes the first %d: %d, %v", len(one), n, short, err)
		}
	}
	for i := 4; i < len(one); i++ {
		bad := bytes.Clone(one)
		bad[i] ^= 1
		if _, _, _, err := parseRecord(bad, 7); !errors.Is(err, errSpillRecord) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
}

// spilling is a membership of small bounds, by itself.
func spilling(t *testing.T, dir string, most int64) (*tenure, *Node) {
	n, _ := scripted(t, alone)
	n.spillRoom.dir, n.spillRoom.most = dir, most
	g := newGroup(n, "s", GroupConfig{QueueMessages: 64, QueueBytes: 64 << 10})
	te := newTenure(g)
	te.spill = &spill{room: &n.spillRoom}
	g.cur = te
	te.running = true // nobody but the test takes from the queue
	return te, n
}

func TestOverflowingQueue(t *testing.T) {
	dir := t.TempDir()
	onDisk := 0
	rapid.Check(t, func(r *rapid.T) {
		te, n := spilling(t, dir, rapid.SampledFrom([]int64{1 << 20, 40 << 10}).Draw(r, "room"))
		defer n.Close()
		var want []wire.Position
		next := wire.Position(0)
		lock := func(f func()) {
			te.g.mu.Lock()
			defer te.g.mu.Unlock()
			f()
		}
		put := func(u core.Upcall) {
			next += wire.Position(max(1, len(u.Messages)))
			want = append(want, u.Position)
			lock(func() { te.put(&u) })
		}
		get := func() {
			u, _, ok := te.next(false)
			te.running = true
			if te.holding || len(want) == 0 {
				if ok {
					r.Fatalf("%v came out of what should hold back %d", u.Position, len(want))
				}
				return
			}
			if !ok || u.Position != want[0] {
				r.Fatalf("%v came out, %v; want %v", u.Position, ok, want[0])
			}
			for i := range u.Messages {
				if p := u.Messages[i].Payload; len(p) > 0 && (p[0] != byte(u.Position) || p[len(p)-1] != byte(u.Position)) {
					r.Fatalf("%v came out changed", u.Position)
				}
			}
			want = want[1:]
		}
		r.Repeat(map[string]func(*rapid.T){
			"others": func(r *rapid.T) {
				size := rapid.SampledFrom([]int{0, 10, 1000, 20_000}).Draw(r, "size")
				for range rapid.IntRange(1, 60).Draw(r, "messages") {
					put(missed(uint64(next), size))
				}
			},
			"two in one": func(r *rapid.T) { put(missed(uint64(next), 100, 200)) },
			"own": func(r *rapid.T) {
				u := missed(uint64(next), 10)
				u.Own = true
				put(u)
			},
			"view": func(r *rapid.T) { put(core.Upcall{Kind: core.UpTransitional, Group: 7, Position: next}) },
			"take": func(r *rapid.T) {
				for range rapid.IntRange(1, 100).Draw(r, "upcalls") {
					get()
				}
			},
			"hold":   func(r *rapid.T) { lock(func() { te.holding = true }) },
			"loaded": func(r *rapid.T) { lock(func() { te.holding = false }) },
			"drop": func(r *rapid.T) {
				if rapid.IntRange(0, 9).Draw(r, "seldom") == 0 {
					lock(func() { te.takeQueue() })
					want = nil
				}
			},
			"pause": func(r *rapid.T) { n.upcalls.Wait() },
			"": func(r *rapid.T) {
				lock(func() {
					onDisk = max(onDisk, te.spill.messages)
					if te.queue.len() < 0 || te.queue.bytes < 0 || te.spill.messages < 0 || te.spill.bytes < 0 || n.spillRoom.used.Load() > n.spillRoom.most {
						r.Fatalf("%d messages of %d bytes wait, %d of %d on disk, which takes %d", te.queue.len(), te.queue.bytes, te.spill.messages,
							te.spill.bytes, n.spillRoom.used.Load())
					}
				})
			},
		})
		lock(func() { te.holding = false })
		for len(want) > 0 {
			get()
		}
		n.upcalls.Wait()
		if n.spillRoom.used.Load() != 0 || te.spill.messages != 0 || te.queue.len() != 0 || te.queue.bytes != 0 {
			r.Fatalf("all was taken, and %d bytes of disk are in use, %d messages", n.spillRoom.used.Load(), te.spill.messages)
		}
		left, err := os.ReadDir(dir)
		if err != nil || len(left) > 0 {
			r.Fatalf("files are left: %v, %v", left, err)
		}
	})
	if onDisk == 0 {
		t.Error("nothing was ever spilled")
	}
}

// As long as there is room on disk a load may take: the group does not slow down, and what stands in the queue for what is on disk does not
// grow with it.
func TestLongLoad(t *testing.T) {
	te, n := spilling(t, t.TempDir(), 1<<30)
	defer n.Close()
	te.g.cfg.QueueMessages, te.g.cfg.QueueBytes = 16384, 16<<20
	te.holding = true
	draw := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		sizes := make([]int, 1+draw.IntN(13))
		for k := range sizes {
			sizes[k] = 1000
		}
		u := missed(uint64(i), sizes...)
		te.g.mu.Lock()
		te.put(&u)
		congested := te.congested
		te.g.mu.Unlock()
		if i%400 == 0 {
			n.upcalls.Wait()
		}
		if congested {
			n.upcalls.Wait()
			te.g.mu.Lock()
			if te.congested {
				t.Fatalf("after %d upcalls the group is slow for good: %d wait, %d messages are on disk in %d segments", i, te.queue.len(),
					te.spill.messages, len(te.spill.segments))
			}
			te.g.mu.Unlock()
		}
	}
	n.upcalls.Wait()
	te.g.mu.Lock()
	defer te.g.mu.Unlock()
	if files, segments := len(te.spill.files), len(te.spill.segments); te.spill.messages < 100_000 || segments > 3*files {
		t.Errorf("%d messages are on disk, in %d segments of %d files", te.spill.messages, segments, files)
	}
}

// A spill that cannot be written is none: everything stays in the queue, and the group is told to slow down.
func TestSpillWithoutADisk(t *testing.T) {
	te, n := spilling(t, t.TempDir()+"/gone", 1<<30)
	te.g.mu.Lock()
	te.holding = true
	for i := range 60 {
		u := missed(uint64(i), 100)
		te.put(&u)
	}
	te.g.mu.Unlock()
	n.upcalls.Wait()
	te.g.mu.Lock()
	defer te.g.mu.Unlock()
	if !te.spill.broken || !te.congested || te.queue.len() != 60 || n.spillRoom.used.Load() != 0 {
		t.Errorf("broken %v, congested %v, %d wait, %d bytes of disk", te.spill.broken, te.congested, te.queue.len(), n.spillRoom.used.Load())
	}
}

// Bytes that were changed on the disk end the membership: nobody else has them for it.
func TestSpillThatChanged(t *testing.T) {
	te, n := spilling(t, t.TempDir(), 1<<30)
	te.g.mu.Lock()
	te.holding = true
	for i := range 60 {
		u := missed(uint64(i), 100)
		te.put(&u)
	}
	te.g.mu.Unlock()
	n.upcalls.Wait()
	te.g.mu.Lock()
	if te.spill.messages == 0 {
		t.Fatal("nothing was spilled")
	}
	te.spill.files[0].f.tail[20]++
	te.holding = false
	te.g.mu.Unlock()
	for {
		if _, _, ok := te.next(false); !ok {
			break
		}
	}
	select {
	case <-te.g.done:
	case <-time.After(10 * time.Second):
		t.Fatal("the membership goes on")
	}
	if err := te.g.Err(); !errors.Is(err, ErrLoad) {
		t.Error(fmt.Sprint(err))
	}
	if n.spillRoom.used.Load() != 0 {
		t.Error("room is still taken")
	}
}
