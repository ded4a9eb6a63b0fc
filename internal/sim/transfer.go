package sim

// State transfer: from one virtual application to another, beside the ring, in drawn time.

import (
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	savedFor     = time.Minute            // how long a donor keeps what it saved
	transferTry  = 100 * time.Millisecond // between two tries to fetch
	transferTrys = 8
)

// A snapshot is a state as it was saved.
type snapshot struct {
	count, chain uint64
	objects      objects
	until        time.Duration
}

// save copies the state at exactly this place.
func (a *app) save(u *core.Upcall) {
	a.saved[u.Cut] = snapshot{a.count, a.chain, a.objects, a.p.n.c.clock.now + savedFor}
	a.add(evs.Event{Kind: evs.Save, Cut: uint64(u.Cut), Count: a.count, Chain: a.chain})
}

// startLoad begins to fetch the state of a cut; a load in progress is given up.
func (a *app) startLoad(u core.Upcall, anew bool) {
	if anew {
		a.p.n.c.stats.Recut++
	}
	a.loads++
	a.holding, a.loaded = true, false
	a.queries.forget()
	a.calls.forget()
	c := a.p.n.c
	c.tracef("%s %s: loads cut %d of %s", a.p.member, a.g.Name, u.Cut, c.members[u.Donor.ID])
	load := a.loads
	c.clock.after(c.transferTime(), func() { a.fetch(u, load, 1) })
}

// fetch tries to get the state; the donor may be gone, cut off, or not there yet. Where others saved too, each try asks another.
func (a *app) fetch(u core.Upcall, load, try int) {
	c := a.p.n.c
	giver := u.Donor
	if i := (load + try) % (1 + len(u.Members)); i > 0 {
		giver = u.Members[i-1]
	}
	a.p.when(func() {
		if a.loads != load || !a.holding {
			return
		}
		if d := c.process(giver.ID); d != nil && !d.paused && c.net.reachable(a.p.n.index, d.n.index) {
			if s, ok := d.app(a.g).saved[u.Cut]; ok && s.until >= c.clock.now {
				a.count, a.chain, a.objects, a.loaded = s.count, s.chain, s.objects, true
				a.add(evs.Event{Kind: evs.Load, Cut: uint64(u.Cut), Donor: d.member, Count: s.count, Chain: s.chain})
				if s.count > 0 {
					c.stats.Transfers++
				}
				done := core.Loaded{Group: a.g.id, Cut: u.Cut}
				if len(u.Members) > 0 {
					done.Giver = giver.ID
				}
				a.p.step(done)
				return
			}
		} else if d == nil && len(u.Members) == 0 {
			try = transferTrys // its socket refuses
		}
		if try >= transferTrys {
			c.stats.FailedTransfers++
			a.p.step(core.LoadFailed{Group: a.g.id, Cut: u.Cut, Donor: u.Donor.ID})
			// Should no other cut come, there is nothing else to do than to try again.
			c.clock.after(10*transferTry, func() { a.fetch(u, load, 1) })
			return
		}
		c.clock.after(transferTry, func() { a.fetch(u, load, try+1) })
	})
}

// transferTime draws how long a transfer takes.
func (c *Cluster) transferTime() time.Duration {
	d := time.Duration(2+c.rng.Int64N(60)) * time.Millisecond
	if c.rng.IntN(8) == 0 {
		d += time.Duration(c.rng.Int64N(int64(800 * time.Millisecond)))
	}
	return d
}

// process returns the living process with the given id, or nil.
func (c *Cluster) process(id wire.MemberID) *process {
	for _, n := range c.nodes {
		if n.p != nil && n.p.id == id {
			return n.p
		}
	}
	return nil
}

func (p *process) app(g *group) *app {
	for _, a := range p.apps {
		if a != nil && a.g == g {
			return a
		}
	}
	return nil
}
