package evs

// The entrance: every property over every group.

import "fmt"

// A Property is the name of a promise.
type Property string

// The properties; doc.go says what each means.
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
	GroupBounds      Property = "group bounds"
	State            Property = "state"
	Outcome          Property = "outcome"
	StableKept       Property = "stable kept"
)

// A Violation is one broken promise. Member is where it shows, which need not be who is to blame.
type Violation struct {
	Property Property
	Group    string
	Member   Member
	Text     string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: group %s, %s: %s", v.Property, v.Group, v.Member, v.Text)
}

// MaxViolations bounds how many violations of one property in one group are reported: the first ones tell most.
const MaxViolations = 5

// Check returns every violation found in the history, groups in the order they first appear, properties in a fixed order. It
// changes nothing and is the same for the same history.
func Check(h *History) []Violation {
	var all []Violation
	meant := index(resume(h))
	for i, g := range index(h) {
		// What was told, as it was told.
		for _, property := range []func(*group){checkSelfInclusion, checkViewAgreement, checkViewGrowth, checkGroupBounds, checkSelfDelivery} {
			property(g)
		}
		all = append(all, g.violations...)
		// What was meant: a block that was made good is none.
		g = meant[i]
		for _, property := range []func(*group){
			checkNoDuplication, checkNoCreation, checkOutcome, checkSameView, checkSameOrder,
			checkGaps, checkSenderOrder, checkSynchrony, checkSafe, checkState, checkOnePrimary, checkStable,
		} {
			property(g)
		}
		all = append(all, g.violations...)
	}
	return all
}
