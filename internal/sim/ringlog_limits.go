package sim

// What the checker is told of queues and of the token's progress.

import "time"

const (
	gaugeEvery     = 512 // steps of the cluster between two looks at the queues of whoever is stepped
	progressWindow = time.Second
)

// gauge notes how much waits in a process.
func (p *process) gauge() {
	c := p.n.c
	c.queues = p.core.Queues(c.queues[:0])
	for _, q := range c.queues {
		p.rings.log.Gauge(q.Name, q.Len, q.Bound)
	}
	for _, a := range p.apps {
		if a != nil {
			p.rings.log.Gauge("upcalls of "+a.g.Name, a.waits(), queueLimit)
		}
	}
}

// watchProgress looks during d, in which nothing is wrong, whether the token comes by at every process in each window. A process alone
// on its ring passes no token.
func (c *Cluster) watchProgress(d time.Duration) {
	type reading struct {
		p   *process
		seq uint64
	}
	// A ring is formed no faster than its members' disks are: each may be stuck once.
	window := progressWindow
	if d := c.opts.Disk; d.Durable && d.Stuck > 0 {
		window += 10 * (d.Delay + d.Jitter) * time.Duration(len(c.nodes))
	}
	before := make([]reading, len(c.nodes))
	from := time.Duration(-1)
	for at := c.clock.now + window; at <= c.clock.now+d; at += window {
		c.clock.at(at, func() {
			for i, n := range c.nodes {
				if n.p == nil || len(n.p.rings.members) < 2 {
					before[i] = reading{}
					continue
				}
				// Another ring is progress enough, and begins its token's numbers anew.
				now := reading{n.p, n.p.core.TokenSeq() ^ n.p.rings.ring.Seq<<40}
				if from >= 0 && before[i].p == n.p {
					n.p.rings.log.Window(from, c.clock.now, before[i].seq, now.seq)
				}
				before[i] = now
			}
			from = c.clock.now
		})
	}
}
