package core

// What a Core wants done: effects, drained by the caller after each Step.

import (
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// Effects are carried out in the order of the fields: keys first, then packets, then upcalls. The slices are valid until the
// next Step; what upcalls point to stays valid.
type Effects struct {
	Keys    []RingKey
	Sends   []Send
	Upcalls []Upcall
	Notices []Notice
	// Persist, unless zero, is to be written to stable storage; Persisted says when it is there. It covers all asked for before.
	Persist Mark
	// Kept is memory of messages (wire.Data.Memory, Config.Room) that the core still needs and will not speak of again. Freed is memory of
	// packets and of messages put together that it needs no more, but for those Upcalls that name it. Kept comes first, then Upcalls, then
	// Freed.
	Kept, Freed []any
}

// empty drops everything and keeps the room. What was there is not kept alive by it.
func (e *Effects) empty() {
	clear(e.Sends)
	clear(e.Upcalls)
	clear(e.Notices)
	e.Keys, e.Sends, e.Upcalls, e.Notices = e.Keys[:0], e.Sends[:0], e.Upcalls[:0], e.Notices[:0]
	e.Persist = Mark{}
	clear(e.Kept)
	clear(e.Freed)
	e.Kept, e.Freed = e.Kept[:0], e.Freed[:0]
}

// What the ring half of membership produces is passed on as it is.
type (
	RingKey = membership.RingKey
	Send    = membership.Send
	Notice  = membership.Notice
	Mark    = membership.Mark
)

// An UpcallKind says what an Upcall reports.
type UpcallKind uint8

const (
	// UpDeliver is one or more messages of one sender in their places, alike in kind and order: Position and Tag are the first's, and
	// the others' follow by one. At a member that loads, what follows UpLoad waits until UpLoaded names it.
	UpDeliver UpcallKind = iota + 1
	// UpView is a new view, in its place among the messages.
	UpView
	// UpTransitional comes before the first delivery in a transitional configuration; Members moved along.
	UpTransitional
	// UpBlocked says that this side is no primary: nothing is delivered until the next UpView.
	UpBlocked
	// UpLost says that the message with Tag will not be delivered here; if Uncertain, others may deliver it.
	UpLost
	// UpFounded says that this member creates the group: its New runs before the first view.
	UpFounded
	// UpSave asks for the state at exactly this place; Cut names it, Members are the joiners that may fetch it.
	UpSave
	// UpLoad replaces this member's state by that of Cut at Donor, or at one of Members, who save too. Earlier upcalls not yet run for
	// the group are void.
	UpLoad
	// UpMerge asks for the states of Sides, in order, before what follows (partitionable groups).
	UpMerge
	// UpLoaded says that Members have loaded.
	UpLoaded
	// UpStable says that everything up to Position is held by all, or that this member went on with it into a primary view:
	// calls may be answered.
	UpStable
	// UpAnswer is an answer to Call.
	UpAnswer
	// UpDirect is a SendTo of another member, to be handled after Position.
	UpDirect
	// UpDirectLost says that the point-to-point message with Tag was not acknowledged before its receiver went.
	UpDirectLost
	// UpDirectDone says that the point-to-point message with Tag was acknowledged.
	UpDirectDone
	// UpNumbered says that Count messages, with Tag and the tags that follow it, were given their numbers: room in the send queue.
	UpNumbered
	// UpRefused ends a JoinGroup; Refusal and Text say why.
	UpRefused
	// UpLeft ends a membership; Refusal tells a leave from a termination or a second founding.
	UpLeft
	// UpNode ends the node: its name is taken by the member in Sender at Text.
	UpNode
	// UpDiverged ends the node: it delivered something else than those it came with; Text has both chains and its last deliveries.
	UpDiverged
	// UpExhausted ends the node: the numbers that Text names are used up.
	UpExhausted
)

// An Upcall is something that concerns one group of this member, in its place.
type Upcall struct {
	Kind         UpcallKind
	Group        wire.GroupID
	Position     wire.Position
	Sender       membership.Member
	View         *membership.View // of UpView
	ViewID       wire.ViewID      // of UpDeliver: the view the message is delivered in
	Message      wire.Kind
	Order        wire.Order
	Transitional bool
	Own          bool
	Uncertain    bool
	Tag          uint64
	Count        int // of UpNumbered
	Call         uint64
	Status       uint8
	Cut          wire.Position
	Donor        membership.Member
	Members      []membership.Member
	Sides        []membership.MergeSide
	Refusal      membership.RefusalKind
	Text         string
	Payload      []byte
	Messages     []wire.Chunk // of UpDeliver: each a message, of which only payload and Total mean anything; see ordering.Messages
	Memory       any          // of UpDeliver: what the payloads lie in; see Effects
}

// Last is the position of an UpDeliver's last message.
func (u *Upcall) Last() wire.Position { return u.Position + wire.Position(len(u.Messages)-1) }
