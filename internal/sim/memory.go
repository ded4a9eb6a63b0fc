package sim

// The memory that packets lie in, as a node lends it to its core (see wire.Data.Memory and package transport's Slab). In one seed of four
// each data packet is parsed from memory of its receiver's own, and each message put together in such memory, which is overwritten when the
// last hold on it is released: a core that looks at it later, or does not say that it will, delivers what nobody sent.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// memory is one packet's, or one message's, with its holds.
type memory struct {
	body  []byte
	holds int
}

// lends reports whether the nodes of this run lend memory to their cores.
func (c *Cluster) lends() bool { return c.opts.Seed%4 == 0 }

// lend parses a data packet from memory of its own, which the core holds.
func lend(body []byte) (wire.Packet, error) {
	m := &memory{body: slices.Clone(body), holds: 1}
	packet, err := wire.Parse(m.body)
	if d, ok := packet.(*wire.Data); ok {
		d.Memory = m
	}
	return packet, err
}

// room lends a core memory for a message that is put together. It is not used again, only overwritten.
func room(size int) ([]byte, any) {
	m := &memory{body: make([]byte, size), holds: 1}
	return m.body[:0], m
}

// hold and release count the holds on the memory of a packet, if it is lent at all.
func hold(lent any) {
	if m, ok := lent.(*memory); ok {
		m.holds++
	}
}

func (c *Cluster) release(lent any) {
	m, ok := lent.(*memory)
	if !ok {
		return
	}
	m.holds--
	switch {
	case m.holds == 0:
		for i := range m.body {
			m.body[i] = 0xdb
		}
	case m.holds < 0:
		c.trouble("memory", "", "", "was released more often than held")
	}
}
