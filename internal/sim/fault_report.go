package sim

// Reports: an application says that a member has failed. It may live, and answer; it may be gone, or on another ring; and the report may
// go down with its ring. Everybody who moves along hears whose word it was, and what one wanted to say is said in the end.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// report has the victim report somebody, mostly of its ring; now and then two do at once, or it is cut off with its word on the way.
func (s *swarm) report(victim int) {
	c, rng := s.c, s.words.rng
	who := c.runs[rng.IntN(len(c.runs))]
	p := c.nodes[victim].p
	if p == nil || p.paused {
		return
	}
	if on := p.core.Status().Members; rng.IntN(5) > 0 && len(on) > 1 {
		who = on[rng.IntN(len(on))].ID
	}
	if !p.report(who) {
		return
	}
	c.struck(faultReport)
	s.during(s.span(faultReport, time.Second, 3*time.Second), func() {})
	switch rng.IntN(6) {
	case 0:
		if q := c.nodes[rng.IntN(len(c.nodes))].p; q != nil && q != p && !q.paused {
			q.report(who)
		}
	case 1:
		hops := time.Duration(rng.IntN(2 * len(c.nodes)))
		c.clock.after(hops*(c.opts.Network.Delay+c.opts.Network.Jitter/2), func() { s.cutOff(faultReport, []int{victim}) })
	}
}

// reports are all that were made.
type reports struct {
	made    int
	parties map[party][]hearing
}

// A party are those who went from one ring to another.
type party struct{ from, to wire.RingID }

// A hearing is what one of them heard on the ring it came from, while it was regular.
type hearing struct {
	p    *process
	told []int
}

// heard is what a process knows of reports.
type heard struct {
	told    []int // ever
	here    []int // on its ring
	mine    map[int]wire.MemberID
	between bool // the ring was installed in this step: what is told comes of the one before
}

// report has the process's application report a member, and says whether that goes on its way.
func (p *process) report(who wire.MemberID) bool {
	c := p.n.c
	c.reports.made++
	n := c.reports.made
	c.stats.Reports++
	there := p.onRing(who)
	if !there {
		c.stats.ReportsOfGone++
	}
	goes := there && who != p.id
	for _, m := range p.heard.mine {
		goes = goes && m != who // what is on its way is not said again
	}
	if goes {
		if p.heard.mine == nil {
			p.heard.mine = map[int]wire.MemberID{}
		}
		p.heard.mine[n] = who
	}
	p.step(core.Report{Member: who, Why: fmt.Sprint("report ", n)})
	return goes
}

func (p *process) onRing(id wire.MemberID) bool {
	for _, m := range p.core.Status().Members {
		if m.ID == id {
			return true
		}
	}
	return false
}

// hear notes that this process is told of a report.
func (p *process) hear(n core.Notice) {
	by, is := strings.CutPrefix(n.Text, "reported by ")
	if !is {
		return
	}
	var number int
	name, why, _ := strings.Cut(by, ": ")
	if _, err := fmt.Sscanf(why, "report %d", &number); err != nil {
		p.n.c.trouble("reports", "", p.member, "is told %q", n.Text)
		return
	}
	h := &p.heard
	p.n.c.stats.ReportsTold++
	h.told = append(h.told, number)
	if !h.between {
		h.here = append(h.here, number)
	}
	if name == p.n.name {
		delete(h.mine, number)
	}
}

// hearOn notes that the process goes on to another ring.
func (p *process) hearOn(to wire.RingID) {
	h, c := &p.heard, p.n.c
	h.between = true
	for _, n := range sortedKeys(h.mine) {
		if !p.onRing(h.mine[n]) {
			delete(h.mine, n)
		}
	}
	if c.reports.made == 0 || p.ring.IsZero() {
		return
	}
	if c.reports.parties == nil {
		c.reports.parties = map[party][]hearing{}
	}
	c.reports.parties[party{p.ring, to}] = append(c.reports.parties[party{p.ring, to}], hearing{p, h.here})
	h.here = nil
}

// judgeReports: who goes from one ring to the next with somebody who was told of a report on it, was told of it, too.
func (c *Cluster) judgeReports() {
	var all []evs.Violation
	for _, hearings := range c.reports.parties {
		for _, one := range hearings {
			for _, n := range one.told {
				for _, other := range hearings {
					if !slices.Contains(other.p.heard.told, n) {
						all = append(all, evs.Violation{Property: "reports", Member: other.p.member,
							Text: fmt.Sprintf("was not told of report %d, of which %s was, with whom it went on", n, one.p.member)})
					}
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b evs.Violation) int { return strings.Compare(a.String(), b.String()) })
	c.troubles = append(c.troubles, all[:min(len(all), maxTroubles)]...)
}

// settleReports: what a process wanted to say of a member was said in the end, if that member is there.
func (p *process) settleReports() {
	for _, n := range sortedKeys(p.heard.mine) {
		if p.onRing(p.heard.mine[n]) {
			p.n.c.trouble("liveness", "", p.member, "made report %d of %s, and it was never told", n, p.n.c.members[p.heard.mine[n]])
		}
	}
}

func sortedKeys[V any](m map[int]V) []int {
	list := make([]int, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
