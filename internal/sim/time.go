package sim

// The clocks of nodes: a wall clock that each run reads once, when it begins, and a steady clock that may drift. It is so in the
// node's loop too: time.Now carries both, and comparisons use the steady one.

import "time"

// maxDrift is by how many millionths a steady clock may be too fast or too slow.
const maxDrift = 20000

// A steady clock says base at since, and runs too fast by ppm millionths.
type steady struct {
	base  time.Time
	since time.Duration
	ppm   int64
}

func (s *steady) at(virtual time.Duration) time.Time {
	d := virtual - s.since
	if s.ppm != 0 {
		d += time.Duration(int64(d) / 1000 * s.ppm / 1000)
	}
	return s.base.Add(d)
}

// time is what the process's clock says now.
func (p *process) time() time.Time { return p.steady.at(p.n.c.clock.now) }

// virtual is when the process's clock will say t: never too early.
func (p *process) virtual(t time.Time) time.Duration {
	s := &p.steady
	d := t.Sub(s.base)
	if s.ppm == 0 {
		return s.since + d
	}
	v := s.since + time.Duration(int64(d)/(1000000+s.ppm)*1000000)
	for s.at(v).Before(t) {
		v += max(t.Sub(s.at(v)), time.Microsecond)
	}
	return v
}

// drift changes the speed of a process's clock from now on.
func (p *process) drift(ppm int64) {
	p.steady = steady{base: p.time(), since: p.n.c.clock.now, ppm: ppm}
	p.armed = 0
	p.arm()
}

// readWall is the wall clock as a run that begins now reads it. Positions have only the clock to grow by when nobody is left who has
// seen any: a cluster without disks that begins anew must find its clocks above the positions it gave (docs/guarantees.md). So much is
// granted here.
func (n *node) readWall() time.Time {
	c := n.c
	given := time.UnixMilli(int64(c.highest>>11) + 1)
	if t := epoch.Add(c.clock.now + n.wall); c.opts.Disk.Durable || t.After(given) {
		return t
	}
	return given
}
