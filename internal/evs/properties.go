package evs

// The names of the promises. A violation begins with one; docs/guarantees.md and the tables of mutants use them.

import "fmt"

// A Property is the name of a promise.
type Property string

// The properties of groups; doc.go says what each means.
const (
	SelfDelivery     Property = "self-delivery"
	NoDuplication    Property = "no duplication"
	NoCreation       Property = "no creation"
	SameOrder        Property = "same order"
	SenderOrder      Property = "sender order"
	SameView         Property = "same view"
	VirtualSynchrony Property = "virtual synchrony"
	SelfInclusion    Property = "self inclusion"
	ViewAgreement    Property = "view agreement"
	ViewGrowth       Property = "view growth"
	OnePrimary       Property = "one primary"
	SafeDelivery     Property = "safe delivery"
	SafeAtK          Property = "safe at k"
	GroupBounds      Property = "group bounds"
	State            Property = "state"
	Outcome          Property = "outcome"
	StableKept       Property = "stable kept"

	Gap               Property = "gap"
	CausalOrder       Property = "causal order"
	CameAlong         Property = "came along"
	SaneView          Property = "sane view"
	Signals           Property = "signals"
	PrimaryContinuity Property = "primary continuity"
	NoStaleAnswer     Property = "no stale answer"
	EqualStates       Property = "equal states"
	NoHalfState       Property = "no half state"
	PositionsGrow     Property = "positions grow"
	RealTime          Property = "real time"
	LinesApart        Property = "lines apart"
	Together          Property = "together"
)

// The properties of rings.
const (
	RingCausality         Property = "ring causality"
	RingNoCreation        Property = "ring no creation"
	RingOneSending        Property = "ring one sending"
	RingNoDuplication     Property = "ring no duplication"
	RingLast              Property = "ring last configuration"
	RingInclusion         Property = "ring self inclusion"
	RingSameConfiguration Property = "ring same configuration"
	RingSimultaneity      Property = "ring simultaneity"
	RingAgreement         Property = "ring agreement"
	RingGrowth            Property = "ring growth"
	RingIDOnce            Property = "ring id once"
	RingTransitionalSet   Property = "ring transitional set"
	RingSignalOnce        Property = "ring signal once"
	RingSelfDelivery      Property = "ring self-delivery"
	RingSynchrony         Property = "ring virtual synchrony"
	RingCausalOrder       Property = "ring causal order"
	RingSenderOrder       Property = "ring sender order"
	RingTotalOrder        Property = "ring total order"
	RingGap               Property = "ring gap"
	RingSafe              Property = "ring safe delivery"
	RingSafeInstalled     Property = "ring safe installed"
	RingSane              Property = "ring sane delivery"
)

// The properties of processes: what stays within limits.
const (
	BoundedQueues  Property = "bounded queues"
	Progress       Property = "progress"
	BoundedChanges Property = "bounded changes"
)

// Properties are all of them, groups first.
func Properties() []Property {
	return []Property{
		SelfDelivery, NoDuplication, NoCreation, SameOrder, SenderOrder, SameView, VirtualSynchrony, SelfInclusion, ViewAgreement, ViewGrowth,
		OnePrimary, SafeDelivery, SafeAtK, GroupBounds, State, Outcome, StableKept,
		Gap, CausalOrder, CameAlong, SaneView, Signals, PrimaryContinuity, NoStaleAnswer, EqualStates, NoHalfState, PositionsGrow, RealTime,
		LinesApart, Together,
		RingCausality, RingNoCreation, RingOneSending, RingNoDuplication, RingLast, RingInclusion, RingSameConfiguration, RingSimultaneity,
		RingAgreement, RingGrowth, RingIDOnce, RingTransitionalSet, RingSignalOnce, RingSelfDelivery, RingSynchrony, RingCausalOrder,
		RingSenderOrder, RingTotalOrder, RingGap, RingSafe, RingSafeInstalled, RingSane,
		BoundedQueues, Progress, BoundedChanges,
	}
}

// A Violation is one broken promise. Member is where it shows, which need not be who is to blame. A violation of the rings has no
// Group.
type Violation struct {
	Property Property
	Group    string
	Member   Member
	Text     string
}

func (v Violation) String() string {
	if v.Group == "" {
		return fmt.Sprintf("%s: %s: %s", v.Property, v.Member, v.Text)
	}
	return fmt.Sprintf("%s: group %s, %s: %s", v.Property, v.Group, v.Member, v.Text)
}

// MaxViolations bounds how many violations of one property in one group are reported: the first ones tell most.
const MaxViolations = 5
