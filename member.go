package lockstep

// Who is in a group and what a view says about them: Member, Position, ViewID, View, Departure.

import (
	"cmp"
	"fmt"
	"strconv"
)

// A Member is one run of one named process. Two runs of one name have different incarnations, so a process that was started
// again is never taken for the one that died. Members are comparable and may be map keys. The zero Member is nobody.
type Member struct {
	Name        string // as in Config.Name
	Incarnation uint64 // drawn when the node started; greater for a later start of the same name
}

// IsZero reports whether m is nobody.
func (m Member) IsZero() bool { return m == Member{} }

// String is the name, a slash, and the incarnation in lower-case hex: "a/1f3c". It tells every two members apart.
func (m Member) String() string {
	return m.Name + "/" + strconv.FormatUint(m.Incarnation, 16)
}

// A Position is a message's place in its group's order, for ever: it grows across views, rings and total restarts, and no two
// messages of a group share one. It serves as a fencing token: a resource that remembers the greatest position it has
// seen can refuse whoever comes with a smaller one. Zero is before every message.
type Position uint64

// Compare returns -1, 0 or +1 as p is before, at or after q.
func (p Position) Compare(q Position) int { return cmp.Compare(p, q) }

// Uint64 is the position as a number, for systems outside that check fences.
func (p Position) Uint64() uint64 { return uint64(p) }

// String is the position in decimal, filled with zeros to 20 digits, so that the texts sort as the positions do.
func (p Position) String() string { return fmt.Sprintf("%020d", uint64(p)) }

// A ViewID names one view of one group. View ids are comparable; no two sides of a partition ever use the same one. The zero
// ViewID is no view.
type ViewID struct {
	Num  uint64 // grows with every view that a member installs
	Ring uint64 // the ring on which the view was installed; keeps two sides of a partition apart
}

// IsZero reports whether no view is meant.
func (v ViewID) IsZero() bool { return v == ViewID{} }

// Compare returns -1, 0 or +1 by Num alone: among the views of one member that is their order. Two different ids that compare
// as equal belong to two sides of a partition, and neither came first.
func (v ViewID) Compare(w ViewID) int { return cmp.Compare(v.Num, w.Num) }

// String begins with Num in decimal, followed by a dot and eight hex digits of the ring.
func (v ViewID) String() string {
	return fmt.Sprintf("%d.%08x", v.Num, uint32(v.Ring>>32))
}

// A Reason says why a member is no longer in a group.
type Reason uint8

// The reasons for a departure. The zero Reason is none of them.
const (
	// Partitioned: it fell silent. It may be dead, cut off, or paused; nobody here can know.
	Partitioned Reason = 1
	// Crashed: its process ended on a host that still answers.
	Crashed Reason = 2
	// Left: it said so, with Leave or Close.
	Left Reason = 3
	// Ejected: the group put it out, and told it.
	Ejected Reason = 4
	// Reported: an application said that it has failed, with Node.Report.
	Reported Reason = 5
)

// String is "partition", "crash", "leave", "ejected" or "reported", and "unknown" for any other value.
func (r Reason) String() string {
	switch r {
	case Partitioned:
		return "partition"
	case Crashed:
		return "crash"
	case Left:
		return "leave"
	case Ejected:
		return "ejected"
	case Reported:
		return "reported"
	}
	return "unknown"
}

// A Departure is a member that is gone, and why.
type Departure struct {
	Member Member
	Reason Reason
}

// String is the member and the reason: "a/1f3c (crash)".
func (d Departure) String() string { return d.Member.String() + " (" + d.Reason.String() + ")" }

// A View is the membership of one group between two changes. Every member that goes through the same views gets the same
// messages in each. The slices are shared by all who hold the View; do not change them.
type View struct {
	// ID names the view.
	ID ViewID
	// Members are all members by age: rank 0 is the oldest. Those in Loading are among them.
	Members []Member
	// Joined are the members that are new in this view, by age. Whoever was out and came back is here, and gets the state again.
	Joined []Member
	// With are the members that came along from this member's previous view and kept their state, this member
	// included, by age. For a member that is itself in Joined it is only that member.
	With []Member
	// Loading are the members that have not yet loaded the group's state, by age. They vote for nothing, donate nothing, and
	// a query lists them under Declined.
	Loading []Member
	// Left are the members of the previous view that are not in this one, and why, by their age there.
	Left []Departure
	// Primary says whether this side of a possible partition may act for the group.
	Primary bool
	// Rank is this member's index in Members, or -1 when it is out.
	Rank int
}

// Contains reports whether m is in the view.
func (v View) Contains(m Member) bool {
	for _, x := range v.Members {
		if x == m {
			return true
		}
	}
	return false
}

// String is one line for a log: the id, the members by age, and "primary" where it is.
func (v View) String() string {
	s := fmt.Sprintf("view %v %v", v.ID, v.Members)
	if v.Primary {
		s += " primary"
	}
	return s
}
