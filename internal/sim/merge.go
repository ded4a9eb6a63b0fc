package sim

// Merging: in a partitionable group every side goes on, and when they meet again every member gets every other side's state.

import (
	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// merge begins to fetch the states of the other sides, one after the other; the upcalls behind wait.
func (a *app) merge(u *core.Upcall) {
	a.merges++
	a.merging = true
	a.p.n.c.stats.Merges++
	a.mergeNext(u.Sides, a.merges, 1)
}

// mergeNext fetches the state of the first side that is left. Merged states are the same whoever merges them, whichever is its own.
func (a *app) mergeNext(sides []membership.MergeSide, merge, try int) {
	c := a.p.n.c
	c.clock.after(c.transferTime(), func() {
		a.p.when(func() {
			if !a.merging || a.merges != merge {
				return
			}
			side := sides[0]
			if d := c.process(side.Donor.ID); d != nil && !d.paused && c.net.reachable(a.p.n.index, d.n.index) {
				if s, ok := d.app(a.g).saved[side.Cut]; ok {
					if len(a.others) == 0 {
						a.others = append(a.others, snapshot{count: a.count, chain: a.chain})
					}
					a.others = append(a.others, s)
					sides = sides[1:]
					try = 0
				}
			}
			switch {
			case len(sides) == 0:
				a.merging, a.count, a.chain = false, 0, 0
				for _, s := range a.others {
					a.count += s.count
					a.chain += mix(s.count, s.chain)
				}
				a.others = nil
				a.p.pump()
			case try >= transferTrys:
				a.mergeFailed()
			default:
				a.mergeNext(sides, merge, try+1)
			}
		})
	})
}

// mergeFailed ends the membership of an application whose state is not the group's.
func (a *app) mergeFailed() {
	a.p.n.c.stats.FailedMerges++
	a.p.n.c.tracef("%s %s: a side's state could not be had", a.p.member, a.g.Name)
	a.fail()
}

// partitionable reports whether every side of the group goes on.
func (g *group) partitionable() bool { return g.config.Partition == wire.PolicyPartitionable }
