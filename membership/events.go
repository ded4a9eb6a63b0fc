package membership

// What a Directory reports to its owner, in order: the events that concern this member.

import "github.com/lockstep-go/lockstep/internal/wire"

// An EventKind says what an Event reports.
type EventKind uint8

const (
	// EventView is a new view, in its place among the messages. Position is the place, View the view. Messages held back before
	// that place and not replayed are void. A member that leaves a group that goes on gets a last view with Rank -1.
	EventView EventKind = iota + 1
	// EventBlocked says that this side of the group is no primary any more: nothing is delivered until the next EventView.
	EventBlocked
	// EventRefused ends a join that asked for membership: Refusal and Text say why.
	EventRefused
	// EventLeft ends a membership: Refusal is RefusalLeave or RefusalTerminated.
	EventLeft
	// EventSave asks this member for its state at exactly this place: Cut names it, Members are those who may fetch it:
	// loaders, and in a merge the members of other sides.
	EventSave
	// EventLoad asks this member to replace its state by that of Cut at Donor, or at one of Members. It comes before the view it
	// belongs to, and so do the donors' EventSaves: that view and the messages after it wait for the load. A second EventLoad makes the
	// first void, and what waited for it. Messages held back before Cut are in the state; those held back after it may still be replayed.
	EventLoad
	// EventLoaded says that Members have loaded; Position is where.
	EventLoaded
	// EventMerge asks for the states of Sides, in order, before what follows.
	EventMerge
	// EventTwoFounders says that an older founding of the same name was met: this member is out and keeps its state.
	EventTwoFounders
	// EventReplay allows the delivery of the messages that were held (VerdictHold) with a position before Position.
	EventReplay
	// EventFounded says that this member creates the group: its New runs before the view that follows. A load that is under way is
	// void: whoever had the state gave the group up.
	EventFounded
)

// String names the kind for a log line.
func (k EventKind) String() string {
	switch k {
	case EventView:
		return "view"
	case EventBlocked:
		return "blocked"
	case EventRefused:
		return "refused"
	case EventLeft:
		return "left"
	case EventSave:
		return "save"
	case EventLoad:
		return "load"
	case EventLoaded:
		return "loaded"
	case EventMerge:
		return "merge"
	case EventTwoFounders:
		return "two founders"
	case EventReplay:
		return "replay"
	case EventFounded:
		return "founded"
	}
	return "unknown"
}

// An Event is one thing that happened to this member in one group. Fields that its kind does not name are zero. Slices and the
// view are never changed afterwards; the receiver may keep them.
type Event struct {
	Kind     EventKind
	Group    wire.GroupID
	Name     string        // of the group
	Position wire.Position // of the event's cause; of EventReplay: the bound
	View     *View         // of EventView
	Cut      wire.Position // of EventSave and EventLoad
	Donor    Member        // of EventLoad
	Members  []Member      // of EventSave: who may fetch; of EventLoad: who saves besides Donor; of EventLoaded: who has loaded
	Sides    []MergeSide   // of EventMerge
	Refusal  RefusalKind   // of EventRefused, EventLeft and EventTwoFounders
	Attempt  uint64        // of EventRefused: the attempt that was refused
	Text     string        // of EventRefused and EventTwoFounders: why, for a person
}

// A RefusalKind says why a join was refused or a membership ended.
type RefusalKind uint8

const (
	RefusalNone        RefusalKind = iota
	RefusalLeave                   // it left as it was asked to
	RefusalTerminated              // a member ended the group
	RefusalNoGroup                 // JoinExisting, and there is no such group
	RefusalExists                  // Create, and the group is there already
	RefusalConfig                  // the group's members agreed on another configuration
	RefusalHandlers                // the joiner lacks an ordered type, or has another shape of it
	RefusalTwoFounders             // an older founding of the same name was met
)

// String names the kind for a log line.
func (r RefusalKind) String() string {
	switch r {
	case RefusalNone:
		return "none"
	case RefusalLeave:
		return "left"
	case RefusalTerminated:
		return "terminated"
	case RefusalNoGroup:
		return "no such group"
	case RefusalExists:
		return "group exists"
	case RefusalConfig:
		return "configuration differs"
	case RefusalHandlers:
		return "handlers differ"
	case RefusalTwoFounders:
		return "two founders"
	}
	return "unknown"
}

// A Verdict says what to do with an application message that the ring delivers.
type Verdict uint8

const (
	// VerdictDeliver: hand it to the group's handlers, if this member is in the group.
	VerdictDeliver Verdict = iota + 1
	// VerdictHold: keep it by position. An EventReplay delivers it; a view at a later position without one drops it.
	VerdictHold
	// VerdictDrop: it has no place in the group's order.
	VerdictDrop
)
