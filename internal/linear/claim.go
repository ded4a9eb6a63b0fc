package linear

// The order that the system claims to have kept. Porcupine finds an order by trying, and among many calls at once a lock that is refused
// twenty times has a million subsets of calls to try. With a claim there is one order to look at first; and that is a proof if it fits,
// because each call is only pinned to a moment between its call and its return.

import (
	"cmp"
	"slices"

	"github.com/anishathalye/porcupine"
)

// A path is one way to go through the claimed order: what has taken effect, and what the object is then.
type path struct {
	to     state
	did    *Record
	before *path
}

// claimed returns the records of one object, each at one moment of its own, in the order of their places. An open call may have happened
// there or not at all, so it is tried both ways; what did not happen comes last. It is nil where the claim is not known or does not hold.
func claimed(records []*Record) []porcupine.Operation {
	var placed, never []*Record
	for _, r := range records {
		switch {
		case r.Place != 0:
			placed = append(placed, r)
		case r.Open:
			never = append(never, r)
		default:
			return nil
		}
	}
	slices.SortStableFunc(placed, func(a, b *Record) int { return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Call, b.Call)) })
	at := []*path{{}} // one for each state that the object may be in
	for _, r := range placed {
		if at = pass(at, r); len(at) == 0 {
			return nil
		}
	}
	happened := map[*Record]bool{}
	for p := at[0]; p.did != nil; p = p.before {
		happened[p.did] = true
	}
	var order, last []*Record
	for _, r := range placed {
		if happened[r] {
			order = append(order, r)
		} else {
			last = append(last, r)
		}
	}
	return pin(slices.Concat(order, last, never))
}

// pass takes all ways past one record.
func pass(at []*path, r *Record) []*path {
	var next []*path
	known := map[state]bool{}
	add := func(p *path) {
		if !known[p.to] {
			known[p.to] = true
			next = append(next, p)
		}
	}
	for _, p := range at {
		if ok, to := step(p.to, r); ok {
			add(&path{to, r, p})
		}
	}
	if r.Open {
		for _, p := range at {
			add(p)
		}
	}
	return next
}

// pin gives each call of an order a moment of its own, as early as its call and those before it allow. It returns nil where one has
// returned by then.
func pin(order []*Record) []porcupine.Operation {
	var pinned []porcupine.Operation
	var now int64
	for i, r := range order {
		if i == 0 || r.Call > now {
			now = r.Call
		}
		if !r.Open && r.Return < now {
			return nil
		}
		// Only the sequence of these moments counts from here on.
		pinned = append(pinned, porcupine.Operation{Input: r, Call: int64(2 * i), Return: int64(2*i + 1)})
	}
	return pinned
}
