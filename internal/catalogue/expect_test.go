package catalogue

// Expectations: what was counted since the last mark, for the whole cluster or for one node.

import (
	"strings"

	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/sim"
)

// marked is where counting began.
type marked struct {
	step   uint64 // of the history
	struck int    // packets that a rule struck since
	all    map[string]int
	of     map[evs.Member]map[string]int
}

// mark begins to count anew.
func (s *story) mark() {
	s.base = marked{of: map[evs.Member]map[string]int{}}
	for _, l := range s.c.History().Logs {
		if n := len(l.Events); n > 0 {
			s.base.step = max(s.base.step, l.Events[n-1].Step)
		}
	}
	s.base.all = counts(s.c.Counted(), s.c.Stats())
	for i := range s.opts.Nodes {
		s.base.of[s.c.Member(i)] = s.countsOf(i)
	}
}

// counts are the counters that have a name here, beside those of the history.
func counts(v sim.Coverage, st sim.Stats) map[string]int {
	return map[string]int{
		"rings":               v.RingsInstalled,      // installed, by all members together
		"merged":              v.Merged,              // of these, with members of another ring
		"tokens-lost":         v.TokensLost,          // given up: the ring is formed anew
		"tokens-again":        v.TokenRetransmitted,  // sent again for want of a sign
		"commits-again":       v.CommitRetransmitted, // the same of commit tokens
		"recovered":           v.Recovered,           // packets of an old ring that came in a new one
		"recoveries-broken":   v.RecoveryBroken,      // that did not end in a ring
		"discarded":           v.Discarded,           // packets after a gap
		"obliged":             v.Obliged,             // packets after a gap that were delivered all the same
		"transitional-safe":   v.TransitionalSafe,    // safe messages in a transitional configuration
		"rested":              v.Rested,              // tokens
		"woken":               v.Woken,
		"refused":             v.Refused,        // newcomers whose name was taken
		"requested":           int(v.Requested), // packets asked for
		"repaired":            int(v.HolesRepaired),
		"retransmitted":       int(v.Retransmitted),
		"repeated":            int(v.Repeated), // packets that were there already
		"dropped":             int(v.Dropped),  // packets dropped after their seal was opened
		"unopened":            st.Unopened,     // packets of a ring whose key is gone
		"packets":             st.Packets,
		"transfers":           st.Transfers,
		"crashes-in-recovery": st.CrashesInRecovery,
	}
}

// countsOf are those of one node's process.
func (s *story) countsOf(i int) map[string]int {
	st, ok := s.c.Status(i)
	if !ok {
		return nil
	}
	n := st.Counters
	return counts(sim.Coverage{Coverage: st.Coverage, HolesRepaired: n.Repaired, Retransmitted: n.Retransmitted, Requested: n.Requested,
		Repeated: n.Duplicates, Dropped: st.Dropped}, sim.Stats{})
}

// happened are the counters of the history: what applications were told.
var happened = map[string]evs.Kind{"views": evs.View, "delivered": evs.Deliver, "sent": evs.Send, "lost": evs.Lost, "blocked": evs.Blocked,
	"left": evs.Left, "loads": evs.Load, "transitional": evs.Transitional, "founded": evs.Founded}

// count is how often something happened since the mark.
func (s *story) count(what string, nodes []int) (n int, ok bool) {
	switch what {
	case "struck": // packets, by rules
		return s.base.struck, true
	case "held": // bytes, kept for retransmission and delivery, now
		if nodes == nil {
			nodes = s.nodes("all")
		}
		for _, i := range nodes {
			st, _ := s.c.Status(i)
			n += st.Bytes
		}
		return n, true
	}
	k, history := happened[what]
	if !history {
		if nodes == nil {
			now, ok := counts(s.c.Counted(), s.c.Stats())[what]
			return now - s.base.all[what], ok
		}
		for _, i := range nodes {
			now, known := s.countsOf(i)[what]
			n, ok = n+now-s.base.of[s.c.Member(i)][what], known
		}
		return n, ok
	}
	in := map[evs.Member]bool{}
	for _, i := range nodes {
		in[s.c.Member(i)] = true
	}
	for _, l := range s.c.History().Logs {
		if nodes != nil && !in[l.Member] {
			continue
		}
		for _, e := range l.Events {
			if e.Step > s.base.step && e.Kind == k {
				n++
			}
		}
	}
	return n, true
}

// expect compares a counter.
func (s *story) expect(c *command) {
	if len(c.words) < 2 {
		s.fail("expect what?")
		return
	}
	what := c.words[0]
	c.words = c.words[1:]
	var nodes []int
	if v, ok := c.option("of"); ok {
		nodes = s.nodes(v)
		what += " of " + v
	}
	n, known := s.count(strings.Fields(what)[0], nodes)
	if !known {
		s.fail("nobody counts %q", what)
		return
	}
	bound := strings.Join(c.words, " ")
	var ok bool
	switch w := c.words; {
	case bound == "none":
		ok = n == 0
	case len(w) == 1:
		ok = n == s.number(w[0])
	case len(w) == 3 && w[1] == "or" && w[2] == "more":
		ok = n >= s.number(w[0])
	case len(w) == 3 && w[0] == "at" && w[1] == "most":
		ok = n <= s.number(w[2])
	case len(w) == 3 && w[1] == "to":
		ok = n >= s.number(w[0]) && n <= s.number(w[2])
	default:
		s.fail("what is %q?", bound)
		return
	}
	if !ok {
		s.fail("%s: %d, not %s", what, n, bound)
		return
	}
	s.say("%s: %s", what, bound)
}
