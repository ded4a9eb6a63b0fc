package wire

// Token: the right to number packets, and what all members know of each other.

import "fmt"

// A Token carries the right to number packets. It names its ring only through the key it is sealed with. Parsers refuse one
// without members, with an index that is no member's, or with an aru below zero or above Seq.
type Token struct {
	TokenSeq   uint64        // grows by one with each hop; tells a retransmitted token from a new one
	Round      uint32        // full rotations since installation, modulo 2^32
	Seq        uint64        // the last packet number in use
	Position   Position      // the last message position in use
	Aru        uint64        // every member holds all up to here, as far as known
	AruMember  uint16        // who last lowered Aru, or NoMember
	Window     uint32        // bytes that all members together may multicast in a rotation; zero: nobody said yet
	Retrans    uint16        // member that still has old-ring packets to rebroadcast (recovery), or NoMember
	LastSender uint16        // who last numbered a packet: the token rests there; NoMember when nobody did
	IdleHops   uint32        // hops since anybody numbered, repeated or asked for anything
	Members    []MemberState // one for each member in ring order, 1 to MaxMembers
	Requests   []Request     // at most MaxRequests, ascending by First
	Congested  []Congestion  // at most MaxCongested
}

// A MemberState is a member's own entry on the token, rewritten at each of its visits. Whoever raises Token.Seq adds the same to the
// Aru of all others, so that what an entry says stays true (see Fall).
type MemberState struct {
	Aru  uint32 // Token.Seq less the member's own aru; FarBehind says only that it is so much or more
	Load Load
}

// A Load is what a member did and met at its last visit: what flow control goes by, in one byte.
type Load uint8

// The low bits of a Load. Above them is what the member multicast, in parts of the window (Totem's fcc, apart for each member).
const (
	LoadHungry  Load = 1 << 0 // it had more to send than its share
	LoadMissed  Load = 1 << 1 // it asked for more packets than are lost by chance
	LoadFlooded Load = 1 << 2 // it asked for a good part of a rotation's

	loadShift = 3
	// LoadWhole is the whole window, and more, in such parts.
	LoadWhole = 1<<(8-loadShift) - 1
)

// Sent is what the member multicast, in parts of the window of which LoadWhole make all of it.
func (l Load) Sent() int { return int(l >> loadShift) }

// WithSent returns the same Load with what was multicast set; more than LoadWhole counts as that.
func (l Load) WithSent(parts int) Load {
	return l&(1<<loadShift-1) | Load(max(0, min(parts, LoadWhole)))<<loadShift
}

// FarBehind is where Aru ends: such an entry claims nothing.
const FarBehind uint32 = 1<<32 - 1

// Fall puts the member n packets further behind.
func (m *MemberState) Fall(n uint64) { m.Aru += uint32(min(n, uint64(FarBehind-m.Aru))) }

// A Request asks for Count packets, at least one, from First on.
type Request struct {
	First uint64
	Count uint16
}

// A Congestion says that Member cannot take more messages of Group for the moment.
type Congestion struct {
	Member uint16
	Group  GroupID
}

const (
	tokenSize       = 1 + 8 + 4 + 8 + 8 + 8 + 2 + 4 + 2 + 2 + 4 + 2 + 1 + 1
	memberStateSize = 5
	requestSize     = 10
	congestionSize  = 10
)

// Type is TypeToken.
func (p *Token) Type() Type { return TypeToken }

// Size is how many bytes Append appends.
func (p *Token) Size() int {
	return tokenSize + memberStateSize*len(p.Members) + requestSize*len(p.Requests) + congestionSize*len(p.Congested)
}

// Append appends the fixed fields, the counts of the three lists, then the lists. It allocates nothing beyond b.
func (p *Token) Append(b []byte) []byte {
	b = append(b, uint8(TypeToken))
	b = appendU64(b, p.TokenSeq)
	b = appendU32(b, p.Round)
	b = appendU64(b, p.Seq)
	b = appendU64(b, uint64(p.Position))
	b = appendU64(b, p.Aru)
	b = appendU16(b, p.AruMember)
	b = appendU32(b, p.Window)
	b = appendU16(b, p.Retrans)
	b = appendU16(b, p.LastSender)
	b = appendU32(b, p.IdleHops)
	b = appendCount16(b, len(p.Members))
	b = appendCount8(b, len(p.Requests))
	b = appendCount8(b, len(p.Congested))
	for _, m := range p.Members {
		b = append(appendU32(b, m.Aru), uint8(m.Load))
	}
	for _, q := range p.Requests {
		b = appendU16(appendU64(b, q.First), q.Count)
	}
	for _, c := range p.Congested {
		b = appendU64(appendU16(b, c.Member), uint64(c.Group))
	}
	return b
}

