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
	meant := index(resume(h))
	for i, g := range index(h) {
		if slices.Contains(h.Partitionable, g.name) {
			all = append(all, checkSides(g, meant[i])...)
			continue
		}
		// What was told, as it was told.
		for _, property := range []func(*group){checkSelfInclusion, checkViewAgreement, checkViewGrowth, checkGroupBounds, checkSelfDelivery, checkSaneViews, checkSignals, checkPositions} {
			property(g)
		}
		all = append(all, g.violations...)
		// What was meant: a block that was made good is none.
		g = meant[i]
		for _, property := range []func(*group){
			checkNoDuplication, checkNoCreation, checkOutcome, checkSameView, checkSameOrder,
			checkGaps, checkSenderOrder, checkCausal, checkRealTime, checkSynchrony, checkSafe, checkSafeAtK, checkState, checkEqualStates, checkOnePrimary, checkStable,
		} {
			property(g)
		}
		all = append(all, g.violations...)
		if g.forgotten {
			forgotten[g.name] = true
		}
	}
	return Verdict{all, forgotten}
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
