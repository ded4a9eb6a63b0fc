package membership

// Reading the directory: what the owner may ask between events.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A Membership is this member's part in a group.
type Membership uint8

// From MembershipLoading on the member is in the group.
const (
	MembershipNone    Membership = iota // it is not in the group and has not asked
	MembershipWaiting                   // it asked, and the group waits for a founding or a primary
	MembershipLoading                   // it is in, without the state yet
	MembershipMember                    // it is in, with the state
	MembershipBlocked                   // it holds a state of the group, which has no primary here
)

// String is the membership in one word.
func (m Membership) String() string {
	switch m {
	case MembershipNone:
		return "none"
	case MembershipWaiting:
		return "waiting"
	case MembershipLoading:
		return "loading"
	case MembershipMember:
		return "member"
	case MembershipBlocked:
		return "blocked"
	}
	return "unknown"
}

// A Roster is what the directory says about one group.
type Roster struct {
	Name     string
	Founding uint64 // 0: there are only joins that wait
	Config   wire.GroupConfig
	View     View     // the last view on this side, Rank -1 if this member is not in it; Joined, With and Left are not kept
	Waiting  []Member // who waits for a founding or a primary
	Live     bool     // messages are delivered: it is primary or partitionable
	Table    []wire.HandlerEntry
}

// own is the record that concerns this member: the one whose memory it holds, else the newest.
func (d *Directory) own(group wire.GroupID) *record {
	recs := d.index[group]
	for _, r := range recs {
		if d.holds(r) {
			return r
		}
	}
	if len(recs) == 0 {
		return nil
	}
	return recs[0]
}

func (d *Directory) holds(r *record) bool {
	if live(&r.GroupRecord) {
		return find(&r.GroupRecord, d.self.ID) >= 0
	}
	return slices.Contains(r.Holders, d.self.ID)
}

// Groups lists the names of all groups on the ring and of those that wait to be founded, sorted.
func (d *Directory) Groups() []string {
	var names []string
	for _, r := range d.records {
		if len(names) == 0 || names[len(names)-1] != r.Name {
			names = append(names, r.Name)
		}
	}
	return names
}

// Roster returns what is known of a group, whether this member is in it or not. It is a copy.
func (d *Directory) Roster(group wire.GroupID) (Roster, bool) {
	r := d.own(group)
	if r == nil {
		return Roster{}, false
	}
	g := &r.GroupRecord
	ros := Roster{Name: g.Name, Founding: g.Founding, Config: g.Config, Live: live(g), Table: cloneTable(g.Table)}
	ros.View = View{ID: g.View, Members: membersAmong(g, memberIDs(g.Members)), Loading: loading(g), Primary: g.Primary, Rank: -1}
	if d.holds(r) {
		ros.View.Rank = find(g, d.self.ID)
	}
	for _, j := range d.index[group][0].Waiting {
		ros.Waiting = append(ros.Waiting, asMember(j.Member))
	}
	return ros, true
}

// Members returns a group's members by age and its last view on this side; false if nobody is known to be in it.
func (d *Directory) Members(group wire.GroupID) ([]Member, View, bool) {
	ros, ok := d.Roster(group)
	return ros.View.Members, ros.View, ok && ros.Founding != 0
}

// View is the group's last view on this side, zero for none. Where the side holds back it is the view that others have come to by the same
// events: a message that is cut in two there is cut here.
func (d *Directory) View(group wire.GroupID) wire.ViewID {
	if r := d.own(group); r != nil {
		if r.holding {
			return r.shadow.View
		}
		return r.View
	}
	return wire.ViewID{}
}

// Voters are the names that vote in a group with a size, in the order in which they were taken in, and how many there may be.
func (d *Directory) Voters(group wire.GroupID) (size int, names []string) {
	if r := d.own(group); r != nil && r.Config.Size != 0 {
		return sizeOf(&r.GroupRecord), slices.Clone(r.Voters)
	}
	return 0, nil
}

// Table is the group's agreed table of message types: an index into it keeps its meaning for as long as the founding lives. It never
// changes, a later one takes its place; the caller must not change it either.
func (d *Directory) Table(group wire.GroupID) []wire.HandlerEntry {
	if r := d.own(group); r != nil {
		return r.Table
	}
	return nil
}

