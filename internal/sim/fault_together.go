package sim

// Groups that are joined, and left, as one event.

import (
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// together has a process leave some or all of its groups as one, and come back as one.
func (s *swarm) together(victim int) {
	p := s.c.nodes[victim].p
	if p == nil || p.paused {
		return
	}
	all := s.words.rng.IntN(2) == 0
	apps := slices.DeleteFunc(slices.Clone(p.apps), func(a *app) bool {
		return a == nil || !a.ready() || a.g.Idle && s.words.rng.IntN(2) == 0 || !all && s.words.rng.IntN(3) == 0
	})
	if len(apps) < 2 {
		return
	}
	s.leaveTogether(p, apps)
	s.c.struck(faultTogether)
	s.c.clock.after(time.Duration(200+s.words.rng.Int64N(2000))*time.Millisecond, func() {
		p.when(func() { p.joinTogether(apps) })
	})
}

// leaveTogether gives memberships up at one place in the order.
func (s *swarm) leaveTogether(p *process, apps []*app) {
	var ids []wire.GroupID
	s.c.joint++
	for _, a := range apps {
		if a == nil {
			continue
		}
		s.c.judgeLeave(a)
		a.wanted = false
		if a.leaving || !a.asked {
			continue
		}
		a.leaving, a.joint = true, s.c.joint
		ids = append(ids, a.g.id)
	}
	if len(ids) > 0 {
		s.c.stats.Joint++
		p.step(core.LeaveGroups{Groups: ids})
	}
}

// joinTogether asks for memberships at one place in the order.
func (p *process) joinTogether(apps []*app) {
	var joins []core.JoinGroup
	p.n.c.joint++
	for _, a := range apps {
		if a == nil {
			continue
		}
		a.wanted = true
		if a.asked || a.view != nil {
			continue
		}
		a.asked = true
		a.add(evs.Event{Kind: evs.Asked, Together: p.n.c.joint})
		joins = append(joins, core.JoinGroup{Name: a.g.Name, Config: a.g.config, Table: table()})
	}
	if len(joins) > 0 {
		p.n.c.stats.Joint++
		p.step(core.JoinGroups{Groups: joins})
	}
}
