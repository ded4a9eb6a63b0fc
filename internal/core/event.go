package core

// What the outside tells a Core: the events of Step.

import (
	"net/netip"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// An Event is one input of [Core.Step]; a nil Event only lets time pass.
type Event interface{ event() }

// Received is a packet whose seal was opened and whose body was parsed. The packet and the buffer it aliases belong to the core; the
// Received itself, given by its address because there are so many, does not: it may be used again after the Step.
type Received struct {
	From   netip.AddrPort
	Header wire.Header
	Packet wire.Packet
}

// Hint says that a stream to the member was closed or refused. Anyone could forge it, so the core only probes.
type Hint struct{ Member wire.MemberID }

// Seeds are the resolved addresses at which other members may be found, the own address left out. Unresolved counts names
// that have no address yet: while there are any, this member founds no group. No group is joined before the first Seeds.
type Seeds struct {
	Addrs      []netip.AddrPort
	Unresolved int
}

// JoinGroup asks for membership of a group. The outcome comes as UpView (after UpLoad if there is state to load) or UpRefused.
// The core asks again by itself until then, or until LeaveGroup.
type JoinGroup struct {
	Name   string
	Mode   wire.JoinMode
	Config wire.GroupConfig
	Table  []wire.HandlerEntry
}

// LeaveGroup gives up membership, or a JoinGroup that has no outcome yet. It ends with UpLeft. The only member with the state gets
// out when others have loaded it; with Lost, which says that its state is not the group's any more, at once, and the state is lost.
type LeaveGroup struct {
	Group wire.GroupID
	Lost  bool
}

// JoinGroups is a JoinGroup for each of several groups: if they are joined, then at one place in the order. Each has an outcome of its own.
type JoinGroups struct{ Groups []JoinGroup }

// LeaveGroups is a LeaveGroup for each of several groups: they are left at one place in the order.
type LeaveGroups struct{ Groups []wire.GroupID }

// TerminateGroup ends the group at all its members.
type TerminateGroup struct{ Group wire.GroupID }

// Settled says that the handlers of what was delivered have run as far as they do at once, after a Step that left the core with a token
// that Stays. What they send is to be submitted before.
type Settled struct{}

// Submit queues messages for their group's next token visits, in their order. Each is later reported by exactly one UpDeliver with
// Own set or one UpLost, in the order of submission. Messages may be used again after the Step, what it points to belongs to the core.
type Submit struct {
	Group    wire.GroupID
	Messages []Submission
}

// A Submission is one message of a Submit. Tags of a group that follow each other by one are reported together where that can be.
type Submission struct {
	Kind    wire.Kind
	Order   wire.Order
	Tag     uint64 // comes back in UpNumbered, UpDeliver and UpLost
	Payload []byte
}

// SendDirect queues a point-to-point message: KindMessage of SendTo or an answer. It is repeated until acknowledged, or until
// a ring without the receiver is installed (UpDirectLost).
type SendDirect struct {
	To      wire.MemberID
	Kind    wire.DirectKind
	Group   wire.GroupID
	Follow  wire.Position
	Call    uint64
	Status  uint8
	Tag     uint64
	Payload []byte
}

// Loaded says that the state of the given cut was loaded. Giver is who gave the last byte, if UpLoad named others besides Donor;
// else it may be zero.
type Loaded struct {
	Group wire.GroupID
	Cut   wire.Position
	Giver wire.MemberID
}

// LoadFailed says that the donor, and whoever else saved, could not give the state of the given cut; the core asks for a new cut.
type LoadFailed struct {
	Group wire.GroupID
	Cut   wire.Position
	Donor wire.MemberID
}

// Congested says whether the group's queue to its handlers is above its high mark.
type Congested struct {
	Group wire.GroupID
	On    bool
}

// Report says that an application holds a member of the ring for failed, and why. It is heeded by all when the ring delivers it.
type Report struct {
	Member wire.MemberID
	Why    string
}

// Persisted says that a mark given by Effects.Persist is on stable storage.
type Persisted struct{ Mark Mark }

// Close says good-bye to the ring: the others need not wait for a time-out. Groups should have been left before.
type Close struct{}

func (*Received) event()      {}
func (Hint) event()           {}
func (Seeds) event()          {}
func (JoinGroup) event()      {}
func (LeaveGroup) event()     {}
func (JoinGroups) event()     {}
func (LeaveGroups) event()    {}
func (TerminateGroup) event() {}
func (Settled) event()        {}
func (*Submit) event()        {}
func (SendDirect) event()     {}
func (Loaded) event()         {}
func (LoadFailed) event()     {}
func (Congested) event()      {}
func (Report) event()         {}
func (Persisted) event()      {}
func (Close) event()          {}