// Membership is this member's part in a group, as far as events were delivered.
func (d *Directory) Membership(group wire.GroupID) Membership {
	r := d.own(group)
	if r == nil {
		return MembershipNone
	}
	if !live(&r.GroupRecord) {
		if d.holds(r) {
			return MembershipBlocked
		}
	} else if i := find(&r.GroupRecord, d.self.ID); i >= 0 {
		if r.Members[i].Loaded {
			return MembershipMember
		}
		return MembershipLoading
	}
	if d.waits(group) {
		return MembershipWaiting
	}
	return MembershipNone
}

func (d *Directory) waits(group wire.GroupID) bool {
	return slices.ContainsFunc(d.index[group], func(r *record) bool {
		return slices.ContainsFunc(r.Waiting, func(j wire.GroupJoin) bool { return j.Member.ID == d.self.ID })
	})
}

// Accepts reports whether messages of this member to the group may be queued: it is in it, and the group goes on here as far as is
// known.
func (d *Directory) Accepts(group wire.GroupID) bool {
	m := d.Membership(group)
	return m == MembershipLoading || m == MembershipMember
}

// MayLeave reports whether a leave of this member would be acted on: it would not while others load the state that only it has.
func (d *Directory) MayLeave(group wire.GroupID) bool {
	r := d.own(group)
	switch {
	case r == nil:
		return true
	case live(&r.GroupRecord):
		return !soleDonor(&r.GroupRecord, d.self.ID)
	}
	return !soleKeeper(&r.GroupRecord, d.self.ID)
}

// MayNumber reports whether messages of this member to the group may be given their numbers now.
func (d *Directory) MayNumber(group wire.GroupID) bool {
	return d.synced && !d.moving && d.Accepts(group)
}

// Explain says in words what this member's part in the group waits for.
func (d *Directory) Explain(group wire.GroupID) string {
	if !d.synced {
		return "the ring's members are exchanging their directories"
	}
	r := d.own(group)
	if r == nil {
		return "the join is under way"
	}
	switch d.Membership(group) {
	case MembershipMember:
		return "in the group"
	case MembershipLoading:
		donor := memberOfRecord(&r.GroupRecord, r.Members[find(&r.GroupRecord, d.self.ID)].Donor)
		return fmt.Sprintf("loading the state from %s", donor.Name)
	}
	switch {
	case r.Founding == 0:
		return d.explainFounding(r)
	case live(&r.GroupRecord):
		return "the join is under way"
	}
	return d.explainPrimary(r)
}

// maxUnmet bounds how many addresses an explanation lists.
const maxUnmet = 8

func (d *Directory) explainFounding(r *record) string {
	var unmet []string
	for _, j := range r.Waiting {
		for _, s := range j.Seeds {
			if d.absent(s) {
				unmet = append(unmet, plain(s).String())
			}
		}
	}
	slices.Sort(unmet)
	unmet = slices.Compact(unmet)
	if n := len(unmet) - maxUnmet; n > 0 {
		unmet = append(unmet[:maxUnmet], fmt.Sprintf("%d more", n))
	}
	need := 1
	if len(r.Waiting) > 0 {
		need = max(need, int(speaker(r.Waiting).Config.Size))
	}
	text := fmt.Sprintf("have %d of %d needed to found", distinct(r.Waiting, nil), need)
	if len(unmet) > 0 {
		text += " (waiting for " + strings.Join(unmet, ", ") + ")"
	}
	return text
}

func (d *Directory) explainPrimary(r *record) string {
	var held []wire.MemberID
	var names []string
	for _, o := range d.index[wire.NewGroupID(r.Name)] {
		held = append(held, o.Holders...)
		for _, id := range o.Holders {
			if i := find(&o.GroupRecord, id); i >= 0 && o.Members[i].Loaded {
				names = append(names, o.Members[i].Name)
			}
		}
	}
	if size := sizeOf(&r.GroupRecord); size != 0 {
		return fmt.Sprintf("no primary: have %d of %d voters needed", votes(r.Voters, names), size/2+1) + d.explainMissing()
	}
	n := 0
	var gone []string
	for _, id := range r.Electorate {
		if slices.Contains(held, id) {
			n++
		} else if !id.IsZero() {
			gone = append(gone, memberOfRecord(&r.GroupRecord, id).Name)
		}
	}
	text := fmt.Sprintf("no primary: have %d of the last primary's %d", n, len(r.Electorate))
	if len(gone) > 0 {
		text += " (waiting for " + strings.Join(gone, ", ") + ")"
	}
	return text + d.explainMissing()
}

// explainMissing says what keeps a group waiting whose voters are all here, having forgotten its state.
func (d *Directory) explainMissing() string {
	if !d.misses {
		return ""
	}
	return "; a seed that may hold a state is not on the ring"
}
