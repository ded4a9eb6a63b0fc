package evs

// The entrance: every property over every group, and over the rings beneath them.

import "slices"

// A Verdict is what became of a history.
type Verdict struct {
	Violations []Violation
	// Forgotten names the groups in which a message that had been acknowledged died with all who had it, and the group went on all the same,
	// without being founded anew. That breaks no promise; but what was asked of its state before and after need not fit together.
	Forgotten map[string]bool
}

// Check returns every violation found in the history.
func Check(h *History) []Violation { return Judge(h).Violations }

// Judge looks for violations: the rings' first, then groups in the order they first appear, properties in a fixed order. It changes
// nothing and is the same for the same history.
func Judge(h *History) Verdict {
	all := checkRings(h)
	forgotten := map[string]bool{}
	meant := map[string]*group{}
	for _, g := range index(resume(h, resuming(h))) {
		meant[g.name] = g
	}
	for _, g := range index(h) {
		asTold, asMeant := toldProperties(), meantProperties()
		if slices.Contains(h.Partitionable, g.name) {
			asTold, asMeant = sidesTold(), sidesMeant()
		}
		all = append(all, g.judge(asTold)...)
		if m := meant[g.name]; m != nil {
			g = m
		}
		all = append(all, g.judge(asMeant)...)
		if g.forgotten {
			forgotten[g.name] = true
		}
	}
	all = append(all, checkTogether(h)...)
	return Verdict{all, forgotten}
}

// judge checks some properties and returns what they found.
func (g *group) judge(properties []func(*group)) []Violation {
	g.violations = nil
	for _, property := range properties {
		property(g)
	}
	return g.violations
}

// toldProperties are looked at as it was told.
func toldProperties() []func(*group) {
	return []func(*group){
		checkSelfInclusion, checkViewAgreement, checkViewGrowth, checkGroupBounds, checkSelfDelivery, checkSaneViews, checkSignals, checkPositions,
	}
}

// meantProperties are looked at as it was meant: a block that was made good is none.
func meantProperties() []func(*group) {
	return []func(*group){
		checkNoDuplication, checkNoCreation, checkOutcome, checkSameView, checkSameOrder, checkGaps, checkSenderOrder, checkCausal, checkRealTime,
		checkSynchrony, checkSafe, checkSafeAtK, checkState, checkEqualStates, checkOnePrimary, checkStable, checkLines,
	}
}

// checkRings looks at extended virtual synchrony itself, in the passes of its definition: each process, each configuration, each
// packet, then what members owe each other.
func checkRings(h *History) []Violation {
	if len(h.Rings) == 0 {
		return nil
	}
	r := indexRings(h)
	for _, property := range []func(*rings){
		checkRingLines, checkRingInclusion, checkRingGrowth, checkRingSignals, checkRingAgreement, checkRingIDs, checkRingSimultaneity, checkRingSane,
		checkRingSending, checkRingDeliveries, checkRingNumbers, checkRingTransitions, checkRingSynchrony, checkRingGaps, checkRingCausal,
		checkRingSelfDelivery, checkRingSafe, checkRingLast, checkQueues, checkProgress, checkChanges,
	} {
		property(r)
	}
	return r.violations
}
