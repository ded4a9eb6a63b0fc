package ordering

// The Accelerated Ring: when rotations are full, a member passes the token before the last packets of its visit, so that the next member
// sends while this one still does. The numbers on the token cover packets that are not out yet, so whoever gets it seems to miss
// them; nobody asks for them, since holes are asked for a rotation later, but they hold the aru back, and what is safe is known a
// rotation later. So where there is little to send, nothing comes after the token.

import "github.com/lockstep-go/lockstep/internal/wire"

const (
	// afterFrom is how full a rotation is, in parts of the window, from which on packets come after the token.
	afterFrom = wire.LoadWhole / 4
	// afterLeast is how many packets a visit has at least of which some come after the token.
	afterLeast = 8
)

// after is how many of a visit's new packets go out after the token: none in a rotation that is less than a quarter full, nearly all of them
// in a full one, so that it is back here when the last of them has left, however few members send. It is asked when this member's part is
// written down.
func (r *Ring) after(t *wire.Token, packets int) int {
	sent := 0
	for i := range t.Members {
		sent += t.Members[i].Load.Sent()
	}
	if packets < afterLeast || sent <= afterFrom || len(t.Members) < 2 {
		return 0
	}
	return packets * 15 / 16 * (min(sent, wire.LoadWhole) - afterFrom) / (wire.LoadWhole - afterFrom)
}
