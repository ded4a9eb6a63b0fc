package sim

// What the simulator learns from a core's notices: the ring it is on, and when it forms one.

import (
	"strings"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/membership"
)

func (p *process) notice(n core.Notice) {
	c := p.n.c
	if c.opts.Trace != nil && n.Kind != membership.NoticeDrop {
		c.tracef("%s notice %d ring %v member %v: %s", p.member, n.Kind, n.Ring, n.Member, n.Text)
	}
	switch n.Kind {
	case membership.NoticeRing:
		p.ring, p.recovers = n.Ring, false
	case membership.NoticeState:
		p.recovers = strings.Contains(n.Text, " to "+membership.StateRecovery.String()+":")
		if p.recovers && c.trap != nil {
			c.trap(p)
		}
	case membership.NoticeInvariant:
		c.trouble("invariant", "", p.member, "%s", n.Text)
	}
}
