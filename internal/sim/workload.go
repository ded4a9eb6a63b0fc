package sim

// The workload: what the applications do while the network fails under them.

import (
	"math/rand/v2"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A workload drives all applications of a cluster until it is stopped.
type workload struct {
	c       *Cluster
	rng     *rand.Rand
	mean    time.Duration // between two sends of one application
	large   float64       // of messages above one datagram
	largest int           // bytes of the largest
	churn   float64       // of sends that are leaves instead
	orders  orders
	leaves  bool // whether anybody may still leave
	stopped bool
}

// run starts the workload of every place in every group.
func (w *workload) run() {
	for _, g := range w.c.busy() {
		for _, i := range g.Nodes {
			w.next(g, i)
		}
	}
}

func (w *workload) next(g *group, i int) {
	d := time.Duration(w.rng.ExpFloat64() * float64(w.mean))
	w.c.clock.after(min(d, 10*w.mean), func() {
		if w.stopped {
			return
		}
		if a := w.c.app(i, g.Name); a != nil && a.ready() {
			w.act(a)
		}
		w.next(g, i)
	})
}

// act does one thing at one application.
func (w *workload) act(a *app) {
	switch x := w.rng.Float64(); {
	case x < w.churn:
		w.leave(a)
	case x < w.churn+0.03:
		a.sendDirect(w.rng.IntN(len(a.view.Members)), 8+w.rng.IntN(3000))
	case x < w.churn+0.06:
		if a.send(wire.KindQuery, wire.OrderAgreed, 30+w.rng.IntN(200)) {
			a.p.n.c.stats.Queries++
		}
	case x < w.churn+0.08:
		for range 5 + w.rng.IntN(30) {
			a.send(w.kind(), w.order(), w.size())
		}
	default:
		a.send(w.kind(), w.order(), w.size())
	}
}

func (w *workload) kind() wire.Kind {
	if w.rng.IntN(5) == 0 {
		return wire.KindApply
	}
	return wire.KindApp
}

func (w *workload) order() wire.Order { return w.orders.draw(w.rng) }

func (w *workload) size() int {
	if w.rng.Float64() < w.large {
		return 1000 + w.rng.IntN(w.largest)
	}
	return 20 + w.rng.IntN(200)
}

// leave takes an application out of its group for a while.
func (w *workload) leave(a *app) {
	if !w.leaves {
		return
	}
	w.c.judgeLeave(a)
	a.leave()
	w.c.clock.after(time.Duration(200+w.rng.Int64N(2000))*time.Millisecond, func() {
		a.p.when(func() {
			a.wanted = true
			a.join()
		})
	})
}
