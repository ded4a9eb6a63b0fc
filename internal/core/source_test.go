package core

// How packets are filled: to the brim, and by the groups in turn.

import (
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// twoGroups is a core, one of two, that is a member of the groups g and h.
func twoGroups(t *testing.T) (c *Core, g, h *group) {
	f := newFew(t)
	for range 2 {
		f.start()
		f.run(3 * time.Second)
	}
	for i := range f.cores {
		f.step(i, JoinGroup{Name: "h", Config: wire.GroupConfig{Stateless: true}})
	}
	f.run(3 * time.Second)
	c = f.cores[0]
	g, h = c.groups[wire.NewGroupID("g")], c.groups[wire.NewGroupID("h")]
	if g == nil || h == nil || !c.dir.MayNumber(g.id) || !c.dir.MayNumber(h.id) {
		t.Fatal("the groups are not there")
	}
	return c, g, h
}

func (c *Core) enqueue(g *group, count, size int) {
	c.sending.add(g)
	for i := range count {
		g.queue.push(outgoing{group: g.id, kind: wire.KindApp, order: wire.OrderAgreed, tag: uint64(i), payload: make([]byte, size)})
	}
}

func sizeOf(chunks []wire.Chunk) (n int) {
	for i := range chunks {
		n += chunks[i].Size()
	}
	return n
}

// TestPacketsAreFilled: as long as there is more to send, a packet has no more room left than the least piece of a message takes.
func TestPacketsAreFilled(t *testing.T) {
	const room = 1300
	for _, size := range []int{20, 64, 100, 500, 1000, 1024, 1100, 1290, 3000, 8192, 100_000} {
		c, g, _ := twoGroups(t)
		c.enqueue(g, 1+200_000/size, size)
		packets := 0
		for {
			chunks := c.Fill(nil, room)
			if len(chunks) == 0 {
				break
			}
			packets++
			used := sizeOf(chunks)
			if used > room {
				t.Fatalf("messages of %d: %d bytes in a packet of %d", size, used, room)
			}
			if left := room - used; g.queue.len() > 0 && left >= fragment+wire.ChunkOverhead(wire.OrderAgreed, true, false) {
				t.Fatalf("messages of %d: packet %d has %d bytes left", size, packets, left)
			}
		}
	}
}

// TestGroupsTakeTurns: while one group sends a large message, another's small ones go into every second packet at the latest, whether
// they fill packets or not; and the large one has the others.
func TestGroupsTakeTurns(t *testing.T) {
	const room = 1300
	for _, small := range []int{64, 600, 1000} {
		c, g, h := twoGroups(t)
		c.enqueue(g, 1, 500_000)
		c.enqueue(h, 400, small)
		mine, others := 0, 0
		for range 50 {
			var of [2]int
			for _, chunk := range c.Fill(nil, room) {
				if chunk.Group == g.id {
					of[0] += len(chunk.Payload)
				} else {
					of[1] += len(chunk.Payload)
				}
			}
			mine, others = mine+of[0], others+of[1]
		}
		if mine < 20*(room-100) || others < min(400*small, 20*(room-200)) {
			t.Errorf("messages of %d beside a large one: %d bytes of it, %d of theirs in 50 packets", small, mine, others)
		}
	}
}

// TestNumberedByTag: messages that are given their numbers are reported by their tags, those that follow each other together.
func TestNumberedByTag(t *testing.T) {
	c, g, _ := twoGroups(t)
	c.enqueue(g, 5, 500)
	c.Effects()
	for range 3 {
		c.Fill(nil, 1300)
	}
	var got []Upcall
	for _, u := range c.Effects().Upcalls {
		if u.Kind == UpNumbered {
			got = append(got, u)
		}
	}
	if len(got) != 1 || got[0].Group != g.id || got[0].Tag != 0 || got[0].Count != 5 {
		t.Errorf("five messages with the tags 0 to 4: %+v", got)
	}
}