// ParseToken reads a whole body. Errors match ErrMalformed.
func ParseToken(body []byte) (*Token, error) {
	r := reader{b: body}
	r.expect(TypeToken)
	p := &Token{TokenSeq: r.u64()}
	p.Round = r.u32()
	p.Seq = r.u64()
	p.Position = Position(r.u64())
	p.Aru = r.u64()
	p.AruMember = r.u16()
	p.Window = r.u32()
	p.Retrans = r.u16()
	p.LastSender = r.u16()
	p.IdleHops = r.u32()
	members, requests, congested := uint32(r.u16()), uint32(r.u8()), uint32(r.u8())
	if n := r.count(members, MaxMembers, memberStateSize); n > 0 {
		p.Members = make([]MemberState, n)
		for i := range p.Members {
			p.Members[i].Aru = r.u32()
			p.Members[i].Load = Load(r.u8())
		}
	}
	if n := r.count(requests, MaxRequests, requestSize); n > 0 {
		p.Requests = make([]Request, n)
		for i := range p.Requests {
			p.Requests[i].First = r.u64()
			p.Requests[i].Count = r.u16()
		}
	}
	if n := r.count(congested, MaxCongested, congestionSize); n > 0 {
		p.Congested = make([]Congestion, n)
		for i := range p.Congested {
			p.Congested[i].Member = r.u16()
			p.Congested[i].Group = GroupID(r.u64())
		}
	}
	if r.fault == "" {
		p.judge(&r)
	}
	if err := r.done("token"); err != nil {
		return nil, err
	}
	return p, nil
}

// judge refuses indices and offsets that would lead ordering outside its tables or below zero.
func (p *Token) judge(r *reader) {
	stranger := func(i uint16) bool { return i != NoMember && int(i) >= len(p.Members) }
	if len(p.Members) == 0 || stranger(p.AruMember) || stranger(p.Retrans) || stranger(p.LastSender) {
		r.fail("index of no member")
	}
	if p.Aru > p.Seq {
		r.fail("aru above seq")
	}
	for _, m := range p.Members {
		if uint64(m.Aru) > p.Seq {
			r.fail("a member's aru below zero")
		}
	}
	for i, q := range p.Requests {
		if q.Count == 0 || q.First+uint64(q.Count) < q.First {
			r.fail("request of nothing or beyond the last number")
		}
		if i > 0 && q.First < p.Requests[i-1].First {
			r.fail("requests are not ascending")
		}
	}
	for _, c := range p.Congested {
		if int(c.Member) >= len(p.Members) {
			r.fail("congestion of no member")
		}
	}
}

// String describes the packet on one line: `token 17 round 3 seq 120 pos 1799 aru 118(2) window 65536 ...`. Members are shown by how far
// they are behind seq, with their load in hexadecimal if there is any; requests as first+count.
func (p *Token) String() string {
	b := fmt.Appendf(nil, "token %d round %d seq %d pos %d aru %d(", p.TokenSeq, p.Round, p.Seq, p.Position, p.Aru)
	b = appendIndex(b, p.AruMember)
	b = fmt.Appendf(b, ") window %d retrans ", p.Window)
	b = appendIndex(b, p.Retrans)
	b = append(b, " last "...)
	b = appendIndex(b, p.LastSender)
	b = fmt.Appendf(b, " idle %d behind ", p.IdleHops)
	b = appendList(b, p.Members, func(b []byte, m MemberState) []byte {
		b = fmt.Appendf(b, "%d", m.Aru)
		if m.Load != 0 {
			b = fmt.Appendf(b, "/%02x", uint8(m.Load))
		}
		return b
	})
	if len(p.Requests) > 0 {
		b = append(b, " wanted "...)
		b = appendList(b, p.Requests, func(b []byte, q Request) []byte { return fmt.Appendf(b, "%d+%d", q.First, q.Count) })
	}
	if len(p.Congested) > 0 {
		b = append(b, " congested "...)
		b = appendList(b, p.Congested, func(b []byte, c Congestion) []byte { return fmt.Appendf(b, "%d:%v", c.Member, c.Group) })
	}
	return string(b)
}
