package wire

// GroupJoin: let me into that group.

import (
	"fmt"
	"net/netip"
)

// A GroupJoin asks for membership of a group. It is the payload of a KindGroupJoin message.
type GroupJoin struct {
	Name    string // of the group: 1 to MaxGroupName bytes of UTF-8
	Mode    JoinMode
	Member  GroupMember // ID and Name filled in
	Attempt uint64      // of the joiner, so that it knows its own request again
	Config  GroupConfig
	Seeds   []netip.AddrPort // the joiner's resolved seeds, its own address left out; at most MaxSeeds, invalid ones stay off the wire
	Table   []HandlerEntry   // at most MaxHandlers
}

// A JoinMode says whether the joiner takes part in a group that is there, founds one, or does what fits.
type JoinMode uint8

// The modes. Their numbers are final.
const (
	JoinOrCreate JoinMode = 0
	JoinCreate   JoinMode = 1
	JoinExisting JoinMode = 2
)

// String is the mode in words.
func (m JoinMode) String() string {
	switch m {
	case JoinOrCreate:
		return "join-or-create"
	case JoinCreate:
		return "create"
	case JoinExisting:
		return "join-existing"
	}
	return numbered("mode", uint8(m))
}

// groupJoinSize is the least a GroupJoin takes.
const groupJoinSize = 2 + 1 + 1 + groupMemberSize + 8 + 5 + 2 + 2

// Append appends the payload's bytes to b.
func (g GroupJoin) Append(b []byte) []byte {
	b = appendName(b, g.Name)
	b = append(b, uint8(g.Mode))
	b = appendMember(b, g.Member)
	b = appendU64(b, g.Attempt)
	b = appendConfig(b, g.Config)
	b = appendSeeds(b, g.Seeds)
	return appendTable(b, g.Table)
}

// ParseGroupJoin reads a whole payload. Errors match ErrMalformed.
func ParseGroupJoin(payload []byte) (GroupJoin, error) {
	r := reader{b: payload}
	g := GroupJoin{Name: r.name(MaxGroupName)}
	g.Mode = JoinMode(r.u8())
	g.Member = r.member()
	g.Attempt = r.u64()
	g.Config = r.config()
	g.Seeds = r.seeds()
	g.Table = r.table()
	if err := r.done("group join"); err != nil {
		return GroupJoin{}, err
	}
	return g, nil
}

// String describes the payload on one line.
func (g GroupJoin) String() string {
	return fmt.Sprintf("groupjoin %q %v %q %v attempt %d (%v) seeds %v types %d", g.Name, g.Mode, g.Member.Name, g.Member.ID,
		g.Attempt, g.Config, g.Seeds, len(g.Table))
}

// appendSeeds writes the valid addresses with their count before them, each with its length in bytes, 4 or 16.
func appendSeeds(b []byte, seeds []netip.AddrPort) []byte {
	n := 0
	for _, s := range seeds {
		if s.IsValid() {
			n++
		}
	}
	b = appendCount16(b, n)
	for _, s := range seeds {
		if s.IsValid() {
			b = append(b, uint8(s.Addr().BitLen()/8))
			b = appendAddrPort(b, s)
		}
	}
	return b
}

// seeds reads what appendSeeds wrote; nil for none.
func (r *reader) seeds() []netip.AddrPort {
	n := r.count(uint32(r.u16()), MaxSeeds, 1+4+2)
	if n == 0 {
		return nil
	}
	seeds := make([]netip.AddrPort, n)
	for i := range seeds {
		seeds[i] = r.addrPort(int(r.u8()))
	}
	return seeds
}
