package main

// Faults made on purpose, one for each thing the proof looks for: a proof that never fails proves nothing. The hidden option
// -sabotage has one member commit one of them.

import (
	"fmt"
	"sync"

	"github.com/lockstep-go/lockstep"
)

// sabotageAfter is how much must have happened before the fault: the run should be in full swing.
const sabotageAfter = 500

// sabotaged gives the hooks and the forger for a fault: "release" ignores one release that others wait for, "skip" leaves one
// acquire of another member out, "fence" hands one client a fence that was used before. "" is none.
func sabotaged(fault string, self func() lockstep.Member) (h hooks, forge func(string, lockstep.Position) lockstep.Position, err error) {
	seen, done := 0, false // of the group's goroutine
	due := func() bool {
		seen++
		return !done && seen > sabotageAfter
	}
	switch fault {
	case "":
	case "release":
		h.ignore = func(waiters int) bool {
			if due() && waiters > 0 {
				done = true
				return true
			}
			return false
		}
	case "skip":
		h.skip = func(m lockstep.Message, _ Acquire) bool {
			if due() && m.Sender != self() {
				done = true
				return true
			}
			return false
		}
	case "fence":
		var mu sync.Mutex // clients forge on goroutines of their own
		used := map[string]lockstep.Position{}
		forge = func(lock string, fence lockstep.Position) lockstep.Position {
			mu.Lock()
			defer mu.Unlock()
			last, again := used[lock]
			if due() && again {
				done = true
				return last
			}
			used[lock] = fence
			return fence
		}
	default:
		return hooks{}, nil, fmt.Errorf("-sabotage: %q is none of release, skip, fence", fault)
	}
	return h, forge, nil
}
