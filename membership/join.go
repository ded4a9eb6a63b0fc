package membership

// Joining: who is let into a group, who waits, who is refused and why.

import (
	"fmt"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// requestJoin takes a join in the regular configuration.
func (d *Directory) requestJoin(p wire.Position, j wire.GroupJoin) {
	recs := d.index[wire.NewGroupID(j.Name)]
	for _, r := range recs {
		if slices.Contains(holders(&r.GroupRecord), j.Member.ID) {
			return // a retry: it is in already
		}
	}
	switch {
	case len(recs) > 0 && live(&recs[0].GroupRecord):
		d.applyJoin(&recs[0].GroupRecord, p, j)
	case len(recs) > 0 && recs[0].Founding != 0:
		if d.wait(&recs[0].GroupRecord, p, j) {
			d.reform(j.Name, p)
		}
	case j.Mode == wire.JoinExisting:
		d.refuse(j, p, RefusalNoGroup, noGroup(j.Name))
	default:
		if len(recs) == 0 {
			recs = []*record{{GroupRecord: wire.GroupRecord{Name: j.Name}}}
		}
		if d.wait(&recs[0].GroupRecord, p, j) {
			d.found(&recs[0].GroupRecord, p)
		}
		d.settle(j.Name, recs)
	}
}

// wait puts a join among those that wait for a founding or for a primary; a later one of the same member replaces it.
func (d *Directory) wait(r *wire.GroupRecord, p wire.Position, j wire.GroupJoin) bool {
	if kind, text := d.check(r, j); kind != RefusalNone {
		d.refuse(j, p, kind, text)
		return false
	}
	i := slices.IndexFunc(r.Waiting, func(w wire.GroupJoin) bool { return w.Member.ID == j.Member.ID })
	switch {
	case i >= 0:
		r.Waiting = slices.Clone(r.Waiting)
		r.Waiting[i] = j
	case len(r.Waiting) >= wire.MaxWaiting:
		return false // it asks again on the next ring
	default:
		r.Waiting = append(slices.Clip(r.Waiting), j)
	}
	return true
}

// check says whether a join may be admitted to a group or, where there is none yet, wait with the others.
func (d *Directory) check(r *wire.GroupRecord, j wire.GroupJoin) (RefusalKind, string) {
	config, table := r.Config, r.Table
	// Whether the size was changed is known where the group goes on: there a joiner is let in or refused. Of strays nobody knows.
	unsure := r.Founding != 0 && !live(r)
	if r.Founding == 0 {
		if len(r.Waiting) == 0 {
			return RefusalNone, ""
		}
		first := speaker(r.Waiting)
		config, table = first.Config, first.Table
		unsure = astray(first)
	} else if j.Mode == wire.JoinCreate {
		return RefusalExists, fmt.Sprintf("group %q has members", j.Name)
	}
	here := withoutSize(r, j.Config)
	if unsure || astray(j) {
		here = anySize(here, config)
	}
	if text := differConfig(here, config); text != "" {
		return RefusalConfig, text
	}
	if text := differTable(j.Table, table); text != "" {
		return RefusalHandlers, text
	}
	if len(r.Members) >= wire.MaxMembers {
		return RefusalConfig, fmt.Sprintf("group %q has %d members, as many as a group can have", j.Name, wire.MaxMembers)
	}
	return RefusalNone, ""
}

func noGroup(name string) string { return fmt.Sprintf("nobody is in group %q", name) }

func (d *Directory) refuse(j wire.GroupJoin, p wire.Position, kind RefusalKind, text string) {
	if j.Member.ID == d.self.ID {
		d.emit(Event{Kind: EventRefused, Name: j.Name, Position: p, Refusal: kind, Attempt: j.Attempt, Text: text})
	}
}

// applyJoin lets a joiner into a group that goes on, or refuses it.
func (d *Directory) applyJoin(r *wire.GroupRecord, p wire.Position, j wire.GroupJoin) {
	if find(r, j.Member.ID) >= 0 {
		return
	}
	if kind, text := d.check(r, j); kind != RefusalNone {
		d.refuse(j, p, kind, text)
		return
	}
	d.enroll(r, p, j)
	d.install(r, p, viewChange{joined: []wire.MemberID{j.Member.ID}})
}

// enroll makes a joiner the youngest member. Unless the group is stateless it loads from the oldest that has the state.
func (d *Directory) enroll(r *wire.GroupRecord, p wire.Position, j wire.GroupJoin) {
	d.enter(r, p, j.Member.ID, j.Member.Name, j.Table)
}

func (d *Directory) enter(r *wire.GroupRecord, p wire.Position, id wire.MemberID, name string, table []wire.HandlerEntry) {
	handle(r, id, table)
	m := wire.GroupMember{ID: id, Name: name, Joined: p, Loaded: r.Config.Stateless, Cut: p}
	if !m.Loaded {
		setDonors(r, &m, p, loaded(r), id)
	}
	r.Members = append(r.Members, m)
	if len(r.Voters) < sizeOf(r) && !slices.Contains(r.Voters, name) {
		r.Voters = append(r.Voters, name)
	}
}

// requestLeave takes a leave in the regular configuration, of a member or of one that waits. Whoever asks to leave is out
// afterwards and is told so, whatever it was.
func (d *Directory) requestLeave(group wire.GroupID, p wire.Position, c change) {
	id, recs := c.member, d.index[group]
	name := ""
	for _, r := range recs {
		name = r.Name
		r.Waiting = slices.DeleteFunc(slices.Clone(r.Waiting), func(j wire.GroupJoin) bool { return j.Member.ID == id })
	}
	for _, r := range recs {
		if live(&r.GroupRecord) && find(&r.GroupRecord, id) >= 0 {
			d.applyLeave(&r.GroupRecord, p, c)
			d.settle(name, recs)
			if c.lost && r.Founding != 0 && !live(&r.GroupRecord) {
				d.reformOnWordOf(c, name, p)
			}
			return
		}
	}
	held := false
	for _, r := range recs {
		if i := slices.Index(r.Holders, id); i >= 0 {
			if soleKeeper(&r.GroupRecord, id) && !c.lost {
				return // as in a primary: who loads would be left with nothing
			}
			held = true
			r.Holders = slices.Delete(slices.Clone(r.Holders), i, i+1)
			d.seen = believe(d.seen, wire.Failed{ID: id, Reason: wire.ReasonLeave})
		}
	}
	if id == d.self.ID {
		d.events = append(d.events, Event{Kind: EventLeft, Group: group, Name: name, Position: p, Refusal: RefusalLeave})
	}
	d.settle(name, recs)
	if held {
		d.reformOnWordOf(c, name, p) // it may have been the last that knew of the group
	}
}
