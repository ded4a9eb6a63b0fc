package main

// The proof: did two clients ever hold one lock at one time, did every fence grow, did the resource refuse whom it should not have,
// are the tables equal. It knows what the processes wrote down and nothing of how locks are given out.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A proof is what was looked at and what was found.
type proof struct {
	holds      int             // given back
	open       int             // not given back when the journal ended
	contended  []time.Duration // waits behind others, ascending
	direct     []time.Duration // waits for a free lock, ascending
	uses       int
	refused    int
	violations []string // each begins with its kind: overlap, fence, resource, tables, stuck
}

func (p *proof) violation(kind, format string, args ...any) {
	p.violations = append(p.violations, kind+": "+fmt.Sprintf(format, args...))
}

// An absence is a time in which a group went on without a member, from the first view without it that another member saw until its
// own next view. A member that is cut off or paused does not know that its clients' locks have passed on; that is what fences are for.
type absence struct{ from, to int64 }

// never is later than every time of the clock.
const never = 1<<63 - 1

// prove goes through the journals of all processes, those that were killed too. Sums are the members' tables at one position.
func prove(journals []*evidence) *proof {
	p := &proof{}
	byLock := map[string][]*hold{}
	for _, e := range journals {
		away := absences(e, journals)
		for _, h := range e.holds {
			clip(h, away)
			byLock[h.lock] = append(byLock[h.lock], h)
			p.count(h)
		}
		for _, u := range e.uses {
			p.checkUse(u, away)
		}
	}
	slices.Sort(p.contended)
	slices.Sort(p.direct)
	for _, lock := range slices.Sorted(maps.Keys(byLock)) {
		p.checkLock(lock, byLock[lock])
	}
	return p
}

// absences lists when the group went on without a member. Views are compared by number, for the members write them down at
// different times.
func absences(e *evidence, journals []*evidence) []absence {
	var all []absence
	for i, own := range e.views {
		next := sighting{at: never, number: never}
		if i+1 < len(e.views) {
			next = e.views[i+1]
		}
		from := int64(never)
		for _, other := range journals {
			if other.member == e.member {
				continue
			}
			for _, v := range other.views {
				if v.number > own.number && v.number < next.number && !slices.Contains(v.members, e.member) {
					from = min(from, v.at)
				}
			}
		}
		if from < never {
			all = append(all, absence{from, max(from, next.at)})
		}
	}
	return all
}

// clip ends a hold where its member's absence begins.
func clip(h *hold, away []absence) {
	for _, a := range away {
		switch {
		case h.from >= a.from && h.from < a.to:
			h.unreliable = true
		case h.from < a.from && h.to > a.from:
			h.to = a.from
		}
	}
}

func (p *proof) count(h *hold) {
	switch {
	case h.complete && !h.lost:
		p.holds++
	default:
		p.open++
	}
	if h.queued {
		p.contended = append(p.contended, h.wait)
	} else {
		p.direct = append(p.direct, h.wait)
	}
}

// checkUse looks at one answer of the resource: nobody who rightly holds a lock is refused.
func (p *proof) checkUse(u use, away []absence) {
	p.uses++
	if !u.stale {
		return
	}
	p.refused++
	for _, a := range away {
		// It may learn of its absence after it has come back, so what it did with an older lock shortly after is no wonder.
		if u.at >= a.from {
			return
		}
	}
	p.violation("resource", "%s was refused under fence %d of %s, which had seen a greater one", u.who, u.fence, u.lock)
}

// checkLock looks at all holds of one lock.
func (p *proof) checkLock(lock string, holds []*hold) {
	slices.SortStableFunc(holds, func(a, b *hold) int { return cmp.Compare(a.from, b.from) })
	fences := map[uint64]*hold{}
	var latest, highest *hold
	for _, h := range holds {
		if twin := fences[h.fence]; twin != nil {
			p.violation("fence", "%s was given to %s and to %s with the same fence %d", lock, twin.who, h.who, h.fence)
		}
		fences[h.fence] = h
		if h.unreliable {
			continue
		}
		if highest != nil && h.fence < highest.fence {
			p.violation("fence", "%s was given to %s with fence %d after %s had it with %d", lock, h.who, h.fence, highest.who, highest.fence)
		}
		if latest != nil && h.from < latest.to {
			p.violation("overlap", "%s was held by %s (fence %d) and by %s (fence %d) at once, for %v", lock,
				latest.who, latest.fence, h.who, h.fence, time.Duration(min(latest.to, h.to)-h.from))
		}
		if highest == nil || h.fence > highest.fence {
			highest = h
		}
		if latest == nil || h.to > latest.to {
			latest = h
		}
	}
}

// A reading is what one member said about its table.
type reading struct {
	Member, Hash string
	Ops          uint64 // that the table has gone through
	Locks        int    // held
}

// checkTables compares the members' tables at one position.
func (p *proof) checkTables(at string, want int, tables []reading) {
	if len(tables) != want {
		p.violation("tables", "%d of %d members showed their table at position %s", len(tables), want, at)
	}
	for _, t := range tables[min(1, len(tables)):] {
		if first := tables[0]; t.Hash != first.Hash {
			p.violation("tables", "at position %s, %s has hash %s after %d operations, %s has %s after %d", at,
				first.Member, first.Hash, first.Ops, t.Member, t.Hash, t.Ops)
		}
	}
}

// quantile picks from ascending waits; 0 of none.
func quantile(waits []time.Duration, q float64) time.Duration {
	if len(waits) == 0 {
		return 0
	}
	return waits[min(len(waits)-1, int(q*float64(len(waits))))]
}
