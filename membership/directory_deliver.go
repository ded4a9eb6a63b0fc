package membership

// What the ring delivers: membership events in their order, and the verdict on every other message.

import (
	"net/netip"
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A change is one membership event of a group, parsed.
type change struct {
	kind   wire.Kind
	join   wire.GroupJoin
	member wire.MemberID // who leaves, loads or terminates
	cut    wire.Position
	donor  wire.MemberID // who gave the state, or could not
	lost   bool          // the leaver's state is lost with it
	over   wire.Override
	resize wire.Resize
	seeds  []netip.AddrPort
}

// parseChange reads an event. What is malformed is no event at any member, since all read the same bytes.
func parseChange(kind wire.Kind, payload []byte) (c change, ok bool) {
	var err error
	c.kind = kind
	switch kind {
	case wire.KindGroupJoin:
		c.join, err = wire.ParseGroupJoin(payload)
		c.member = c.join.Member.ID
	case wire.KindGroupLeave:
		var e wire.GroupLeave
		e, err = wire.ParseGroupLeave(payload)
		c.member, c.lost, c.seeds = e.Member, e.Lost, e.Seeds
	case wire.KindLoaded:
		var e wire.Loaded
		e, err = wire.ParseLoaded(payload)
		c.member, c.cut, c.donor = e.Member, e.Cut, e.Giver
	case wire.KindRecut:
		var e wire.Recut
		e, err = wire.ParseRecut(payload)
		c.member, c.cut, c.donor = e.Member, e.Cut, e.Donor
	case wire.KindTerminate:
		var e wire.Terminate
		e, err = wire.ParseTerminate(payload)
		c.member = e.By
	case wire.KindOverride:
		c.over, err = wire.ParseOverride(payload)
		c.member = c.over.By
	case wire.KindResize:
		c.resize, err = wire.ParseResize(payload)
		c.member = c.resize.By
	default:
		return c, false
	}
	return c, err == nil && !c.member.IsZero()
}

// Deliver takes a membership event of a group, or the ring's Sync (whose group means nothing), in its place. The payload is
// copied where it is kept. What is malformed, of another ring, or not of a member of this ring is ignored.
func (d *Directory) Deliver(group wire.GroupID, position wire.Position, kind wire.Kind, payload []byte) {
	if kind == wire.KindSync {
		s, err := wire.ParseSync(payload)
		if err != nil || s.Ring != d.ring || d.synced || !d.Complete() {
			return
		}
		if d.moving {
			d.attemptSync(position)
		} else {
			d.sync(position)
		}
		return
	}
	c, ok := parseChange(kind, payload)
	if !ok || !d.present(c.member) {
		return
	}
	if !d.synced {
		if d.tentative != nil {
			d.tentative.Deliver(group, position, kind, payload)
			d.tentative.events = nil
			d.attempt(position)
		}
		return
	}
	if kind == wire.KindGroupJoin && wire.NewGroupID(c.join.Name) != group {
		return
	}
	if kind == wire.KindOverride {
		d.override(group, position, c.over)
		return
	}
	if d.moving {
		d.deliverMoving(group, position, c, payload)
		return
	}
	switch kind {
	case wire.KindGroupJoin:
		d.requestJoin(position, c.join)
	case wire.KindGroupLeave:
		d.requestLeave(group, position, c)
	default:
		for _, r := range d.index[group] {
			if live(&r.GroupRecord) {
				d.apply(&r.GroupRecord, position, c)
				d.settle(r.Name, d.index[group])
				return
			}
		}
	}
}

// deliverMoving takes an event in the transitional configuration of a synced ring. A group whose quorum moves along acts on it, one
// that holds back remembers it as an attempt, and nobody waits or founds, though others may have founded.
func (d *Directory) deliverMoving(group wire.GroupID, position wire.Position, c change, payload []byte) {
	for _, r := range d.index[group] {
		if !live(&r.GroupRecord) {
			continue
		}
		if c.kind == wire.KindResize && r.Config.Size != 0 && r.Config.Partition != wire.PolicyPartitionable {
			r.hold() // by which list those count who were thought to move along is not known now
		}
		if r.holding {
			if len(r.Attempts) < wire.MaxAttempts {
				r.Attempts = append(r.Attempts, wire.Attempt{Position: position, Kind: c.kind, Payload: slices.Clone(payload)})
				theirs := cloneRecord(r.shadow)
				d.trial().apply(r.shadow, position, c)
				d.attempted[attempt{r.Name, position}] = r.shadow.View
				d.follow(r, theirs, position, c)
			}
			return
		}
		d.apply(&r.GroupRecord, position, c)
		d.watch(r)
		d.settle(r.Name, d.index[group])
		return
	}
	if c.kind == wire.KindGroupJoin {
		d.attemptFound(position, c.join)
	}
}

// follow counts with those who acted on an attempt: a group that ended for them by it, or lost its quorum, has raised the numbers of all
// views since. What they had before it is theirs.
func (d *Directory) follow(r *record, theirs *wire.GroupRecord, position wire.Position, c change) {
	if r.stopped {
		return
	}
	others := d.ghost()
	others.apply(theirs, position, c)
	d.floor, r.stopped = max(d.floor, others.floor), !live(theirs)
}

// An attempt is where in a group's order an event was met without the right to act on it.
type attempt struct {
	group    string
	position wire.Position
}

// trial is a ghost for what happens if the attempts are made good.
func (d *Directory) trial() *Directory {
	g := d.ghost()
	g.decided = true
	return g
}

// Messages judges application messages that the ring delivers, one sender's from the first position to the last: of any group, whether
// this member is in it or not, since the directory remembers how far each group's order went on this side.
func (d *Directory) Messages(group wire.GroupID, sender wire.MemberID, first, last wire.Position) Verdict {
	if !d.synced {
		return VerdictDrop
	}
	for _, r := range d.index[group] {
		if !live(&r.GroupRecord) {
			continue
		}
		if r.holding {
			if find(r.shadow, sender) < 0 {
				return VerdictDrop
			}
			r.Held = max(r.Held, last)
			if len(r.Attempts) == 0 {
				// A mark that there is something to make good, the same at all who move along.
				r.Attempts = append(r.Attempts, wire.Attempt{Position: first, Kind: wire.KindApp})
			}
			return VerdictHold
		}
		if find(&r.GroupRecord, sender) < 0 {
			return VerdictDrop
		}
		r.Held = max(r.Held, last)
		return VerdictDeliver
	}
	return VerdictDrop
}
