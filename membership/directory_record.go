package membership

// Records: what is known of one group, and the questions that all rules ask of it.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A record is a group's entry in the directory. Founding 0 means that there is no group yet, only joins that wait for one.
type record struct {
	wire.GroupRecord
	holding bool              // in a transitional configuration without a quorum: messages and events are held back
	shadow  *wire.GroupRecord // while holding: what the record would be with its attempts
	stopped bool              // and for those who acted on them the group does not go on
}

func cloneRecord(r *wire.GroupRecord) *wire.GroupRecord {
	c := *r
	c.Members = slices.Clone(r.Members)
	c.Holders = slices.Clone(r.Holders)
	c.Electorate = slices.Clone(r.Electorate)
	c.Voters = slices.Clone(r.Voters)
	c.Attempts = slices.Clone(r.Attempts)
	for i := range c.Attempts {
		c.Attempts[i].Payload = slices.Clone(c.Attempts[i].Payload)
	}
	c.Waiting = slices.Clone(r.Waiting) // a join never changes
	c.Table = cloneTable(r.Table)
	return &c
}

func cloneTable(table []wire.HandlerEntry) []wire.HandlerEntry {
	c := slices.Clone(table)
	for i := range c {
		c[i].Missing = slices.Clone(c[i].Missing)
	}
	return c
}

// live reports whether the group goes on here: it is primary, or partitionable with members on this side.
func live(r *wire.GroupRecord) bool {
	return r.Founding != 0 && (r.Primary || r.Config.Partition == wire.PolicyPartitionable && len(r.Members) > 0)
}

// holders are those of this side whose state is this record's memory: a group that goes on is held by its members.
func holders(r *wire.GroupRecord) []wire.MemberID {
	if live(r) {
		return memberIDs(r.Members)
	}
	return r.Holders
}

func find(r *wire.GroupRecord, id wire.MemberID) int {
	for i := range r.Members { // each message asks this: nothing is copied to look at it
		if r.Members[i].ID == id {
			return i
		}
	}
	return -1
}

func memberIDs(members []wire.GroupMember) []wire.MemberID {
	ids := make([]wire.MemberID, len(members))
	for i := range members {
		ids[i] = members[i].ID
	}
	return ids
}

// loaded are the ids of the members that have the state, by age.
func loaded(r *wire.GroupRecord) []wire.MemberID {
	var ids []wire.MemberID
	for i := range r.Members {
		if r.Members[i].Loaded {
			ids = append(ids, r.Members[i].ID)
		}
	}
	return ids
}

func asMember(m wire.GroupMember) Member { return Member{ID: m.ID, Name: m.Name} }

// membersAmong lists the record's members that are in ids, by age.
func membersAmong(r *wire.GroupRecord, ids []wire.MemberID) []Member {
	var list []Member
	for i := range r.Members {
		if slices.Contains(ids, r.Members[i].ID) {
			list = append(list, asMember(r.Members[i]))
		}
	}
	return list
}

func memberOfRecord(r *wire.GroupRecord, id wire.MemberID) Member {
	if i := find(r, id); i >= 0 {
		return asMember(r.Members[i])
	}
	return Member{ID: id}
}

// wipe ends the group; the joins that wait stay. Its view numbers are not given again.
func (d *Directory) wipe(r *wire.GroupRecord) {
	d.floor = max(d.floor, r.View.Num)
	*r = wire.GroupRecord{Name: r.Name, Waiting: r.Waiting}
}
