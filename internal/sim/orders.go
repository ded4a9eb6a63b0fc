package sim

// In which orders applications send.

import (
	"math/rand/v2"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// orders says how often each order is drawn. The zero value draws the four without a threshold, each as often as another.
type orders struct {
	favourite wire.Order // without its threshold
	share     float64    // of the favourite; 0: there is none, and nothing is safe at k
}

// drawOrders gives most messages of a run one order, that of every third run safe at k: what goes wrong between one order and its
// neighbours is met where many messages of one kind are on their way.
func drawOrders(rng *rand.Rand) orders {
	return orders{favourite: min(wire.Order(rng.IntN(6)), wire.OrderSafeAt), share: 0.25 + 0.6*rng.Float64()}
}

func (o orders) draw(rng *rand.Rand) wire.Order {
	if o.share == 0 {
		return wire.Order(rng.IntN(4))
	}
	d := wire.Order(rng.IntN(5))
	if rng.Float64() < o.share {
		d = o.favourite
	}
	if d == wire.OrderSafeAt {
		return wire.SafeAt(uint8(rng.IntN(4))) // 0: at a quorum
	}
	return d
}
