package sim

// A node's disk: the mark that outlives its runs. A write takes its time; a crash before it has ended leaves what was there.

import (
	"math/rand/v2"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// A DiskConfig says what all nodes of a cluster keep, and how fast. The zero value is no disk.
type DiskConfig struct {
	Durable bool          // there is a disk
	Delay   time.Duration // a write takes from Delay
	Jitter  time.Duration // to Delay+Jitter
	Stuck   float64       // the share of writes that take ten times as long
	Ahead   core.Mark     // how far ahead marks are stored; zero: as membership.Config says
}

// drawDisk draws a disk for about half of all seeds, from a stream of its own.
func drawDisk(seed uint64) DiskConfig {
	rng := rand.New(rand.NewPCG(seed, 5))
	d := DiskConfig{Durable: rng.IntN(2) == 0}
	switch rng.IntN(3) {
	case 1:
		d.Jitter = 5 * time.Millisecond
	case 2:
		d.Delay, d.Jitter = time.Millisecond, 60*time.Millisecond
		d.Stuck = 0.05
	}
	if rng.IntN(3) > 0 {
		d.Ahead = core.Mark{Ring: 1, Position: 1} // as little as is allowed: nearly every ring waits for the disk
	}
	return d
}

// A disk is one node's.
type disk struct {
	kept core.Mark           // the last write that ended
	used map[uint64]struct{} // ring sequences under which this node was the representative, in all its runs
	next core.Mark           // asked for while a write is under way
	busy bool
}

// mount reads the disk at a start and stores what the run begins with; its answer goes into the core's configuration.
func (n *node) mount(cfg *core.Config, wall time.Time) {
	d := &n.disk
	d.next, d.busy = core.Mark{}, false
	cfg.Begin, cfg.Numbers = n.c.opts.Near.Begin, n.c.opts.Near.Numbers
	if !n.c.opts.Disk.Durable {
		return
	}
	if d.used == nil {
		d.used, d.kept = map[uint64]struct{}{}, n.c.opts.Near.Begin
	}
	cfg.Begin, cfg.Ahead = d.kept, n.c.opts.Disk.Ahead
	d.kept = membership.FirstMark(wall, d.kept, cfg.Ahead)
	cfg.Stored = d.kept
}

// persist starts a write, or has the one under way followed by another.
func (p *process) persist(k core.Mark) {
	if k == (core.Mark{}) {
		return
	}
	c, d := p.n.c, &p.n.disk
	if d.busy {
		d.next = k
		return
	}
	d.busy = true
	took := c.opts.Disk.Delay
	if j := c.opts.Disk.Jitter; j > 0 {
		took += time.Duration(c.rng.Int64N(int64(j)))
	}
	if c.opts.Disk.Stuck > 0 && c.rng.Float64() < c.opts.Disk.Stuck {
		took *= 10
	}
	c.clock.after(took, func() {
		if p.n.p != p {
			return // the power went first
		}
		d.kept = k
		d.busy = false
		next := d.next
		d.next = core.Mark{}
		p.persist(next)
		p.when(func() { p.step(core.Persisted{Mark: k}) })
	})
}

// usesRing checks the rule: a ring is stored before it is used, and none is used by two runs.
func (p *process) usesRing(r wire.RingID) {
	c, d := p.n.c, &p.n.disk
	if !c.opts.Disk.Durable {
		return
	}
	if r.Seq > d.kept.Ring {
		c.trouble("ring ids", "", p.member, "uses ring %v, and %d is stored", r, d.kept.Ring)
	}
	if r.Rep == p.id {
		if _, twice := d.used[r.Seq]; twice {
			c.trouble("ring ids", "", p.member, "uses ring %v twice", r)
		}
		d.used[r.Seq] = struct{}{}
	}
}

// usesPosition checks the same of a position that an application is shown.
func (p *process) usesPosition(at wire.Position) {
	if c, d := p.n.c, &p.n.disk; c.opts.Disk.Durable && at > d.kept.Position {
		c.trouble("positions", "", p.member, "delivers at %d, and %d is stored", at, d.kept.Position)
	}
}
