package membership

// Chains: a sum of everything delivered on a ring, packet by packet, which members that go on together must share. They deliver the
// same in the same order (EVS 4 and 6); where they did not, a fault of ours or of a machine's memory shows at the next ring and
// not years later. The sum is fast and no secret: it is meant for faults, not for attackers.

import (
	"fmt"
	"hash/crc32"
	"math/bits"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A Chain sums up a sequence: equal sequences give equal chains, and others different ones but for one in 2^64.
type Chain struct {
	Count uint64 // of Next
	Sum   uint64
}

// Two odd numbers with nothing up their sleeves: the first bits of the square roots of 2 and 3.
const (
	chainX = 0x6a09e667f3bcc909
	chainY = 0xbb67ae8584caa73b
)

// Mix takes in two numbers.
func (c *Chain) Mix(x, y uint64) {
	hi, lo := bits.Mul64(c.Sum^x^chainX, y^chainY)
	c.Sum = bits.RotateLeft64(c.Sum, 23) ^ hi ^ lo
}

// Next ends one thing of the sequence and takes in its first two numbers.
func (c *Chain) Next(x, y uint64) {
	c.Count++
	c.Mix(x, y)
}

// packet takes in what a packet brings: its place, its origin and every chunk to the last byte.
func (c *Chain) packet(d *wire.Data, table *crc32.Table) {
	c.Next(d.Seq, uint64(d.Position))
	c.Mix(uint64(d.Origin)<<32|uint64(d.Flags)<<16|uint64(len(d.Chunks)), uint64(d.Prev)<<32|uint64(d.Control))
	for i := range d.Chunks {
		k := &d.Chunks[i]
		c.Mix(uint64(k.Group)^uint64(k.Total)<<32, uint64(crc32.Checksum(k.Payload, table))<<32|uint64(len(k.Payload)&0xffff)<<16|
			uint64(k.Kind)<<8|uint64(k.Order&0xf)<<4|uint64(k.Flags&0xf))
	}
}

// transitional marks where the old ring's transitional configuration begins: those who go together agree on that as well.
func (c *Chain) transitional() { c.Mix(1, 1) }

// A traced is one packet of those delivered last, for whoever has to find out where two members parted.
type traced struct {
	context  uint64
	seq      uint64
	position wire.Position
	origin   uint16
	sum      uint64
}

// tracedMost is how many are remembered.
const tracedMost = 32

// chains is a member's chain of the ring installed, and its last deliveries on any.
type chains struct {
	table *crc32.Table // Castagnoli's, which processors know
	chain Chain
	last  [tracedMost]traced
	n     int // where the next goes
}

func (m *Machine) chained(context uint64, d *wire.Data) {
	c := &m.chains
	c.chain.packet(d, c.table)
	c.last[c.n] = traced{context, d.Seq, d.Position, d.Origin, c.chain.Sum}
	c.n = (c.n + 1) % tracedMost
}

// link ends the chain of a ring: another is installed, and another chain begins.
func (c *chains) link(from, to uint64) wire.Link {
	l := wire.Link{From: from, To: to, Count: c.chain.Count, Sum: c.chain.Sum}
	c.chain = Chain{}
	return l
}

// LastDelivered lists the packets delivered last, the oldest first: ring, number, position, index of the origin, and the chain
// behind it.
func (m *Machine) LastDelivered() string {
	var b []byte
	c := &m.chains
	for i := range tracedMost {
		if t := c.last[(c.n+i)%tracedMost]; t.seq != 0 {
			b = fmt.Appendf(b, " %08x/%d@%d from %d: %016x;", t.context>>32, t.seq, t.position, t.origin, t.sum)
		}
	}
	return string(b)
}

// Expel gives up members that may well be heard: the next ring is formed without them.
func (m *Machine) Expel(ids []wire.MemberID, reason wire.Reason, why string) {
	for _, id := range ids {
		m.suspect(id, reason, why)
	}
}
