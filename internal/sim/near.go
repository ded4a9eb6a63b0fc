package sim

// Numbers that begin near where something might go wrong with them: at the widths of machine words, and near their limits.

import (
	"math/rand/v2"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/ordering"
)

// Near says where numbers begin in a run.
type Near struct {
	Begin   core.Mark // ring sequences and positions
	Counter uint64    // of each sealer in each context
	Numbers core.Numbers
}

// drawNear lets numbers begin below a border in one seed of four, from a stream of its own. Some are crossed within the run.
func drawNear(seed uint64) (n Near) {
	rng := rand.New(rand.NewPCG(seed, 6))
	if rng.IntN(4) > 0 {
		return n
	}
	below := func(border uint64, most int64) uint64 { return border - 1 - uint64(rng.Int64N(most)) }
	switch rng.IntN(4) {
	case 1:
		n.Begin.Ring = below(1<<32, 40)
	case 2:
		n.Begin.Ring = below(1<<53, 40)
	case 3:
		n.Begin.Ring = membership.LastRing - 1<<20 // far enough for the run
	}
	switch rng.IntN(3) {
	case 1:
		n.Begin.Position = wire.Position(below(1<<53, 40<<17))
	case 2:
		n.Begin.Position = membership.LastPosition - 1<<40
	}
	switch rng.IntN(4) {
	case 1:
		n.Counter = below(1<<32, 2000)
	case 2:
		n.Counter = below(1<<63, 2000)
	case 3:
		n.Counter = 1<<64 - 1<<40
	}
	// A ring of such a run ends after 3,000 to 3,500 packets, or 500 to 3,500 hops of its token: what recovery, the directories of seven
	// members and the largest message of each take must fit, or no ring gets any further.
	switch rng.IntN(4) {
	case 1:
		n.Numbers.Packets = below(ordering.LastNumber-3000, 500)
	case 2:
		n.Numbers.Tokens = below(ordering.LastNumber-500, 3000)
	case 3:
		n.Numbers.Packets, n.Numbers.Tokens = below(1<<32, 500), below(1<<32, 2000)
	}
	if rng.IntN(3) == 0 {
		n.Numbers.Views = below(1<<53, 20)
	}
	return n
}
