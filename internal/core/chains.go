package core

// The production check: at each new ring its members tell each other sums of what they delivered since they last agreed, and who
// delivered something else than those it came with goes. This costs a message a member and ring change, and finds what no test did.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// chains is what waits to be judged.
type chains struct {
	links   []wire.Link                   // own, of the last rings: who comes back late is judged late
	brought map[wire.MemberID]wire.Chains // on this ring
	out     []wire.MemberID               // found to have diverged, not yet given up
	text    string                        // and why
}

// bringChains ends the chains of the ring before and sends them, where there is anybody to compare with.
func (c *Core) bringChains(link wire.Link) {
	h := &c.chains
	h.brought = map[wire.MemberID]wire.Chains{}
	for _, g := range c.order {
		if g.whole && len(link.Groups) < wire.MaxGroups {
			link.Groups = append(link.Groups, wire.GroupSum{Group: g.id, Count: g.chain.Count, Sum: g.chain.Sum})
		}
		g.chain = membership.Chain{}
		m := c.dir.Membership(g.id)
		g.whole = m == membership.MembershipMember || m == membership.MembershipBlocked && g.delivered != 0
	}
	if link.From != 0 {
		h.links = append(h.links, link)
	}
	if n := len(h.links) - wire.MaxLinks; n > 0 {
		h.links = slices.Delete(h.links, 0, n)
	}
	if len(c.ring.Members()) > 1 {
		c.event(0, wire.KindChain, wire.Chains{Ring: c.ring.Ring(), Links: h.links}.Append(nil))
	}
}

// delivers takes messages that the group is handed into its chain, each by itself: how they come together is no part of what is compared.
func (g *group) delivers(u *Upcall) {
	x, y := u.Sender.ID.Halves()
	for i := range u.Messages {
		g.chain.Next(uint64(u.Position)+uint64(i), uint64(u.Message)<<32|uint64(len(u.Messages[i].Payload)))
		g.chain.Mix(x, y)
	}
}

// views takes in a view.
func (g *group) views(v *membership.View) { g.chain.Next(v.ID.Num, v.ID.Ring^uint64(len(v.Members))) }

func (c *Core) collectChains(from wire.MemberID, x wire.Chains) {
	if x.Ring == c.ring.Ring() && c.chains.brought != nil {
		c.chains.brought[from] = x
	}
}

// chainsComplete reports whether every member of the ring brought its chains.
func (c *Core) chainsComplete() bool {
	n := len(c.ring.Members())
	return n == 1 || len(c.chains.brought) == n
}

// judgeChains is asked at the delivery of a sync, when all have the same chains before them. It reports whether anybody
// diverged: then the sync counts for nothing, and at the end of this step those who diverged are given up. Met in a
// transitional configuration it only tells this member about itself: the others are judged again on the next ring.
func (c *Core) judgeChains() bool {
	if !c.chainsComplete() {
		return false
	}
	out, text := diverged(c.ring.Members(), c.chains.brought)
	if c.trans == nil || slices.Contains(out, c.cfg.Self.ID) {
		c.chains.out, c.chains.text = out, text
	}
	return len(out) > 0
}

// expel carries out a judgement: who diverged ends, and the others go on without it.
func (c *Core) expel() {
	h := &c.chains
	if len(h.out) == 0 {
		return
	}
	out, text := h.out, strings.TrimPrefix(h.text, "; ")+"; delivered last here:"+c.ring.LastDelivered()
	h.out, h.text = nil, ""
	for _, id := range out {
		c.eff.Notices = append(c.eff.Notices, Notice{Kind: membership.NoticeDiverged, Ring: c.ring.Ring(), Member: id, Text: text})
	}
	if slices.Contains(out, c.cfg.Self.ID) {
		c.up(Upcall{Kind: UpDiverged, Sender: membership.Member{ID: c.cfg.Self.ID, Name: c.cfg.Self.Name}, Text: text})
		c.close()
		return
	}
	c.ring.Expel(out, wire.ReasonCrash, "it delivered something else than others did")
}

// A claim is what one member says of something that all who say anything of it must say alike.
type claim struct {
	by         wire.MemberID
	count, sum uint64
}

// diverged finds the members that others contradict, and says how. Of those who went together from one ring to the next the most
// common claim stands; of two equally common ones that of the lowest member, so that all judge alike.
func diverged(members []wire.MemberID, brought map[wire.MemberID]wire.Chains) (out []wire.MemberID, text string) {
	judge := func(what string, claims []claim) {
		minority := minority(claims)
		if len(minority) == 0 {
			return
		}
		text += fmt.Sprintf("; %s:", what)
		for _, x := range claims {
			text += fmt.Sprintf(" %v %d:%016x", x.by, x.count, x.sum)
		}
		for _, id := range minority {
			if !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	var judged [][2]uint64
	for _, id := range members {
		for i := range brought[id].Links {
			l := &brought[id].Links[i]
			way := [2]uint64{l.From, l.To}
			if slices.Contains(judged, way) {
				continue
			}
			judged = append(judged, way)
			var rings []claim
			groups := map[wire.GroupID][]claim{}
			var order []wire.GroupID
			for _, m := range members {
				links := brought[m].Links
				k := slices.IndexFunc(links, func(o wire.Link) bool { return o.From == l.From && o.To == l.To })
				if k < 0 {
					continue
				}
				rings = append(rings, claim{m, links[k].Count, links[k].Sum})
				for _, g := range links[k].Groups {
					if groups[g.Group] == nil {
						order = append(order, g.Group)
					}
					groups[g.Group] = append(groups[g.Group], claim{m, g.Count, g.Sum})
				}
			}
			judge(fmt.Sprintf("packets on %08x", l.From>>32), rings)
			for _, g := range order {
				judge(fmt.Sprintf("group %v on %08x", g, l.From>>32), groups[g])
			}
		}
	}
	slices.SortFunc(out, wire.MemberID.Compare)
	return out, text
}

// minority returns who claims something else than most, or than the first of the most.
func minority(claims []claim) (out []wire.MemberID) {
	var best claim
	most := 0
	for _, a := range claims {
		n := 0
		for _, b := range claims {
			if a.count == b.count && a.sum == b.sum {
				n++
			}
		}
		if n > most {
			best, most = a, n
		}
	}
	for _, a := range claims {
		if a.count != best.count || a.sum != best.sum {
			out = append(out, a.by)
		}
	}
	return out
}
