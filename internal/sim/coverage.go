package sim

// Coverage: what a run met, so that a test can demand that the seeds together met everything.

import (
	"github.com/lockstep-go/lockstep/membership"
)

// Coverage sums what all processes of a run counted.
type Coverage struct {
	membership.Coverage
	HolesRepaired uint64 // packets that arrived after they had been asked for
	Retransmitted uint64
	Requested     uint64
	Repeated      uint64 // packets that were here already
	Dropped       uint64 // packets dropped after their seal was opened
}

// retire takes a process's counts into the run's.
func (c *Cluster) retire(p *process) { c.coverage.Add(p.counted()) }

// counted is what a process counted so far.
func (p *process) counted() (one Coverage) {
	n := p.core.Counters()
	one.Coverage = p.core.Coverage()
	one.HolesRepaired, one.Retransmitted, one.Requested, one.Repeated = n.Repaired, n.Retransmitted, n.Requested, n.Duplicates
	one.Dropped = p.core.Dropped
	return one
}

// Add adds the counts of another run.
func (v *Coverage) Add(o Coverage) {
	v.TokensLost += o.TokensLost
	v.TokenRetransmitted += o.TokenRetransmitted
	v.CommitRetransmitted += o.CommitRetransmitted
	v.RingsInstalled += o.RingsInstalled
	v.Merged += o.Merged
	v.Recovered += o.Recovered
	v.RecoveryBroken += o.RecoveryBroken
	v.CrashInRecovery += o.CrashInRecovery
	v.Discarded += o.Discarded
	v.TransitionalSafe += o.TransitionalSafe
	v.Obliged += o.Obliged
	v.Rested += o.Rested
	v.Woken += o.Woken
	v.Refused += o.Refused
	v.CommitStored += o.CommitStored
	v.Parked += o.Parked
	v.HolesRepaired += o.HolesRepaired
	v.Retransmitted += o.Retransmitted
	v.Requested += o.Requested
	v.Repeated += o.Repeated
	v.Dropped += o.Dropped
}

// Add adds the counts of another run.
func (v *Stats) Add(o Stats) {
	v.Steps += o.Steps
	v.Packets += o.Packets
	v.Lost += o.Lost
	v.Duplicated += o.Duplicated
	v.Unopened += o.Unopened
	v.Unsealed += o.Unsealed
	v.Deliveries += o.Deliveries
	v.Views += o.Views
	v.Directs += o.Directs
	v.Queries += o.Queries
	v.Crashes += o.Crashes
	v.CrashesInRecovery += o.CrashesInRecovery
	v.Faults += o.Faults
	v.Transfers += o.Transfers
	v.FailedTransfers += o.FailedTransfers
	v.Refused += o.Refused
	v.GroupsBlocked += o.GroupsBlocked
}
