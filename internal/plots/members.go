package main

// The simulator's sweep over the number of members: how long a rotation takes and what a message costs.

import (
	"fmt"
	"io"
	"time"

	"github.com/lockstep-go/lockstep/internal/record"
	"github.com/lockstep-go/lockstep/internal/sim"
	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	sweepDelay  = 50 * time.Microsecond // a packet's way
	sweepLength = time.Second           // virtual
	sweepSize   = 100
	sweepEvery  = 100 * time.Microsecond // somebody sends a message so often, the members in turn
	sweepWarm   = 200 * time.Millisecond
	sweepIdle   = 5 * time.Second
	formation   = 30 * time.Second
)

// memberCounts are the sizes of rings that are looked at.
func memberCounts() []int { return []int{2, 3, 4, 6, 8, 12, 16, 24, 32} }

// sweepMembers runs a ring of each size.
func sweepMembers(counts []int, out io.Writer) (record.MembersReport, error) {
	r := record.MembersReport{Delay: micros(sweepDelay), Rate: float64(time.Second / sweepEvery), Size: sweepSize, Length: sweepLength.Seconds()}
	for _, n := range counts {
		p, err := members(n)
		if err != nil {
			return r, fmt.Errorf("%d members: %w", n, err)
		}
		fmt.Fprintf(out, "%2d members: a rotation %6.0f us, %6.1f steps and %6.1f packets a message, %5.0f packets a second when idle\n", n, p.Rotation,
			p.Steps, p.Packets, p.Idle)
		r.Points = append(r.Points, p)
	}
	return r, nil
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// members measures a ring of n, busy and then idle, and has the run judged.
func members(n int) (p record.MembersPoint, err error) {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	c := sim.NewCluster(sim.Options{Seed: 1, Nodes: n, Network: sim.NetworkConfig{Delay: sweepDelay}})
	c.Start(all...)
	if err := c.WantView(formation, "g", all...); err != nil {
		return p, err
	}
	sent := 0
	busy := func(d time.Duration) {
		for end := c.Now() + d; c.Now() < end; {
			if c.Send(sent%n, "g", wire.OrderAgreed, sweepSize) {
				sent++
			}
			c.Run(sweepEvery)
		}
	}
	busy(sweepWarm)
	sent = 0
	begin, stats, rotations := c.Now(), c.Stats(), c.Counted().Rotations
	busy(sweepLength)
	took, now := c.Now()-begin, c.Stats()
	rotations = c.Counted().Rotations - rotations
	if sent == 0 || rotations == 0 {
		return p, fmt.Errorf("%d messages and %d rotations", sent, rotations)
	}
	p = record.MembersPoint{
		Members: n, Rotation: micros(took) / float64(rotations),
		Steps: float64(now.Steps-stats.Steps) / float64(sent), Packets: float64(now.Packets-stats.Packets) / float64(sent),
	}
	c.Run(2 * time.Second)
	stats = c.Stats()
	c.Run(sweepIdle)
	p.Idle = float64(c.Stats().Packets-stats.Packets) / sweepIdle.Seconds()
	c.Settle()
	for _, v := range c.Violations() {
		return p, fmt.Errorf("the checker: %v", v)
	}
	return p, nil
}
