package sim

// Faults: which kinds there are, and what strikes.

import "time"

// A faultKind is one way in which things go wrong.
type faultKind int

const (
	faultCrash    faultKind = iota // kill -9; another run begins after a while
	faultRestart                   // the same, and the other run begins before anybody can have noticed
	faultShutdown                  // an orderly end, and another run
	faultPause                     // SIGSTOP and SIGCONT
	faultClock                     // the wall clock jumps, the steady clock drifts
	faultPartition
	faultOneWay
	faultBridge       // some hear both sides
	faultDeaf         // one hears nobody, or nobody hears one
	faultHalfPlane    // some classes of packets pass and others do not
	faultSlowLink     // later than the token's time-outs, or nearly
	faultLoss         // of all packets or of some classes
	faultDuplicate    // at once
	faultLate         // packets come again seconds later
	faultSlowMember   // a process takes its time for each packet
	faultSlowHandlers // an application takes its time for each message
	faultAtState      // something strikes just when a member comes to a state of the protocol
	faultCascade      // the same again and again while rings are formed
	faultStorm        // four at once
	faultChurn        // many leave, and come back
	faultAmbush       // who delivers first, of few that got it, is struck down
	faultHole         // a packet is lost with its sender, and the next ring breaks when it is half installed
	faultFew          // calls are answered, or messages safe at k delivered, where few have them: those are cut off at that moment
	faultSync         // whose directories are one first is cut off from those whose are not yet
	faultOldToken     // a commit token of a former ring of the same members comes when they gather
	faultMidway       // somebody leaves while a message of many packets is under way
	faultReport       // an application reports a member that may live, or may be gone
	faultTogether     // a member leaves several groups as one, and joins them as one
	faultOverride     // so many are lost that groups block, and an operator overrides it
	faultKinds
)

// String names the kind for a table.
func (k faultKind) String() string {
	switch k {
	case faultCrash:
		return "crash"
	case faultRestart:
		return "quick restart"
	case faultShutdown:
		return "shutdown"
	case faultPause:
		return "pause"
	case faultClock:
		return "clock"
	case faultPartition:
		return "partition"
	case faultOneWay:
		return "one-way cut"
	case faultBridge:
		return "bridge"
	case faultDeaf:
		return "deaf or dumb"
	case faultHalfPlane:
		return "half plane"
	case faultSlowLink:
		return "slow link"
	case faultLoss:
		return "loss"
	case faultDuplicate:
		return "duplicates"
	case faultLate:
		return "late packets"
	case faultSlowMember:
		return "slow member"
	case faultSlowHandlers:
		return "slow handlers"
	case faultAtState:
		return "at a state"
	case faultCascade:
		return "cascade"
	case faultStorm:
		return "storm"
	case faultChurn:
		return "churn"
	case faultAmbush:
		return "ambush"
	case faultHole:
		return "hole"
	case faultFew:
		return "few have it"
	case faultSync:
		return "first to sync"
	case faultOldToken:
		return "old commit token"
	case faultMidway:
		return "midway"
	case faultReport:
		return "report"
	case faultTogether:
		return "together"
	case faultOverride:
		return "override"
	}
	return "unknown"
}

// struck counts a fault that did harm.
func (c *Cluster) struck(k faultKind) {
	c.stats.Struck[k]++
	c.tracef("%s strikes", k)
}

// strike lets one fault of a kind happen.
func (s *swarm) strike(kind faultKind) {
	victim := s.rng.IntN(len(s.c.nodes))
	switch kind {
	case faultCrash:
		// Without a size a group that lost too many is lost, and the rest of the run with it: mostly those are hit that may be.
		if s.rng.IntN(10) < 3 || s.spares(victim) {
			s.kill(victim, s.span(kind, 50*time.Millisecond, 3*time.Second))
		}
	case faultRestart:
		if s.rng.IntN(10) < 5 || s.spares(victim) {
			s.restart(victim, s.span(kind, time.Millisecond, 150*time.Millisecond))
		}
	case faultShutdown:
		s.shutdown(victim, s.span(kind, 10*time.Millisecond, 2*time.Second))
	case faultPause:
		s.pause(victim, s.span(kind, 20*time.Millisecond, 2500*time.Millisecond))
	case faultClock:
		s.clockJump(victim)
	case faultSlowMember:
		s.slowMember(victim)
	case faultSlowHandlers:
		n := s.c.nodes[victim]
		n.slow = true
		s.c.struck(kind)
		s.during(s.span(kind, 200*time.Millisecond, 3*time.Second), func() { n.slow = false })
	case faultAtState:
		s.atState(1)
	case faultCascade:
		s.atState(2 + s.rng.IntN(4))
	case faultStorm:
		s.storm()
	case faultChurn:
		s.churn()
	case faultAmbush:
		s.ambush()
	case faultHole:
		s.hole(victim)
	case faultFew:
		s.few()
	case faultSync:
		s.firstToSync()
	case faultOldToken:
		s.oldToken()
	case faultMidway:
		s.midway()
	case faultReport:
		s.report(victim)
	case faultTogether:
		s.together(victim)
	case faultOverride:
		s.override()
	default:
		s.disturbNetwork(kind, victim)
	}
}

// span draws how long a fault of a kind lasts: the stronger the kind is in this run, the longer.
func (s *swarm) span(k faultKind, least, most time.Duration) time.Duration {
	return least + time.Duration((0.1+0.9*s.strength[k])*float64(s.between(0, most-least)))
}

// storm lets four faults strike at once.
func (s *swarm) storm() {
	s.c.struck(faultStorm)
	for range 4 {
		if k := s.kinds[s.rng.IntN(len(s.kinds))]; k != faultStorm {
			s.strike(k)
		}
	}
}

// churn has every application leave with one chance in two, and come back.
func (s *swarm) churn() {
	left := false
	for _, g := range s.c.busy() {
		for _, i := range g.Nodes {
			if a := s.c.app(i, g.Name); a != nil && a.ready() && s.rng.IntN(2) == 0 {
				s.work.leave(a)
				left = true
			}
		}
	}
	if left {
		s.c.struck(faultChurn)
	}
}
