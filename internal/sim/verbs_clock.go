package sim

// The verbs for clocks.

import "time"

// SetWall sets a node's wall clock off by so much; its next run reads it.
func (c *Cluster) SetWall(i int, off time.Duration) { c.nodes[i].wall = off }

// Drift lets the steady clock of a node's process run too fast by ppm millionths from now on, or too slow.
func (c *Cluster) Drift(i int, ppm int64) {
	if p := c.nodes[i].p; p != nil {
		p.drift(min(max(ppm, -maxDrift), maxDrift))
	}
}
