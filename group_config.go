package lockstep

// What a group is set up with: GroupConfig and its checks. Package membership compares its members' choices.

import (
	"fmt"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// GroupConfig is what a group is set up with. The zero value is a group whose quorum follows its last primary view, that
// blocks without one, and that has a state. Size, Partition, LastMember, Stateless and Donors must be the same at all members: a joiner
// that differs is refused with ErrMismatch and told the field and both values; but where Group.Resize has changed the size, any Size that is
// not zero will do.
type GroupConfig struct {
	// Size is the number of voters, of which a primary side needs more than half; at most 1024. The first Size names taken
	// in are the voters, further members have no vote; Group.Resize changes both while the group goes on. Zero: more than half of the
	// last primary view decides, and the group shrinks and grows with its members.
	Size int
	// Partition says what the sides of a split group may do. Zero: Primary.
	Partition PartitionPolicy
	// LastMember says what the younger of two members does when the older falls silent. Zero: Blocked. Only for groups
	// without a Size that are not Partitionable.
	LastMember LastMemberPolicy
	// Stateless says that a joiner needs no state. Zero: false; then joining a group that has members needs OnState.
	Stateless bool
	// Donors is how many members save the state for a joiner, at the same place of the order: the oldest that have it, at most 8. The joiner
	// gets the state from one of them, and goes on from the next when that one dies, leaves or falls silent, without a byte coming
	// twice if both wrote the same bytes, and else from the first byte; State.Choose says in which order. Only when all are gone the
	// transfer begins again from another cut. It costs each of them a Save and the room in which the saved state waits (memory,
	// then SpillDir), until the joiner has it. Zero and 1: one.
	Donors int
	// QueueMessages bounds the messages of this group that wait on this member. Zero: Config.QueueMessages.
	QueueMessages int
	// QueueBytes bounds their bytes, as Config.QueueBytes does. Zero: Config.QueueBytes.
	QueueBytes int
	// RateLimit bounds what this member sends in the group. Sends wait until they may go; TrySend returns ErrFull, and so does a send in
	// an upcall that is further ahead than it may be. It is this member's alone: others may have another. Zero: no limit.
	RateLimit RateLimit
	// HandlerWarn is how long one upcall may take before EventListener.HandlerBlocked is given, to a quarter of a second. Zero: 1 s.
	// Negative: never. State.Load and Merge are left out of it: they wait for another member.
	HandlerWarn time.Duration
	// HandlerLimit is how long one upcall may take before this member leaves the group, with ErrHandlerStuck, so that the others need
	// not wait for it: while it lasts its queue fills, and then no sender of the group gets on. Zero: 30 s. Negative: the group waits.
	HandlerLimit time.Duration
}

// maxDonors is one donor and its spares.
const maxDonors = 1 + wire.MaxSpares

// The defaults of HandlerWarn and HandlerLimit.
const (
	defaultHandlerWarn  = time.Second
	defaultHandlerLimit = 30 * time.Second
)

// withDefaults fills in what the node's Config decides; c went through its own withDefaults.
func (g GroupConfig) withDefaults(c Config) GroupConfig {
	if g.QueueMessages == 0 {
		g.QueueMessages = c.QueueMessages
	}
	if g.QueueBytes == 0 {
		g.QueueBytes = c.QueueBytes
	}
	if g.HandlerWarn == 0 {
		g.HandlerWarn = defaultHandlerWarn
	}
	if g.HandlerLimit == 0 {
		g.HandlerLimit = defaultHandlerLimit
	}
	return g
}

// validate checks a GroupConfig that went through withDefaults. Its error names the field.
func (g GroupConfig) validate(c Config) error {
	if g.Size < 0 || g.Size > wire.MaxMembers {
		return fieldError("GroupConfig.Size", fmt.Sprintf("must be between 0 and %d, is %d", wire.MaxMembers, g.Size))
	}
	if g.Partition > ReadOnly {
		return fieldError("GroupConfig.Partition", fmt.Sprintf("must be Primary, Partitionable or ReadOnly, is %d", g.Partition))
	}
	if g.LastMember > GoOn {
		return fieldError("GroupConfig.LastMember", fmt.Sprintf("must be Blocked or GoOn, is %d", g.LastMember))
	}
	if g.LastMember == GoOn && g.Size != 0 {
		return fieldError("GroupConfig.LastMember", fmt.Sprintf("must be Blocked where there is a Size, which is %d", g.Size))
	}
	if g.LastMember == GoOn && g.Partition == Partitionable {
		return fieldError("GroupConfig.LastMember", "must be Blocked where Partition is Partitionable, which goes on in any case")
	}
	if g.Donors < 0 || g.Donors > maxDonors {
		return fieldError("GroupConfig.Donors", fmt.Sprintf("must be between 0 and %d, is %d", maxDonors, g.Donors))
	}
	if err := badQueue("GroupConfig", g.QueueMessages, g.QueueBytes); err != nil {
		return err
	}
	return g.RateLimit.validate()
}

// wire is the part that the members must agree on. g was validated.
func (g GroupConfig) wire() wire.GroupConfig {
	return wire.GroupConfig{
		Size:       uint16(g.Size),
		Partition:  uint8(g.Partition),
		LastMember: uint8(g.LastMember),
		Stateless:  g.Stateless,
		Spares:     uint8(max(g.Donors-1, 0)),
	}
}
