package membership

// What a group's members are told about themselves: who they are, who went, and the view they share.

import "github.com/lockstep-go/lockstep/internal/wire"

// A Member is one started process: the id that nobody else ever has, and the name a person gave it.
type Member struct {
	ID   wire.MemberID
	Name string
}

// A Departure says who is no longer in a view, and why.
type Departure struct {
	Member Member
	Reason wire.Reason
}

// A View is one membership of one group. All who install it see the same ID, Members, Joined, Left, Loading and Primary, except
// in a merge of a partitionable group, where Joined and Left are relative to each side's last view.
type View struct {
	ID wire.ViewID
	// Members are sorted by age: rank 0 is the oldest.
	Members []Member
	// Joined came in with this view; whoever was out and is back is among them.
	Joined []Member
	// With came along from the receiver's previous view and kept their state, the receiver included. Whoever joins or loads
	// again stands alone here.
	With []Member
	// Loading have no state yet: they vote for nothing and give nothing.
	Loading []Member
	// Left were in the previous view.
	Left    []Departure
	Primary bool
	// Rank is the receiver's place in Members, -1 if it is out.
	Rank int
	// Resumes is set where a side that was blocked makes good what it held back: the view this one continues, or the one that
	// others installed at the same event.
	Resumes wire.ViewID
	// Founding is the one it belongs to: an override begins another.
	Founding uint64
}

// A MergeSide is the state of another side of a partitionable group that a member has to merge into its own.
type MergeSide struct {
	View  wire.ViewID   // the last view of that side; sides are merged in this order
	Donor Member        // who saved that side's state
	Cut   wire.Position // the cut at which it was saved
}
