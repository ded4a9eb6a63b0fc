package wire

// Chains: what a member delivered on its way to a new ring, as sums that those who came the same way must share.

import "fmt"

// Chains is one member's part in the check of a new ring. It is the payload of a KindChain message, agreed like a Directory.
type Chains struct {
	Ring  RingID // for which it was sent
	Links []Link // the oldest first, at most MaxLinks
}

// A Link sums up what a member delivered on one ring, up to the installation of the next. Two members with equal From and To have
// gone together, and must have an equal count and sum; and of each group that both name, likewise.
type Link struct {
	From   uint64 // context of the ring
	To     uint64 // context of the ring installed after it
	Count  uint64 // packets delivered
	Sum    uint64
	Groups []GroupSum // groups of which the member delivered everything on that ring, at most MaxGroups
}

// A GroupSum sums up what was handed to one group.
type GroupSum struct {
	Group GroupID
	Count uint64 // messages and views
	Sum   uint64
}

const (
	linkSize     = 8 + 8 + 8 + 8 + 4
	groupSumSize = 8 + 8 + 8
)

// Append appends the payload's bytes to b.
func (c Chains) Append(b []byte) []byte {
	b = appendRing(b, c.Ring)
	b = appendCount8(b, len(c.Links))
	for i := range c.Links {
		l := &c.Links[i]
		b = appendU64(appendU64(appendU64(appendU64(b, l.From), l.To), l.Count), l.Sum)
		b = appendCount32(b, len(l.Groups))
		for _, g := range l.Groups {
			b = appendU64(appendU64(appendU64(b, uint64(g.Group)), g.Count), g.Sum)
		}
	}
	return b
}

// ParseChains reads a whole payload. Errors match ErrMalformed.
func ParseChains(payload []byte) (Chains, error) {
	r := reader{b: payload}
	c := Chains{Ring: r.ring()}
	if n := r.count(uint32(r.u8()), MaxLinks, linkSize); n > 0 {
		c.Links = make([]Link, n)
		for i := range c.Links {
			l := &c.Links[i]
			l.From, l.To, l.Count, l.Sum = r.u64(), r.u64(), r.u64(), r.u64()
			if n := r.count(r.u32(), MaxGroups, groupSumSize); n > 0 {
				l.Groups = make([]GroupSum, n)
				for k := range l.Groups {
					g := &l.Groups[k]
					g.Group, g.Count, g.Sum = GroupID(r.u64()), r.u64(), r.u64()
				}
			}
		}
	}
	if err := r.done("chains"); err != nil {
		return Chains{}, err
	}
	return c, nil
}

// String describes the payload on one line.
func (c Chains) String() string {
	b := fmt.Appendf(nil, "chains ring %v links ", c.Ring)
	return string(appendList(b, c.Links, func(b []byte, l Link) []byte { return append(b, l.String()...) }))
}

// String is the link with its groups: 12345678>9abcdef0 14:0123456789abcdef groups ...
func (l Link) String() string {
	b := fmt.Appendf(nil, "%08x>%08x %d:%016x groups ", l.From>>32, l.To>>32, l.Count, l.Sum)
	return string(appendList(b, l.Groups, func(b []byte, g GroupSum) []byte {
		return fmt.Appendf(b, "%v %d:%016x", g.Group, g.Count, g.Sum)
	}))
}
