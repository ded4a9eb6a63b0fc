package evs

// Configurations by themselves: which follow which, who is in them, and that all agree.

import (
	"slices"
	"strings"
)

// checkRingLines: the lines of one log are in the run's order, nothing follows its end, and nothing precedes its first
// configuration (EVS 1.2, VS 3.1).
func checkRingLines(r *rings) {
	for _, l := range r.logs {
		var last uint64
		for i := range l.Events {
			e := &l.Events[i]
			if e.Step <= last {
				r.report(RingCausality, l.Member, "%s is event %d of the run, after event %d", e, e.Step, last)
			}
			last = e.Step
			if e.Kind == Fail && i+1 < len(l.Events) {
				r.report(RingCausality, l.Member, "%s after its end", l.Events[i+1])
				break
			}
		}
	}
	for i, e := range r.early {
		r.report(RingInclusion, r.earlyBy[i].Member, "%s before any configuration", e)
	}
}

// checkRingInclusion: a process is in each of its configurations (EVS 2.2, VS 3.2).
func checkRingInclusion(r *rings) {
	for _, p := range r.passages {
		for _, e := range []*RingEvent{p.regular, p.trans} {
			if e != nil && !slices.Contains(e.Conf.Members, p.member()) {
				r.report(RingInclusion, p.member(), "%s without itself", e)
			}
		}
	}
}

// checkRingAgreement: one id, the same members (VS 3.3).
func checkRingAgreement(r *rings) {
	for _, g := range r.order {
		for _, p := range g.passages[min(1, len(g.passages)):] {
			if q := g.passages[0]; !slices.Equal(p.regular.Conf.Members, q.regular.Conf.Members) {
				r.report(RingAgreement, p.member(), "installed %s, %s installed %s", p.regular, q.member(), q.regular)
			}
		}
		for _, x := range g.crossed {
			for _, p := range x.passages[1:] {
				if q := x.passages[0]; !slices.Equal(p.trans.Conf.Members, q.trans.Conf.Members) {
					r.report(RingAgreement, p.member(), "had %s, %s had %s", p.trans, q.member(), q.trans)
				}
			}
		}
	}
}

// checkRingGrowth: ring numbers grow at each member (VS 3.4).
func checkRingGrowth(r *rings) {
	for _, p := range r.passages {
		if q := p.previous; q != nil && p.ring.id.Seq <= q.ring.id.Seq {
			r.report(RingGrowth, p.member(), "installed ring %s after ring %s", p.ring.id, q.ring.id)
		}
	}
}

// checkRingIDs: no ring id is used twice, whether or not the ring was installed: each is proposed once, by its representative,
// and installed with the members proposed.
func checkRingIDs(r *rings) {
	for _, g := range r.order {
		for i, e := range g.proposed {
			if m := g.by[i].Member; m != g.id.Rep {
				r.report(RingIDOnce, m, "proposed ring %s in another's name", g.id)
			}
			if i > 0 {
				r.report(RingIDOnce, g.by[i].Member, "proposed ring %s of %v, which had been proposed with %v", g.id, e.Conf.Members, g.proposed[0].Conf.Members)
			}
		}
		if len(g.passages) == 0 {
			continue
		}
		switch p := g.passages[0]; {
		case len(g.proposed) == 0:
			r.report(RingIDOnce, p.member(), "installed ring %s, which nobody proposed", g.id)
		case !slices.Equal(p.regular.Conf.Members, g.proposed[0].Conf.Members):
			r.report(RingIDOnce, p.member(), "installed ring %s of %v, which was proposed with %v", g.id, p.regular.Conf.Members, g.proposed[0].Conf.Members)
		}
	}
}

// checkRingSimultaneity: configurations are one after the other everywhere, as if each were installed at one moment: what precedes it
// at one member precedes it at all (EVS 2.3, 2.4). Packets stay within their ring's passages (RingSameConfiguration), so this is
// the absence of a cycle among rings.
func checkRingSimultaneity(r *rings) {
	after := map[*ring][]*passage{}
	waits := map[*ring]int{}
	for _, p := range r.passages {
		if p.next != nil {
			after[p.ring] = append(after[p.ring], p.next)
			waits[p.next.ring]++
		}
	}
	var ready []*ring
	for _, g := range r.order {
		if waits[g] == 0 {
			ready = append(ready, g)
		}
	}
	done := map[*ring]bool{}
	for len(ready) > 0 {
		g := ready[0]
		ready = ready[1:]
		done[g] = true
		for _, p := range after[g] {
			if waits[p.ring]--; waits[p.ring] == 0 {
				ready = append(ready, p.ring)
			}
		}
	}
	for _, p := range r.passages {
		if !done[p.ring] && p.previous != nil && !done[p.previous.ring] {
			r.report(RingSimultaneity, p.member(), "installed ring %s after ring %s; elsewhere it was the other way round", p.ring.id, p.previous.ring.id)
			return
		}
	}
}

// checkRingLast: whoever stays in its configuration has all its members there: were one elsewhere, another would have been
// installed (EVS 2.1). It can be asked of a run that ended in peace only.
func checkRingLast(r *rings) {
	if !r.quiet {
		return
	}
	last := map[Member]*passage{}
	for _, p := range r.passages {
		last[p.member()] = p
	}
	for _, p := range r.passages {
		if p.next != nil || p.failed {
			continue
		}
		if p.trans != nil {
			r.report(RingLast, p.member(), "ended in transition: %s", p.trans)
		}
		for _, m := range p.regular.Conf.Members {
			if q := last[m]; q == nil || q.failed || q.ring != p.ring {
				r.report(RingLast, p.member(), "stayed on ring %s of %v though %s is not there", p.ring.id, p.regular.Conf.Members, m)
				break
			}
		}
	}
}

// checkRingSane: a ring has one incarnation of each name, and once a process has seen a later one it gets nothing from the earlier
// (VS 3.9; the rest of 3.9 follows from a packet's being delivered on its own ring only).
func checkRingSane(r *rings) {
	seen := map[*RingLog]map[string]Member{}
	gone := map[*RingLog]map[Member]bool{}
	for _, p := range r.passages {
		if seen[p.log] == nil {
			seen[p.log], gone[p.log] = map[string]Member{}, map[Member]bool{}
		}
		here := map[string]Member{}
		for _, m := range p.regular.Conf.Members {
			name := nameOf(m)
			if o, double := here[name]; double {
				r.report(RingSane, p.member(), "installed ring %s with both %s and %s", p.ring.id, o, m)
			}
			here[name] = m
			if gone[p.log][m] {
				r.report(RingSane, p.member(), "installed ring %s with %s, after one with %s", p.ring.id, m, seen[p.log][name])
			}
			if o, met := seen[p.log][name]; met && o != m {
				gone[p.log][o] = true
			}
			seen[p.log][name] = m
		}
	}
}

// nameOf is a member's name without its incarnation.
func nameOf(m Member) string {
	if i := strings.LastIndexByte(string(m), '/'); i >= 0 {
		return string(m)[:i]
	}
	return string(m)
}
