package sim

// Marks: what must happen sometimes, or the seeds prove less than they seem to.

import "github.com/lockstep-go/lockstep/membership"

// A Mark is one thing that many seeds together must have met, and how often they did.
type Mark struct {
	Name  string
	Count int
}

// Marks lists what the runs summed up in v and s have met.
func Marks(v Coverage, s Stats) []Mark {
	return []Mark{
		{"a token was lost", v.TokensLost},
		{"a token was sent again", v.TokenRetransmitted},
		{"a token came that had been there already", v.StaleTokens},
		{"the token rested and was woken", v.Woken},
		{"a token stayed for what handlers send", v.Stayed},
		{"they sent something, and more was numbered in the same visit", v.StayedOn},
		{"a token was passed on before the last packets", v.Accelerated},
		{"a hole was repaired", int(v.HolesRepaired)},
		{"a packet came that was here already", int(v.Repeated)},
		{"a commit token was sent again", v.CommitRetransmitted},
		{"a commit token waited for a disk", v.CommitStored},
		{"a ring came to the end of its numbers", v.RingsSpent},
		{"a message was recovered from a former ring", v.Recovered},
		{"a recovery was broken off", v.RecoveryBroken},
		{"a recovery was broken off because a member was gone", v.CrashInRecovery},
		{"a crash hit a recovery", s.CrashesInRecovery},
		{"a fault struck just when a member was operational", s.StruckIn[membership.StateOperational]},
		{"a fault struck just when a member went to gather", s.StruckIn[membership.StateGather]},
		{"a fault struck just when a member went to commit", s.StruckIn[membership.StateCommit]},
		{"a fault struck just when a member went to recovery", s.StruckIn[membership.StateRecovery]},
		{"an obligation was carried into another attempt", v.Kept},
		{"a message was delivered after a gap for an obligation's sake", v.Obliged},
		{"messages were discarded after a gap", v.Discarded},
		{"a safe message came in a transitional configuration", v.TransitionalSafe},
		{"a foreign ring was merged with", v.Merged},
		{"three rings merged at once", v.MergedThree},
		{"a ring was merged with on proof that all hear all", v.Proved},
		{"a member was given up because it received nothing", v.FailedToReceive},
		{"a member was left out because not all heard all", v.LeftOut},
		{"a member was given up lest one membership be proposed for ever", v.Forced},
		{"a run began within a token's time of the one before", s.QuickRestarts},
		{"messages held back were delivered after all", v.Replayed},
		{"a view went on after a block or an attempt", s.Resumed},
		{"a blocked side resumed", s.SidesResumed},
		{"a message was begun again after a view change", v.Restarted},
		{"messages of one sender came together", s.Together},
		{"a member joined with state", s.Transfers},
		{"a transfer failed", s.FailedTransfers},
		{"a change of a size was asked for", s.Resizes},
		{"a group ended with another size", s.Resized},
		{"a member merged the states of several sides", s.Merges},
		{"a transfer began anew before it had ended", s.Recut},
		{"point-to-point messages arrived", s.Directs},
		{"a member was reported", s.Reports - s.ReportsOfGone},
		{"one was reported that was gone", s.ReportsOfGone},
		{"somebody was told of a report", s.ReportsTold},
		{"a view said that somebody was reported", s.ReportedLeft},
		{"several groups were joined or left as one", s.Joint},
		{"a quorum was overridden, and those given up were gone", s.Overrides - s.WrongOverrides},
		{"a quorum was overridden, and somebody lived who was given up", s.WrongOverrides},
		{"a member went on on an operator's word", s.Overridden},
		{"two foundings met", s.FoundingsMet},
		{"there were hundreds of idle groups", s.IdleGroups},
		{"a packet of a ring without key came", s.Unopened},
		{"a packet was dropped as a replay or refused", int(v.Dropped)},
		{"a packet was lost", s.Lost},
		{"a packet came twice", s.Duplicated},
		{"a packet came again much later", s.Late},
	}
}
