package core

// Reports: an application knows that a member has failed though its process lives and answers. Its word is ordered with all else, so that
// everybody hears whose word it was, the reported one too; then each gives the member up as if it had fallen silent.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

type reports struct {
	own []wire.Report // put and not delivered yet: about each member one at most
	due []reported    // delivered in this step
}

// A reported member is one whom somebody's word gave up.
type reported struct {
	id   wire.MemberID
	text string
}

// report takes in what this member's application says. Nobody can be given up who is not there, and who wants to go itself leaves.
func (c *Core) report(ev Report) {
	h := &c.reports
	p := wire.Report{Member: ev.Member, Why: wire.CutReport(ev.Why)}
	if c.closed || ev.Member == c.cfg.Self.ID || !slices.Contains(c.ring.Members(), ev.Member) || len(h.own) >= wire.MaxMembers ||
		slices.ContainsFunc(h.own, func(o wire.Report) bool { return o.Member == p.Member }) {
		return
	}
	h.own = append(h.own, p)
	if c.dir.Synced() && c.trans == nil {
		c.event(0, wire.KindReport, p.Append(nil))
	}
}

// reportAgain puts what went down with a ring to the next one, unless it has come to pass.
func (c *Core) reportAgain() {
	h := &c.reports
	h.own = slices.DeleteFunc(h.own, func(p wire.Report) bool { return !slices.Contains(c.ring.Members(), p.Member) })
	for _, p := range h.own {
		c.event(0, wire.KindReport, p.Append(nil))
	}
}

// deliverReport notes a report in its place.
func (c *Core) deliverReport(d membership.Delivery) {
	from := d.Messages.Origin
	p, err := wire.ParseReport(d.Messages.Payload())
	if err != nil {
		c.invariant("report of %v: %v", from, err)
		return
	}
	h := &c.reports
	if from == c.cfg.Self.ID {
		h.own = slices.DeleteFunc(h.own, func(o wire.Report) bool { return o.Member == p.Member })
	}
	h.due = append(h.due, reported{p.Member, "reported by " + c.member(from).Name + ": " + p.Why})
}

// heed gives up the members that were reported in this step. Of oneself, and of who is gone already, there is only something to tell.
func (c *Core) heed() {
	h := &c.reports
	for _, r := range h.due {
		if r.id != c.cfg.Self.ID && slices.Contains(c.ring.Members(), r.id) {
			c.ring.Expel([]wire.MemberID{r.id}, wire.ReasonReported, r.text)
			continue
		}
		c.eff.Notices = append(c.eff.Notices, Notice{Kind: membership.NoticeSuspect, Ring: c.ring.Ring(), Member: r.id, Text: r.text})
	}
	h.due = h.due[:0]
}
