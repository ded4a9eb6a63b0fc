package wire

// What the members of a group must agree on: its configuration, and its table of message types.

import "fmt"

// A GroupConfig is the part of a group's configuration that its members must agree on. It is comparable.
type GroupConfig struct {
	Size       uint16 // of which a quorum is a majority; 0: the last primary view decides
	Partition  uint8  // PolicyPrimary, PolicyPartitionable, PolicyReadOnly
	LastMember uint8  // 0 blocked, 1 go on
	Stateless  bool
	Spares     uint8 // how many members save for a joiner besides its donor; at most MaxSpares
}

// MaxSpares bounds GroupConfig.Spares and GroupMember.Spares: three bits.
const MaxSpares = 7

// What a side without a quorum does. The numbers are final.
const (
	PolicyPrimary       uint8 = 0 // it delivers nothing more
	PolicyPartitionable uint8 = 1 // it goes on
	PolicyReadOnly      uint8 = 2 // it reads
)

func appendConfig(b []byte, c GroupConfig) []byte {
	return append(appendU16(b, c.Size), c.Partition, c.LastMember, flagBits(c.Stateless)|spareBits(int(c.Spares)))
}

func (r *reader) config() GroupConfig {
	c := GroupConfig{Size: r.u16()}
	c.Partition = r.u8()
	c.LastMember = r.u8()
	flags := r.u8()
	c.Stateless, c.Spares = flags&1 != 0, uint8(sparesIn(flags))
	return c
}

// spareBits puts a number of spares, at most MaxSpares, into bits 1 to 3 of flags; sparesIn takes it out.
func spareBits(n int) uint8 { return uint8(min(n, MaxSpares)) << 1 }

func sparesIn(flags uint8) int { return int(flags >> 1 & MaxSpares) }

// String is the configuration in words.
func (c GroupConfig) String() string {
	policy := numbered("policy", c.Partition)
	switch c.Partition {
	case PolicyPrimary:
		policy = "primary"
	case PolicyPartitionable:
		policy = "partitionable"
	case PolicyReadOnly:
		policy = "read-only"
	}
	spares := ""
	if c.Spares > 0 {
		spares = fmt.Sprintf(" spares %d", c.Spares)
	}
	return fmt.Sprintf("size %d %s last %d%s%s", c.Size, policy, c.LastMember, pick(c.Stateless, " stateless", ""), spares)
}

// A HandlerEntry describes one registered message type.
type HandlerEntry struct {
	Name  string // 1 to MaxHandlerName bytes of UTF-8
	Kind  uint8  // 1 message, 2 apply, 3 query
	Shape string // fields and their types, at most MaxShape bytes of UTF-8
	// Missing are the members that do not handle it, sorted; at most MaxMembers. Empty in a GroupJoin.
	Missing []MemberID
}

// handlerSize is the least an entry takes.
const handlerSize = 1 + 2 + 1 + 4 + 2

func appendTable(b []byte, table []HandlerEntry) []byte {
	b = appendCount16(b, len(table))
	for _, e := range table {
		b = appendName(append(b, e.Kind), e.Name)
		b = append(appendCount32(b, len(e.Shape)), e.Shape...)
		b = appendIDs(appendCount16(b, len(e.Missing)), e.Missing)
	}
	return b
}

// table reads a table with its count before it; nil for an empty one.
func (r *reader) table() []HandlerEntry {
	n := r.count(uint32(r.u16()), MaxHandlers, handlerSize)
	if n == 0 {
		return nil
	}
	table := make([]HandlerEntry, n)
	for i := range table {
		table[i].Kind = r.u8()
		table[i].Name = r.name(MaxHandlerName)
		table[i].Shape = r.text(r.u32(), 0, MaxShape)
		table[i].Missing = r.ids(r.count(uint32(r.u16()), MaxMembers, 16))
	}
	return table
}
