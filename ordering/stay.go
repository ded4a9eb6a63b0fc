package ordering

// When it is worth while to keep the token for a moment. What is agreed is delivered as soon as it is numbered, so where one member alone
// sends, its handlers could have their next messages ready before the token has gone: they would not wait for it to come round.

import "github.com/lockstep-go/lockstep/internal/wire"

// Alone reports whether the token, as it comes, has nothing to do but for this member: nobody else numbered anything in the last rotation,
// everything is everywhere, and nobody asks for anything.
func (r *Ring) Alone(t *wire.Token) bool {
	return len(r.Members) > 1 && int(t.LastSender) == r.Self && t.Aru == t.Seq && len(t.Requests) == 0
}

// Answerable reports whether what was just numbered, and no more than that, goes to applications at once, so that they may answer it:
// one packet of their messages, one of which ends in it, behind which nothing waits and which itself has nothing to wait for.
func (r *Ring) Answerable(src Source, v *Visit) bool {
	if len(v.New) != 1 || src.Backlog() > 0 {
		return false
	}
	d := v.New[0]
	return r.delivered == d.Seq-1 && plain(d) && ends(d) > 0 && asks(d) == wire.OrderAgreed
}
