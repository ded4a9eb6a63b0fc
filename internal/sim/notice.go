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
		p.hearOn(n.Ring)
		p.ring, p.recovers = n.Ring, false
		p.usesRing(n.Ring)
	case membership.NoticeSync:
		p.synced = n.Ring
		if c.onSync != nil {
			c.onSync(p.n.index)
		}
	case membership.NoticeState:
		p.recovers = entered(n.Text) == membership.StateRecovery
		if c.onState != nil {
			c.onState(p.n.index, entered(n.Text))
		}
	case membership.NoticeSuspect:
		p.hear(n)
	case membership.NoticeInvariant:
		c.trouble("invariant", "", p.member, "%s", n.Text)
	}
}

// entered is the state that a notice of a change of state tells of.
func entered(text string) membership.State {
	for s := membership.StateOperational; s <= membership.StateRecovery; s++ {
		if strings.Contains(text, " to "+s.String()+":") {
			return s
		}
	}
	return 0
}
