package ordering

// The numbers of one ring come to an end, far away: then the ring does too, and the next one begins again, with new keys.

import "github.com/lockstep-go/lockstep/internal/wire"

// LastNumber is the last number for packets and for tokens. A ring on which either is reached is spent: its members form another.
// What is under way meanwhile is numbered a little further, for which there is room. At a million packets a second a ring lasts
// for 146,000 years, so this is for tests, which begin close to it (Limits), and for a member gone mad.
const LastNumber uint64 = 1 << 62

// FirstToken is the token with which the ring begins.
func (r *Ring) FirstToken() *wire.Token {
	return &wire.Token{TokenSeq: r.tokenSeq + 1, Seq: r.aru, Aru: r.aru, Position: r.position, AruMember: wire.NoMember,
		Retrans: wire.NoMember, LastSender: wire.NoMember, Members: make([]wire.MemberState, len(r.Members))}
}

// Spent reports whether a token shows that the ring's numbers are used up.
func (r *Ring) Spent(t *wire.Token) bool { return t.Seq >= LastNumber || t.TokenSeq >= LastNumber }
